// Merkle trees that bind what their leaves add up to: a node is H(1 ‖ left ‖ its sum ‖ right ‖ its sum), so a root fixes the
// total, and a run of neighbouring leaves has a provable one. Shape of RFC 6962; contracts/libraries/SumTree.sol is the twin.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { invariant } from "./errors.ts";
import { hashIn, hashRow, type Keccak, leafHash } from "./keccakTree.ts";
import { putBigUint, putUint } from "./pack.ts";

/** What a worker earned and how often it was right and wrong; in a ledger, since the pool began. */
export interface Sum {
  rewardWei: bigint;
  /** Right contributions to what others contributed to as well: each adds 1 to the score. */
  good: number;
  bad: number;
}

export const NOTHING: Sum = { rewardWei: 0n, good: 0, bad: 0 };

export const addSums = (a: Sum, b: Sum): Sum => ({
  rewardWei: a.rewardWei + b.rewardWei,
  good: a.good + b.good,
  bad: a.bad + b.bad,
});

/** Reward (16 bytes) ‖ right (8) ‖ wrong (8), at `at` of `target`, over zeros; returns the place after it. */
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

/** Nodes side by side: the hashes in one array, for the same reason as in `keccakTree.ts`. */
interface Level {
  hashes: Uint8Array;
  sums: Sum[];
}

// One buffer for every node: hashing is synchronous, and this is done once a contribution.
const node = new Uint8Array(129);

function parents({ hashes, sums }: Level, keccak: Keccak): Level {
  const above: Sum[] = [];
  for (let i = 0; i < sums.length; i += 2) above.push(sums[i + 1] ? addSums(sums[i]!, sums[i + 1]!) : sums[i]!);
  return {
    hashes: hashRow(above.length, (i) => {
      const left = hashes.subarray(64 * i, 64 * i + 32);
      if (2 * i + 1 === sums.length) return left;
      node.fill(0);
      node[0] = 1;
      node.set(left, 1);
      putSum(node, 33, sums[2 * i]!);
      node.set(hashes.subarray(64 * i + 32, 64 * i + 64), 65);
      putSum(node, 97, sums[2 * i + 1]!);
      return keccak(node);
    }),
    sums: above,
  };
}

/** A tree kept whole, so that many runs can be proved. */
export class SumTree {
  #levels: Level[] = [];

  /** `leaves` in their order. None: a root of zeros. */
  constructor(leaves: readonly SumLeaf[], keccak: Keccak = keccak_256) {
    const hashes = hashRow(leaves.length, (i) => leafHash(leaves[i]!.data, keccak));
    this.#build({ hashes, sums: leaves.map(({ sum }) => sum) }, keccak);
  }

  /** The tree of leaves with these sums that are hashed already. */
  static overHashes(sums: Sum[], hashOf: (i: number) => Uint8Array, keccak: Keccak = keccak_256): SumTree {
    const tree = new SumTree([], keccak);
    tree.#build({ hashes: hashRow(sums.length, hashOf), sums }, keccak);
    return tree;
  }

  #build(leaves: Level, keccak: Keccak): void {
    this.#levels = [leaves];
    for (let level = leaves; level.sums.length > 1; ) {
      level = parents(level, keccak);
      this.#levels.push(level);
    }
  }

  get root(): SumRoot {
    const { hashes, sums } = this.#levels.at(-1)!;
    return sums[0] ? { hash: hashes, sum: sums[0], count: this.#levels[0]!.sums.length } : EMPTY;
  }

  /**
   * Proves that leaves `first` to `first + length − 1` stand where they do. On each level from the bottom: the left
   * neighbour where the run starts at an odd place, then the right neighbour where it ends at an even one.
   */
  path(first: number, length: number): SumNode[] {
    const count = this.#levels[0]!.sums.length;
    invariant(
      length > 0 && first >= 0 && first + length <= count,
      `no run of ${length} at ${first} in ${count} leaves`,
    );
    const siblings: SumNode[] = [];
    const take = ({ hashes, sums }: Level, i: number) => siblings.push({ hash: hashIn(hashes, i), sum: sums[i]! });
    let low = first;
    let high = first + length; // exclusive
    for (const level of this.#levels.slice(0, -1)) {
      if (low % 2 === 1) take(level, low - 1);
      if (high % 2 === 1 && high < level.sums.length) take(level, high);
      low >>>= 1;
      high = (high + 1) >>> 1;
    }
    return siblings;
  }
}
