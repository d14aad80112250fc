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

const HASH_BYTES = 32;

/** Hashes in a row, 32 bytes each: as many small arrays would be most of the memory, and of the collector's work. */
export function hashRow(count: number, hashOf: (i: number) => Uint8Array): Uint8Array {
  const row = new Uint8Array(HASH_BYTES * count);
  for (let i = 0; i < count; i++) row.set(hashOf(i), HASH_BYTES * i);
  return row;
}
export const hashIn = (row: Uint8Array, i: number): Uint8Array => row.slice(HASH_BYTES * i, HASH_BYTES * (i + 1));

/** The level above: neighbours paired, an odd last node carried up unchanged, which is RFC 6962's shape read bottom-up. */
function parents(level: Uint8Array, keccak: Keccak): Uint8Array {
  const count = level.length / HASH_BYTES;
  return hashRow((count + 1) >>> 1, (i) => {
    if (2 * i + 1 === count) return level.subarray(HASH_BYTES * 2 * i);
    node.set(level.subarray(HASH_BYTES * 2 * i, HASH_BYTES * 2 * (i + 1)), 1);
    return keccak(node);
  });
}

/** A tree kept whole, so that many leaves can be proved. */
export class KeccakTree {
  #levels: Uint8Array[] = [];
  #root: Uint8Array;

  constructor(leaves: readonly Uint8Array[], keccak: Keccak = keccak_256) {
    this.#root = this.#build(leaves.length, (i) => leafHash(leaves[i]!, keccak), keccak);
  }

  /** The tree of so many leaves that are hashed already. */
  static overHashes(count: number, hashOf: (i: number) => Uint8Array, keccak: Keccak = keccak_256): KeccakTree {
    const tree = new KeccakTree([], keccak);
    tree.#root = tree.#build(count, hashOf, keccak);
    return tree;
  }

  #build(count: number, hashOf: (i: number) => Uint8Array, keccak: Keccak): Uint8Array {
    let level = hashRow(count, hashOf);
    this.#levels = [level];
    while (level.length > HASH_BYTES) {
      level = parents(level, keccak);
      this.#levels.push(level);
    }
    return count === 0 ? keccak(new Uint8Array(0)) : level;
  }

  get root(): Uint8Array {
    return this.#root;
  }
  get count(): number {
    return this.#levels[0]!.length / HASH_BYTES;
  }

  /** The siblings of leaf `index` from the bottom up, 32 bytes each: ⌈log2 n⌉ at most. */
  path(index: number): Uint8Array[] {
    invariant(Number.isInteger(index) && index >= 0 && index < this.count, `no leaf ${index} of ${this.count}`);
    return this.#levels.flatMap((level, height) => {
      const sibling = Math.floor(index / 2 ** height) ^ 1;
      return sibling < level.length / HASH_BYTES ? [hashIn(level, sibling)] : [];
    });
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
