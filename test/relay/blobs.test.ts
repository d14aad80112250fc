import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cidOf } from "../../protocol/cid.ts";
import type { Cid } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { Blobs, Room } from "../../relay/blobs/blobs.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

const bytes = (length: number) => new Uint8Array(randomBytes(length));

describe("blobs on the disk", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "superedge-blobs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("are had by their content id, also after a restart", async () => {
    const blob = bytes(2 * CHUNK_BYTES + 5);
    const cid = await new Blobs(folder).put(blob);
    expect(cid).toBe(await cidOf(blob));
    const again = new Blobs(folder);
    expect(new Uint8Array(await again.get(cid))).toEqual(blob);
    expect(await again.size(cid)).toBe(blob.length);
    expect((await again.tree(cid)).leaves).toHaveLength(3);
  });

  it("are refused under another name, and leave nothing", async () => {
    const blobs = new Blobs(folder);
    const other = await cidOf(bytes(8));
    await expect(blobs.put(bytes(9), other)).rejects.toMatchObject({ code: "bad-blob" });
    expect(await blobs.has(other)).toBe(false);
    expect(readdirSync(folder)).toEqual(["incoming"]);
  });

  it("half arrived when the relay died, are forgotten", async () => {
    new Blobs(folder);
    writeFileSync(join(folder, "incoming", "half"), bytes(8));
    new Blobs(folder);
    expect(readdirSync(join(folder, "incoming"))).toEqual([]);
  });

  it("put twice, even at once, are one", async () => {
    const blobs = new Blobs(folder);
    const blob = bytes(1000);
    const cids = await Promise.all([blobs.put(blob), blobs.put(blob), blobs.put(blob)]);
    expect(new Set(cids).size).toBe(1);
    expect(readdirSync(join(folder, "incoming"))).toEqual([]);
  });

  it("have one tree, however many ask for it at once", async () => {
    const [one, other] = [bytes(CHUNK_BYTES + 1), bytes(10)];
    const before = new Blobs(folder);
    const cids = [await before.put(one), await before.put(other)];
    const blobs = new Blobs(folder);
    const missing = blobs.tree(await cidOf(bytes(3)));
    const asked = [cids[0]!, cids[1]!, cids[0]!].map((cid) => blobs.tree(cid));
    await expect(missing).rejects.toMatchObject({ code: "not-found" });
    const [first, second, again] = await Promise.all(asked);
    expect([first!.cid, second!.cid]).toEqual(cids);
    expect(again).toBe(first);
  });

  it("that are empty are blobs too", async () => {
    const blobs = new Blobs(folder);
    expect(await blobs.size(await blobs.put(new Uint8Array()))).toBe(0);
  });

  it("that are not there are not found", async () => {
    const cid = await cidOf(bytes(3));
    await expect(new Blobs(folder).get(cid)).rejects.toMatchObject({ code: "not-found" });
    await expect(new Blobs(folder).tree(cid)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("blobs over HTTP", () => {
  let grid: TestRelay;
  const blob = bytes(CHUNK_BYTES + 100);
  let cid: Cid;
  beforeEach(async () => {
    grid = await openTestRelay();
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(`${grid.url}/api/blobs`, { method: "PUT", headers, body: blob });
    cid = ((await answer.json()) as { cid: Cid }).cid;
  });
  afterEach(() => grid.close());

  const get = async (range?: string) => {
    const response = await fetch(`${grid.url}/api/blobs/${cid}`, range ? { headers: { range } } : {});
    return {
      status: response.status,
      range: response.headers.get("content-range"),
      body: await response.arrayBuffer(),
    };
  };

  it("come whole", async () => {
    const { status, body } = await get();
    expect([status, new Uint8Array(body)]).toEqual([200, blob]);
  });

  it.each([
    ["bytes=0-0", 0, 1],
    [`bytes=${CHUNK_BYTES}-${2 * CHUNK_BYTES - 1}`, CHUNK_BYTES, blob.length],
    ["bytes=10-", 10, blob.length],
    ["bytes=-5", blob.length - 5, blob.length],
    ["bytes=-9999999", 0, blob.length],
  ])("come in part: %s", async (range, from, to) => {
    const answer = await get(range);
    expect([answer.status, answer.range]).toEqual([206, `bytes ${from}-${to - 1}/${blob.length}`]);
    expect(new Uint8Array(answer.body)).toEqual(blob.subarray(from, to));
  });

  it.each(["bytes=5-2", `bytes=${blob.length}-`, "bytes=-0"])(
    "are refused where there is nothing: %s",
    async (range) => {
      expect((await get(range)).status).toBe(400);
    },
  );

  it.each(["bytes=0-1,3-4", "items=0-1", "bytes=x-y"])(
    "come whole where the range is not understood: %s",
    async (range) => {
      expect((await get(range)).status).toBe(200);
    },
  );

  it("are bytes: JSON and text are refused before they are read", async () => {
    for (const type of ["application/json", "text/plain"]) {
      // A body that ends only when the server has answered: reading it first would wait forever.
      let end = () => {};
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("["));
          end = () => controller.close();
        },
      });
      const init = { method: "PUT", headers: { "content-type": type }, body, duplex: "half" as const };
      const answer = await fetch(`${grid.url}/api/blobs`, init);
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "bad-message" } }]);
      end();
    }
  });

  it("show the hashes of their chunks", async () => {
    const answer = await fetch(`${grid.url}/api/blobs/${cid}/tree`);
    const { bytes: size, leaves } = (await answer.json()) as { bytes: number; leaves: string[] };
    expect([size, leaves.length]).toEqual([blob.length, 2]);
  });
});

describe("the disk that blobs may take", () => {
  it("is bounded, over a restart too, and what is there stays to be had", async () => {
    const folder = mkdtempSync(join(tmpdir(), "superedge-blobs-"));
    const first = new Blobs(folder, new Room(1000));
    const kept = await first.put(new Uint8Array(600));
    await expect(first.put(new Uint8Array(601))).rejects.toThrow("no room");
    const again = new Blobs(folder, new Room(1000));
    await expect(again.put(new Uint8Array(601))).rejects.toThrow("no room");
    expect(await again.put(new Uint8Array(600))).toBe(kept);
    expect((await again.get(kept)).length).toBe(600);
    rmSync(folder, { recursive: true });
  });
});
