// Merkle trees that bind what their leaves add up to: a node is H(1 ‖ left ‖ its sum ‖ right ‖ its sum), so a root fixes the
// total, and a run of neighbouring leaves has a provable one. Shape of RFC 6962; contracts/libraries/SumTree.sol is the twin.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { invariant } from "./errors.ts";
import { leafHash } from "./keccakTree.ts";
import { putBigUint, putUint } from "./pack.ts";

/** What a worker earned and how often it was right and wrong; in a ledger, since the pool began. */
export interface Sum {
  rewardWei: bigint;
  good: number;
  bad: number;
}

export const NOTHING: Sum = { rewardWei: 0n, good: 0, bad: 0 };

export const addSums = (a: Sum, b: Sum): Sum => ({
  rewardWei: a.rewardWei + b.rewardWei,
  good: a.good + b.good,
  bad: a.bad + b.bad,
});

/** Reward (16 bytes) ‖ right (8) ‖ wrong (8), at `at` of `target`; returns the place after it. */
export function putSum(target: Uint8Array, at: number, sum: Sum): number {
  return putUint(target, putUint(target, putBigUint(target, at, sum.rewardWei, 16), sum.good, 8), sum.bad, 8);
}

/** The sum as the contracts' word. */
export const packSum = (sum: Sum): bigint => (sum.rewardWei << 128n) | (BigInt(sum.good) << 64n) | BigInt(sum.bad);
export const unpackSum = (word: bigint): Sum => ({
  rewardWei: word >> 128n,
  good: Number((word >> 64n) & 0xffff_ffff_ffff_ffffn),
  bad: Number(word & 0xffff_ffff_ffff_ffffn),
});

export interface SumLeaf {
  data: Uint8Array;
  sum: Sum;
}
export interface SumNode {
  hash: Uint8Array;
  sum: Sum;
}
export interface SumRoot extends SumNode {
  count: number;
}

const EMPTY: SumRoot = { hash: new Uint8Array(32), sum: NOTHING, count: 0 };

function parent(left: SumNode, right: SumNode): SumNode {
  const bytes = new Uint8Array(129);
  bytes[0] = 1;
  bytes.set(left.hash, 1);
  putSum(bytes, 33, left.sum);
  bytes.set(right.hash, 65);
  putSum(bytes, 97, right.sum);
  return { hash: keccak_256(bytes), sum: addSums(left.sum, right.sum) };
}

/** A tree kept whole, so that many runs can be proved. */
export class SumTree {
  readonly root: SumRoot;
  readonly #levels: SumNode[][];

  /** `leaves` in their order. None: a root of zeros. */
  constructor(leaves: readonly SumLeaf[]) {
    let level: SumNode[] = leaves.map(({ data, sum }) => ({ hash: leafHash(data), sum }));
    this.#levels = [level];
    while (level.length > 1) {
      const above: SumNode[] = [];
      for (let i = 0; i + 1 < level.length; i += 2) above.push(parent(level[i]!, level[i + 1]!));
      if (level.length % 2 === 1) above.push(level.at(-1)!);
      this.#levels.push(above);
      level = above;
    }
    this.root = level[0] ? { ...level[0], count: leaves.length } : EMPTY;
  }

  /**
   * Proves that leaves `first` to `first + length − 1` stand where they do. On each level from the bottom: the left
   * neighbour where the run starts at an odd place, then the right neighbour where it ends at an even one.
   */
  path(first: number, length: number): SumNode[] {
    const count = this.#levels[0]!.length;
    invariant(
      length > 0 && first >= 0 && first + length <= count,
      `no run of ${length} at ${first} in ${count} leaves`,
    );
    const siblings: SumNode[] = [];
    let low = first;
    let high = first + length; // exclusive
    for (const level of this.#levels.slice(0, -1)) {
      if (low % 2 === 1) siblings.push(level[low - 1]!);
      if (high % 2 === 1 && high < level.length) siblings.push(level[high]!);
      low >>>= 1;
      high = (high + 1) >>> 1;
    }
    return siblings;
  }
}
