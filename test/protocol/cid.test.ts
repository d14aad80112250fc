import { randomBytes } from "node:crypto";
import { MemoryBlockstore } from "blockstore-core";
import fc from "fast-check";
import { importBytes } from "ipfs-unixfs-importer";
import { describe, expect, test, vi } from "vitest";
import { chunksOf, cidOf, treeOf, verifyChunk, verifyTree } from "../../protocol/cid.ts";
import { balancedRoot, rawLeaf } from "../../protocol/dag.ts";
import { isCid } from "../../protocol/ids.ts";
import { CHUNK_BYTES, DAG_WIDTH } from "../../protocol/limits.ts";

const ipfsCid = async (bytes: Uint8Array) => (await importBytes(bytes, new MemoryBlockstore())).cid.toString();

const badBlob = expect.objectContaining({ code: "bad-blob" });

describe("a content id", () => {
  test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 5 * CHUNK_BYTES + 7])(
    "is the one IPFS gives to %i bytes",
    async (length) => {
      const bytes = randomBytes(length);
      const cid = await cidOf(bytes);
      expect(cid).toBe(await ipfsCid(bytes));
      expect(isCid(cid)).toBe(true);
    },
  );

  test.each([-1, 0, 1])(
    "is the one IPFS gives where a second level of nodes begins (%i bytes from it)",
    async (off) => {
      const bytes = new Uint8Array(DAG_WIDTH * CHUNK_BYTES + off);
      bytes.set(randomBytes(1000), bytes.length - 1000);
      expect(await cidOf(bytes)).toBe(await ipfsCid(bytes));
    },
  );

  test("is the one IPFS gives, for sizes at random", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4 * CHUNK_BYTES }), fc.nat(255), async (length, fill) => {
        const bytes = new Uint8Array(length).fill(fill);
        expect(await cidOf(bytes)).toBe(await ipfsCid(bytes));
      }),
      { numRuns: 30 },
    );
  });

  // The importer's own answer for 7.9 GB of zeros, noted here: it takes it 5 s. `hash` is that of one chunk of zeros.
  test("stays the one IPFS gives at three levels and beyond 32 bits of size", () => {
    const hash = Uint8Array.from(
      Buffer.from("8a39d2abd3999ab73c34db2476849cddf303ce389b35826850f9a700589b4a90", "hex"),
    );
    const chunks = DAG_WIDTH * DAG_WIDTH + 1;
    const root = balancedRoot(Array.from({ length: chunks }, () => rawLeaf(hash, CHUNK_BYTES)));
    expect(root.fileBytes).toBe(chunks * CHUNK_BYTES);
    expect(Buffer.from(root.cid).toString("hex")).toBe(
      "01701220308f5ad236fb203bf98cdb52c1b8a83f3d435fb08e362f1a06d1176ac40816ed",
    );
  });

  test("is the same where the page has no WebCrypto", async () => {
    const bytes = randomBytes(CHUNK_BYTES + 1);
    const cid = await cidOf(bytes);
    vi.stubGlobal("crypto", undefined);
    try {
      expect(await cidOf(bytes)).toBe(cid);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("is the same for memory shared between threads, which WebCrypto refuses", async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(5)).fill(9);
    expect(await cidOf(shared)).toBe(await cidOf(shared.slice()));
  });
});

describe("a blob's tree", () => {
  const bytes = randomBytes(3 * CHUNK_BYTES + 5);

  test("proves the name before any chunk is there, and then every chunk by itself", async () => {
    const tree = await treeOf(bytes);
    expect(() => verifyTree(tree.cid, tree.bytes, tree.leaves)).not.toThrow();
    for (const [index, chunk] of chunksOf(bytes).entries()) await verifyChunk(tree, index, chunk);
  });

  test("of another name, size or count is refused", async () => {
    const { cid, bytes: size, leaves } = await treeOf(bytes);
    const other = leaves.map((leaf) => leaf.map((byte, at) => (at === 31 ? byte ^ 1 : byte)));
    expect(() => verifyTree(cid, size, other)).toThrow(badBlob);
    expect(() => verifyTree(cid, size, leaves.toReversed())).toThrow(badBlob);
    expect(() => verifyTree(cid, size - 1, leaves)).toThrow(badBlob);
    expect(() => verifyTree(cid, size, leaves.slice(1))).toThrow(badBlob);
    expect(() => verifyTree(cid, size, [])).toThrow(badBlob);
    for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => verifyTree(cid, wrong, leaves)).toThrow(badBlob);
    const short = leaves.map((leaf) => leaf.slice(1));
    expect(() => verifyTree(cid, size, short)).toThrow(badBlob);
  });

  test("refuses a chunk with a wrong byte, of another size, or in another place", async () => {
    const tree = await treeOf(bytes);
    const [first, second] = chunksOf(bytes) as [Uint8Array, Uint8Array];
    const wrong = Uint8Array.from(first);
    wrong[70_000]! ^= 1;
    await expect(verifyChunk(tree, 0, wrong)).rejects.toThrow(badBlob);
    await expect(verifyChunk(tree, 0, first.subarray(1))).rejects.toThrow(badBlob);
    await expect(verifyChunk(tree, 0, second)).rejects.toThrow(badBlob);
    await expect(verifyChunk(tree, 4, first)).rejects.toThrow(badBlob);
    await expect(verifyChunk(tree, -1, first)).rejects.toThrow(badBlob);
  });
});
