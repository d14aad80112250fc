// Merkle trees hashed with keccak-256, for what a contract has to check. Shape and prefixes are RFC 6962's
// (https://www.rfc-editor.org/rfc/rfc6962#section-2.1): a leaf is H(0 ‖ data), a node is H(1 ‖ left ‖ right), and the left
// side of n leaves holds the largest power of two smaller than n. The prefixes keep a node from passing for a leaf; a path
// is only as good as the leaf count it is checked against, so the count must be bound wherever a root is.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { invariant } from "./errors.ts";

/** keccak-256 of the whole argument, 32 bytes. A server may pass a faster one; the results are the same. */
export type Keccak = (bytes: Uint8Array) => Uint8Array;

const NODE_BYTES = 65;

/** H(0 ‖ data). */
export function leafHash(data: Uint8Array, keccak: Keccak = keccak_256): Uint8Array {
  const bytes = new Uint8Array(1 + data.length);
  bytes.set(data, 1);
  return keccak(bytes);
}

// One buffer for every node: hashing is synchronous, and this is on the relay's path for every contribution.
const node = new Uint8Array(NODE_BYTES);
node[0] = 1;

/** H(1 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array, keccak: Keccak = keccak_256): Uint8Array {
  node.set(left, 1);
  node.set(right, 33);
  return keccak(node);
}

/** The level above: neighbours paired, an odd last node carried up unchanged, which is RFC 6962's shape read bottom-up. */
function parents(level: Uint8Array[], keccak: Keccak): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(level[i]!, level[i + 1]!, keccak));
  if (level.length % 2 === 1) above.push(level.at(-1)!);
  return above;
}

/** A tree kept whole, so that many leaves can be proved. */
export class KeccakTree {
  readonly root: Uint8Array;
  readonly count: number;
  readonly #levels: Uint8Array[][];

  constructor(leaves: readonly Uint8Array[], keccak: Keccak = keccak_256) {
    let level = leaves.map((leaf) => leafHash(leaf, keccak));
    this.count = leaves.length;
    this.#levels = [level];
    while (level.length > 1) {
      level = parents(level, keccak);
      this.#levels.push(level);
    }
    this.root = level[0] ?? keccak(new Uint8Array(0));
  }

  /** The siblings of leaf `index` from the bottom up, 32 bytes each: ⌈log2 n⌉ at most. */
  path(index: number): Uint8Array[] {
    invariant(Number.isInteger(index) && index >= 0 && index < this.count, `no leaf ${index} of ${this.count}`);
    return this.#levels.flatMap((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? []);
  }
}

/** 32 bytes. No leaves: keccak-256 of nothing. */
export const root = (leaves: readonly Uint8Array[], keccak?: Keccak): Uint8Array => new KeccakTree(leaves, keccak).root;

/** Proof of one leaf; to prove many, keep the tree. */
export const path = (leaves: readonly Uint8Array[], index: number): Uint8Array[] => new KeccakTree(leaves).path(index);

/** Whether `leaf` is number `index` of the `count` leaves under `root`. Never throws: bad input is not in the tree. */
export function verify(
  root: Uint8Array,
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 0 || index >= count) return false;
  let hash = leafHash(leaf);
  let used = 0;
  let i = index;
  for (let last = count - 1; last > 0; last = Math.floor(last / 2), i = Math.floor(i / 2)) {
    if (i === last && i % 2 === 0) continue; // carried up: no sibling on this level
    const sibling = path[used++];
    if (sibling?.length !== 32) return false;
    hash = i % 2 === 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return used === path.length && equalBytes(hash, root);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
