import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafHash, nodeHash, path, root, verify } from "../../protocol/keccakTree.ts";

/** RFC 6962's own recursive definition. */
function definition(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return keccak_256(new Uint8Array(0));
  if (leaves.length === 1) return leafHash(leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(definition(leaves.slice(0, split)), definition(leaves.slice(split)));
}

const leaves = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 });
const treeAndIndex = leaves.chain((all) => fc.tuple(fc.constant(all), fc.nat(all.length - 1)));

describe("the keccak tree", () => {
  it("has the root that RFC 6962 defines", () => {
    fc.assert(
      fc.property(leaves, (all) => {
        expect(root(all)).toEqual(definition(all));
      }),
    );
    expect(root([])).toEqual(definition([]));
  });

  it("proves every leaf in its place", () => {
    fc.assert(
      fc.property(treeAndIndex, ([all, i]) => {
        expect(verify(root(all), all[i]!, i, all.length, path(all, i))).toBe(true);
      }),
    );
  });

  it("proves no other leaf, and no leaf in another's place", () => {
    fc.assert(
      fc.property(treeAndIndex, fc.uint8Array({ maxLength: 40 }), fc.nat(), ([all, i], other, n) => {
        const proof = path(all, i);
        const j = n % all.length;
        expect(verify(root(all), other, i, all.length, proof)).toBe(Buffer.compare(other, all[i]!) === 0);
        const provesElsewhere = verify(root(all), all[i]!, j, all.length, proof);
        if (provesElsewhere) expect(all[j]).toEqual(all[i]);
      }),
    );
  });

  it("refuses a path with one sibling more, one less, or one changed bit", () => {
    fc.assert(
      fc.property(treeAndIndex, fc.nat(), ([all, i], where) => {
        const proof = path(all, i);
        const top = root(all);
        expect(verify(top, all[i]!, i, all.length, [...proof, top])).toBe(false);
        if (proof.length === 0) return;
        expect(verify(top, all[i]!, i, all.length, proof.slice(1))).toBe(false);
        const changed = proof.map((sibling) => sibling.slice());
        changed[where % changed.length]![where % 32]! ^= 1;
        expect(verify(top, all[i]!, i, all.length, changed)).toBe(false);
      }),
    );
  });

  it("never takes a node for a leaf", () => {
    const all = [1, 2, 3, 4].map((n) => Uint8Array.of(n));
    const left = nodeHash(leafHash(all[0]!), leafHash(all[1]!));
    const right = nodeHash(leafHash(all[2]!), leafHash(all[3]!));
    const both = new Uint8Array(64);
    both.set(left);
    both.set(right, 32);
    expect(verify(root(all), both, 0, 1, [])).toBe(false);
  });
});
