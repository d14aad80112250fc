// One volunteer of a swarm, driven from the test: the tracker is the test itself, the relay is its HTTP server.
import { chunksOf, treeOf, verifyChunk } from "../../../protocol/cid.ts";
import { fromHex, toCid } from "../../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../../protocol/limits.ts";
import { Swarm, type SwarmOptions } from "../../../web/peer/swarm.ts";
import { rawReceive, rawSend } from "./raw.ts";

declare global {
  interface Window {
    find(cid: string): Promise<string[]>;
    have(cid: string): Promise<void>;
    signal(to: string, data: string): Promise<void>;
    onSignal(from: string, data: string): void;
    volunteer: typeof volunteer;
  }
}

const origin: SwarmOptions["origin"] = {
  async tree(cid) {
    const { bytes, leaves } = await (await ok(fetch(`/api/blobs/${cid}/tree`))).json();
    return { bytes, leaves: leaves.map((leaf: string) => fromHex(`0x${leaf}`)) };
  },
  async chunk(cid, index, signal) {
    const range = `bytes=${index * CHUNK_BYTES}-${(index + 1) * CHUNK_BYTES - 1}`;
    const response = await ok(fetch(`/api/blobs/${cid}`, { headers: { range }, signal: signal ?? null }));
    return new Uint8Array(await response.arrayBuffer());
  },
};

async function ok(response: Promise<Response>): Promise<Response> {
  if (!(await response).ok) throw new Error(`the relay answered ${(await response).status}`);
  return response;
}

let receive: (from: string, data: string) => void = () => {};
window.onSignal = (from, data) => receive(from, data);

let swarm: Swarm | undefined;
let lies: Uint8Array | undefined;

function started(): Swarm {
  if (!swarm) throw new Error("expected a started swarm");
  return swarm;
}

const volunteer = {
  start(options: Pick<SwarmOptions, "peers" | "limits">): void {
    const tracker: SwarmOptions["tracker"] = {
      find: (cid) => window.find(cid),
      have: (cid) => void window.have(cid),
      signal: (to, data) => void window.signal(to, data),
      onSignal: (handler) => {
        receive = handler;
      },
    };
    swarm = new Swarm({ tracker, origin, ...options });
  },
  /** The blob's SHA-256, and the time it took. */
  async get(cid: string): Promise<{ sha256: string; ms: number }> {
    const start = performance.now();
    const bytes = await started().get(toCid(cid));
    const ms = performance.now() - start;
    lies = bytes;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
    return { sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""), ms };
  },
  /** Serves the blob it holds with a wrong byte in every chunk from now on. */
  turnLiar(): void {
    for (let at = 7; lies && at < lies.length; at += CHUNK_BYTES) lies[at]! ^= 0xff;
  },
  /** Milliseconds to verify as many bytes, chunk after chunk, with nothing beside it. */
  async verify(bytes: number): Promise<number> {
    const blob = new Uint8Array(bytes);
    const tree = await treeOf(blob);
    const start = performance.now();
    for (const [index, chunk] of chunksOf(blob).entries()) await verifyChunk(tree, index, chunk);
    return performance.now() - start;
  },
  stats: () => started().stats,
  close: () => swarm?.close(),
  rawSend,
  rawReceive,
};
window.volunteer = volunteer;
