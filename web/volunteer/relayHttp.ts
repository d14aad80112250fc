// What the volunteer's page asks of its relay over HTTP.
import type { PoolView } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Cid, fromHex } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { Origin } from "../peer/origin.ts";

async function get(url: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    throw new SuperEdgeError("peer-unavailable", "the relay cannot be reached", { cause });
  }
  if (!response.ok) throw new SuperEdgeError("not-found", `the relay answered ${response.status} to ${url}`);
  return response;
}

export const fetchPool = async (relay: string): Promise<PoolView> =>
  (await (await get(`${relay}/api/pool`)).json()) as PoolView;

export const relayOrigin = (relay: string): Origin => ({
  async tree(cid: Cid, signal?: AbortSignal) {
    const response = await get(`${relay}/api/blobs/${cid}/tree`, signal ? { signal } : {});
    const { bytes, leaves } = (await response.json()) as { bytes: number; leaves: string[] };
    return { bytes, leaves: leaves.map(fromHex) };
  },
  async chunk(cid: Cid, index: number, signal?: AbortSignal) {
    const first = index * CHUNK_BYTES;
    const range = `bytes=${first}-${first + CHUNK_BYTES - 1}`;
    const response = await get(`${relay}/api/blobs/${cid}`, { headers: { range }, ...(signal ? { signal } : {}) });
    return new Uint8Array(await response.arrayBuffer());
  },
});

export async function uploadOutput(relay: string, key: string, output: Uint8Array, token: string): Promise<void> {
  await get(`${relay}/api/uploads/${key}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
    body: output as Uint8Array<ArrayBuffer>,
  });
}
