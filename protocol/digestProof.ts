// Parts of an output that a digest vouches for: single leaves with their bytes, and inner nodes, so that two parties whose
// digests differ find the first leaf they differ in without sending whole outputs.
//
//   level 2         ┌────────── 0 ──────────┐        node i of a level covers leaves i · 2^level to the next node's first;
//   level 1      ┌─ 0 ─┐     ┌─ 1 ─┐        2        an odd one at the end has no sibling and moves up as it is
//   level 0      0     1     2     3        4
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { leafCount, leafHash, leafHashes, leafSpan, levelAbove, nodeHash, type Sha256, seal } from "./digest.ts";
import { SuperEdgeError } from "./errors.ts";
import type { Bytes32 } from "./ids.ts";

/** Sizes that, with the root, make the digest. Whoever verifies knows them; they are not the other's to choose. */
export interface TreeShape {
  outputBytes: number;
  itemBytes: number;
}

/** A node of the digest tree, with what proves that the digest covers it. */
export interface DigestNode {
  /** 0 for leaves. */
  level: number;
  index: number;
  /** The leaf's bytes at level 0, the node's hash (32 bytes) above. */
  bytes: Uint8Array;
  /** Siblings from the node up to the root, 32 bytes each. */
  path: Uint8Array[];
}

/** Nodes of a level of a tree of `leaves` leaves. */
export const nodesAt = (leaves: number, level: number): number => Math.ceil(leaves / 2 ** level);

/** The level of the root: 0 for a single leaf. */
export const rootLevel = (leaves: number): number => Math.ceil(Math.log2(Math.max(1, leaves)));

/** Every level of an output's digest tree, for whoever holds the output. */
export class DigestTree {
  readonly #output: Uint8Array;
  readonly #itemBytes: number;
  readonly #levels: Uint8Array[][];
  /** The same as `digestOf` the output. */
  readonly digest: Bytes32;

  /** Throws `bad-output` unless the output is whole items. */
  constructor(output: Uint8Array, itemBytes: number, sha256: Sha256 = nobleSha256) {
    this.#output = output;
    this.#itemBytes = itemBytes;
    this.#levels = [leafHashes(output, itemBytes, sha256)];
    for (let level = this.#levels[0]!; level.length > 1; ) {
      level = levelAbove(level, sha256);
      this.#levels.push(level);
    }
    const root = this.#levels.at(-1)![0] ?? sha256(new Uint8Array());
    this.digest = seal(output.length, itemBytes, root, sha256);
  }

  /** Throws `bad-output` if there is no such node. */
  node(level: number, index: number): DigestNode {
    const hash = this.#levels[level]?.[index];
    if (!hash) throw new SuperEdgeError("bad-output", `expected a node of the tree, found ${index} at level ${level}`);
    const path: Uint8Array[] = [];
    for (let at = index, up = level; up < this.#levels.length; up++, at >>= 1) {
      const sibling = this.#levels[up]![at ^ 1];
      if (sibling) path.push(sibling);
    }
    const { start, end } = level === 0 ? leafSpan(this.#output.length, this.#itemBytes, index) : { start: 0, end: 0 };
    return { level, index, bytes: level === 0 ? this.#output.slice(start, end) : hash, path };
  }
}

/** Throws `bad-output` unless `digest`, of an output of this shape, covers exactly this node in this place. */
export function verifyNode(
  digest: Bytes32,
  { outputBytes, itemBytes }: TreeShape,
  { level, index, bytes, path }: DigestNode,
  sha256: Sha256 = nobleSha256,
): void {
  const leaves = leafCount(outputBytes, itemBytes);
  const isInside = Number.isInteger(level) && level >= 0 && level <= rootLevel(leaves);
  if (!isInside || !Number.isInteger(index) || index < 0 || index >= nodesAt(leaves, level))
    throw new SuperEdgeError("bad-output", `expected a node of ${leaves} leaves, found ${index} at level ${level}`);
  const { start, end } = level === 0 ? leafSpan(outputBytes, itemBytes, index) : { start: 0, end: 32 };
  if (bytes.length !== end - start)
    throw new SuperEdgeError("bad-output", `expected ${end - start} bytes in node ${index}, found ${bytes.length}`);
  const turns = turnsFrom(leaves, level, index);
  if (path.length !== turns.length || path.some((sibling) => sibling.length !== 32))
    throw new SuperEdgeError(
      "bad-output",
      `expected a path of ${turns.length} hashes, found ${path.length} or odd ones`,
    );
  let hash = level === 0 ? leafHash(bytes, sha256) : bytes;
  for (const [i, sibling] of path.entries())
    hash = turns[i] === "left" ? nodeHash(hash, sibling, sha256) : nodeHash(sibling, hash, sha256);
  const found = seal(outputBytes, itemBytes, hash, sha256);
  if (found !== digest) throw new SuperEdgeError("bad-output", `expected a node of ${digest}, found one of ${found}`);
}

/** On which side of its sibling the node's ancestor is, from the node up; levels without a sibling are left out. */
function turnsFrom(leaves: number, level: number, index: number): ("left" | "right")[] {
  const turns: ("left" | "right")[] = [];
  for (let width = nodesAt(leaves, level), at = index; width > 1; width = Math.ceil(width / 2), at >>= 1)
    if ((at ^ 1) < width) turns.push(at % 2 === 0 ? "left" : "right");
  return turns;
}
