import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf, leafCount, leafSpan } from "../../protocol/digest.ts";
import { verifyNode } from "../../protocol/digestProof.ts";
import { fromHex, toBytes32 } from "../../protocol/ids.ts";
import { MAX_BLOB_BYTES } from "../../protocol/limits.ts";
import file from "../vectors/digest.json" with { type: "json" };
import { patternBytes } from "../vectors/pattern.ts";

// The definition, written as RFC 6962 has it and by another library: recursive, on concatenated buffers.
const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

function naiveLeaves(output: Uint8Array, itemBytes: number): Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let at = 0; at < output.length; at += itemBytes) items.push(output.slice(at, at + itemBytes));
  if (itemBytes > 4096)
    return items.flatMap((item) => {
      const cuts: Uint8Array[] = [];
      for (let at = 0; at < item.length; at += 4096) cuts.push(item.slice(at, at + 4096));
      return cuts;
    });
  const leaves: Uint8Array[] = [];
  for (const item of items) {
    const last = leaves.at(-1);
    if (last && last.length + item.length <= 4096) leaves[leaves.length - 1] = Buffer.concat([last, item]);
    else leaves.push(item);
  }
  return leaves;
}

function naiveRoot(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

function naiveDigest(output: Uint8Array, itemBytes: number): string {
  const sizes = Buffer.alloc(12);
  sizes.writeBigUInt64BE(BigInt(output.length), 0);
  sizes.writeUInt32BE(itemBytes, 8);
  const root = naiveRoot(naiveLeaves(output, itemBytes));
  return `0x${sha256(Uint8Array.of(2), sizes, root).toString("hex")}`;
}

const shape = fc
  .record({
    itemBytes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(4095, 4096, 4097, 8192, 8193, 10_000)),
    bytes: fc.integer({ min: 0, max: 60_000 }),
  })
  .map(({ itemBytes, bytes }) => ({ itemBytes, output: patternBytes(Math.floor(bytes / itemBytes) * itemBytes) }));

describe("a digest", () => {
  test("is what the definition says, for any whole number of items", () => {
    fc.assert(
      fc.property(shape, ({ output, itemBytes }) => {
        expect(digestOf(output, itemBytes)).toBe(naiveDigest(output, itemBytes));
      }),
    );
  });

  test("agrees with the vectors, which agree with the definition", () => {
    expect(file.vectors.length).toBeGreaterThan(10);
    for (const vector of file.vectors) {
      const output = patternBytes(vector.outputBytes);
      expect(vector.digest).toBe(naiveDigest(output, vector.itemBytes));
      expect(digestOf(output, vector.itemBytes)).toBe(vector.digest);
      expect(leafCount(vector.outputBytes, vector.itemBytes)).toBe(vector.leaves);
      for (const { index, leafBytes, path } of vector.proofs) {
        const { start, end } = leafSpan(vector.outputBytes, vector.itemBytes, index);
        expect(end - start).toBe(leafBytes);
        const node = { level: 0, index, bytes: output.slice(start, end), path: path.map(fromHex) };
        expect(() => verifyNode(toBytes32(vector.digest), vector, node)).not.toThrow();
      }
    }
  });

  test("is the same with a native hash passed in", () => {
    const output = patternBytes(20_000);
    const native = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
    expect(digestOf(output, 4, native)).toBe(digestOf(output, 4));
  });

  test("tells outputs of the same bytes but other items apart", () => {
    expect(digestOf(patternBytes(12), 4)).not.toBe(digestOf(patternBytes(12), 3));
  });

  test.each([
    ["a part of an item", 10, 4, "bad-output"],
    ["items of no bytes", 0, 0, "bad-output"],
    ["more than a blob may hold", MAX_BLOB_BYTES + 1, 1, "too-large"],
  ])("refuses %s", (_, outputBytes, itemBytes, code) => {
    expect(() => leafCount(outputBytes, itemBytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe("leaves", () => {
  test("lie one after the other, and together are the output", () => {
    fc.assert(
      fc.property(shape, ({ output, itemBytes }) => {
        const count = leafCount(output.length, itemBytes);
        const leaves = Array.from({ length: count }, (_, index) => leafSpan(output.length, itemBytes, index));
        expect(leaves.every(({ start }, index) => start === (leaves[index - 1]?.end ?? 0))).toBe(true);
        expect(leaves.at(-1)?.end ?? 0).toBe(output.length);
      }),
      { numRuns: 50 },
    );
  });
});
