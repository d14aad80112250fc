// Proof of contribution: how far agreeing workers are believed, and how they share. The rule of iExec's PoCo
// (https://github.com/iExecBlockchainComputing/PoCo); contracts/libraries/PocoMath.sol is the twin, and
// test/vectors/poco.json holds the two together.
//
//   weight = max(⌊score / 3⌋, 3) − 1        group = product of the weights of those with one digest
//   total  = 1 + Σ groups                   certified ⇔ group · T > total · (T − 1)
import { MAX_REPLICAS } from "./limits.ts";

/** Highest score kept: 16 weights and a trust below 2^20 multiply to less than 2^244. */
export const MAX_SCORE = 49_151;
/** Most contributions to one task. */
export const MAX_CONTRIBUTIONS = MAX_REPLICAS;

/** From 2 for a newcomer to 16,382. */
export const weightOf = (score: number): number => Math.max(Math.floor(Math.min(score, MAX_SCORE) / 3), 3) - 1;

/** A worker's share among those who agree: ⌊log2 weight⌋, from 1 to 13. */
export const shareOf = (score: number): number => 31 - Math.clz32(weightOf(score));

/** Whether a group of agreeing workers is believed with trust T (0 counts as 1). */
export function isCertified(group: bigint, total: bigint, trust: number): boolean {
  const t = BigInt(Math.max(trust, 1));
  return group * t > total * (t - 1n);
}

/** What the rule sees of a contribution: the worker's score on chain when it was leased, and its digest. */
export interface Vote {
  score: number;
  digest: string;
}

/** Every digest's group, and their total. */
export function weigh(votes: readonly Vote[]): { groups: Map<string, bigint>; total: bigint } {
  const groups = new Map<string, bigint>();
  for (const { score, digest } of votes) groups.set(digest, (groups.get(digest) ?? 1n) * BigInt(weightOf(score)));
  let total = 1n;
  for (const group of groups.values()) total += group;
  return { groups, total };
}

/** The digest that these contributions certify, if any; for T ≥ 2 there is at most one. */
export function certifiedDigest(votes: readonly Vote[], trust: number): string | undefined {
  const { groups, total } = weigh(votes);
  let best: string | undefined;
  for (const [digest, group] of groups) {
    if (isCertified(group, total, trust) && group > (best === undefined ? 0n : groups.get(best)!)) best = digest;
  }
  return best;
}

/** A score after so many right (+ 1) and wrong (× 2/3) contributions; the wrong ones count last, never in the worker's favour. */
export function scoreAfter(score: number, good: number, bad: number): number {
  let next = Math.min(score + good, MAX_SCORE);
  for (let i = 0; i < bad && next > 0; i++) next = Math.floor((next * 2) / 3);
  return next;
}
