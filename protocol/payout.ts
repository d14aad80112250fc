// How the price of one certified task is divided: price = burned + pool's fee + workers' part. The workers' part goes by
// share, rounded down; what rounding leaves goes to the pool. contracts/libraries/Payout.sol is the twin.

import type { Address } from "./ids.ts";
import { shareOf } from "./poco.ts";

const BPS = 10_000n;
/** 5 % of every price is destroyed: reputation bought with one's own money costs at least this. */
export const BURN_BPS = 500;
/** A worker may be wrong once in an epoch, or in 1 of 51 contributions, before it forfeits the epoch's reward. */
const GOOD_PER_BAD = 50;

export interface Split {
  burnedWei: bigint;
  feeWei: bigint;
  /** What the agreeing workers share. */
  workersWei: bigint;
}

export function splitPrice(priceWei: bigint, feeBps: number): Split {
  const burnedWei = (priceWei * BigInt(BURN_BPS)) / BPS;
  const feeWei = (priceWei * BigInt(feeBps)) / BPS;
  return { burnedWei, feeWei, workersWei: priceWei - burnedWei - feeWei };
}

/** One worker's reward for one task, `share` of all `shares`. */
export const rewardOf = (workersWei: bigint, share: number, shares: number): bigint =>
  (workersWei * BigInt(share)) / BigInt(shares);

/** What each agreeing worker of one certified task earns, before forfeits. `score` is on chain, when it was leased. */
export function rewardsOf(
  { priceWei, feeBps }: { priceWei: bigint; feeBps: number },
  agreeing: readonly { worker: Address; score: number }[],
): Map<Address, bigint> {
  const { workersWei } = splitPrice(priceWei, feeBps);
  const shares = agreeing.reduce((sum, { score }) => sum + shareOf(score), 0);
  return new Map(agreeing.map(({ worker, score }) => [worker, rewardOf(workersWei, shareOf(score), shares)]));
}

/** Whether a worker with these counts in one epoch loses that epoch's reward. */
export const forfeits = (good: number, bad: number): boolean => bad > 1 && bad > Math.floor(good / GOOD_PER_BAD);
