import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf, leafCount } from "../../protocol/digest.ts";
import { type DigestNode, DigestTree, nodesAt, rootLevel, verifyNode } from "../../protocol/digestProof.ts";
import { patternBytes } from "../vectors/pattern.ts";

/** Outputs of 1 to about 40 leaves, of small and of large items. */
const shape = fc
  .record({
    itemBytes: fc.constantFrom(1, 3, 8, 400, 4095, 4096, 4097, 10_000),
    bytes: fc.integer({ min: 1, max: 160_000 }),
  })
  .map(({ itemBytes, bytes }) => ({
    itemBytes,
    output: patternBytes(Math.max(1, Math.floor(bytes / itemBytes)) * itemBytes),
  }));

const bad = expect.objectContaining({ code: "bad-output" });

describe("a node of a digest tree", () => {
  test("is proven at every level and place, up to the root, whose path is empty", () => {
    fc.assert(
      fc.property(shape, ({ output, itemBytes }) => {
        const digest = digestOf(output, itemBytes);
        const tree = new DigestTree(output, itemBytes);
        expect(tree.digest).toBe(digest);
        const sizes = { outputBytes: output.length, itemBytes };
        const leaves = leafCount(output.length, itemBytes);
        for (let level = 0; level <= rootLevel(leaves); level++)
          for (let index = 0; index < nodesAt(leaves, level); index++)
            verifyNode(digest, sizes, tree.node(level, index));
        expect(nodesAt(leaves, rootLevel(leaves))).toBe(1);
        expect(tree.node(rootLevel(leaves), 0).path).toEqual([]);
        expect(() => tree.node(rootLevel(leaves) + 1, 0)).toThrow(bad);
      }),
      { numRuns: 40 },
    );
  });

  test("of one output is no node of another, in any place that covers what differs, and in all that do not", () => {
    fc.assert(
      fc.property(shape, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ output, itemBytes }, at, flip) => {
        const other = output.slice();
        const place = at % output.length;
        other[place]! ^= flip;
        const sizes = { outputBytes: output.length, itemBytes };
        const digest = digestOf(output, itemBytes);
        const [mine, theirs] = [new DigestTree(output, itemBytes), new DigestTree(other, itemBytes)];
        const leaves = leafCount(output.length, itemBytes);
        for (let level = 0; level <= rootLevel(leaves); level++)
          for (let index = 0; index < nodesAt(leaves, level); index++) {
            const node = theirs.node(level, index);
            expect(() => verifyNode(digest, sizes, node)).toThrow(bad);
            // The bytes alone tell whether a node covers the place.
            const covers = Buffer.compare(node.bytes, mine.node(level, index).bytes) !== 0;
            if (level === rootLevel(leaves)) expect(covers).toBe(true);
            if (!covers)
              expect(() => verifyNode(digest, sizes, { ...node, path: mine.node(level, index).path })).not.toThrow();
          }
      }),
      { numRuns: 25 },
    );
  });

  test("fails for another byte, place, level, size or path", () => {
    const output = patternBytes(5 * 4096 + 100);
    const digest = digestOf(output, 4);
    const tree = new DigestTree(output, 4);
    const sizes = { outputBytes: output.length, itemBytes: 4 };
    const lies = (node: DigestNode): [Partial<DigestNode>, Partial<typeof sizes>?][] => [
      [{ bytes: node.bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) }],
      [{ bytes: node.bytes.slice(1) }],
      [{ index: node.index ^ 1 }],
      [{ index: 6 }],
      [{ index: -1 }],
      [{ index: 0.5 }],
      [{ level: node.level + 1 }],
      [{ level: 4 }],
      [{ level: -1 }],
      [{ path: node.path.slice(1) }],
      [{ path: node.path.toReversed() }],
      [{ path: node.path.map((sibling) => sibling.slice(1)) }],
      [{}, { outputBytes: output.length - 4 }],
      [{}, { itemBytes: 2 }],
    ];
    for (const node of [tree.node(0, 2), tree.node(1, 1)]) {
      expect(() => verifyNode(digest, sizes, node)).not.toThrow();
      for (const [lie, size] of lies(node))
        expect(() => verifyNode(digest, { ...sizes, ...size }, { ...node, ...lie })).toThrow(bad);
    }
  });

  test("of another level cannot pass for a leaf: a leaf of 64 bytes is hashed otherwise than two nodes", () => {
    const output = patternBytes(2 * 64);
    const tree = new DigestTree(output, 64);
    expect(leafCount(output.length, 64)).toBe(1);
    expect(() =>
      verifyNode(digestOf(output, 64), { outputBytes: 128, itemBytes: 64 }, { ...tree.node(0, 0), level: 1 }),
    ).toThrow(bad);
  });
});
