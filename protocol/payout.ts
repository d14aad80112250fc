// How the price of one certified task is divided: price = app's part + dataset's part + pool's part, and pool's part =
// burned + pool's fee + workers' part. Burned is a share of the whole price. The workers' part goes by share, rounded down;
// what rounding leaves goes to the pool. contracts/libraries/Payout.sol is the twin.

import { type Address, NOBODY } from "./ids.ts";
import { shareOf } from "./poco.ts";

const BPS = 10_000n;
/** 5 % of every price is destroyed: reputation bought with one's own money costs at least this. */
export const BURN_BPS = 500;
/** A worker may be wrong once in an epoch, or in 1 of 51 contributions, before it forfeits the epoch's reward. */
const GOOD_PER_BAD = 50;

/** What a deal fixes of a task's price. */
export interface Price {
  /** Everything included. */
  priceWei: bigint;
  /** What app and dataset cost, of that. */
  assetsWei: bigint;
  /** Of the rest, the pool's part. */
  feeBps: number;
}

export interface Split {
  burnedWei: bigint;
  feeWei: bigint;
  /** What the agreeing workers share. */
  workersWei: bigint;
}

export function splitPrice({ priceWei, assetsWei, feeBps }: Price): Split {
  const poolPartWei = priceWei - assetsWei;
  const burnedWei = (priceWei * BigInt(BURN_BPS)) / BPS;
  const feeWei = (poolPartWei * BigInt(feeBps)) / BPS;
  return { burnedWei, feeWei, workersWei: poolPartWei - burnedWei - feeWei };
}

/** The fields of a Hub's order for an app and inputs that cost nothing. */
export const FREE_ASSETS = { appOwner: NOBODY, appWei: 0n, datasetOwner: NOBODY, datasetWei: 0n } as const;

/** One worker's reward for one task, `share` of all `shares`. */
export const rewardOf = (workersWei: bigint, share: number, shares: number): bigint =>
  (workersWei * BigInt(share)) / BigInt(shares);

/** What each agreeing worker of one certified task earns, before forfeits. `score` is on chain, when it was leased. */
export function rewardsOf(price: Price, agreeing: readonly { worker: Address; score: number }[]): Map<Address, bigint> {
  const { workersWei } = splitPrice(price);
  const shares = agreeing.reduce((sum, { score }) => sum + shareOf(score), 0);
  return new Map(agreeing.map(({ worker, score }) => [worker, rewardOf(workersWei, shareOf(score), shares)]));
}

/** The Hub's least price of a pool's part of a task, wei. */
export const MIN_PRICE_WEI = 10n ** 12n;

/**
 * Whether a worker with these counts in one epoch loses that epoch's reward. `right`: contributions, those included that nobody
 * else made and that earn no score.
 */
export const forfeits = (right: number, bad: number): boolean => bad > 1 && bad > Math.floor(right / GOOD_PER_BAD);
