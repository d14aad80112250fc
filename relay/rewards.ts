import type { Address } from "../protocol/ids.ts";
import { rewardOf, splitPrice } from "../protocol/payout.ts";
import { shareOf } from "../protocol/poco.ts";

/** What each agreeing worker of one task earns, wei, unless its epoch's reward is forfeited. */
export function rewardsOf(
  { priceWei, feeBps }: { priceWei: bigint; feeBps: number },
  agreeing: readonly { worker: Address; score: number }[],
): Map<Address, bigint> {
  const { workersWei } = splitPrice(priceWei, feeBps);
  const shares = agreeing.reduce((sum, c) => sum + shareOf(c.score), 0);
  return new Map(agreeing.map((c) => [c.worker, rewardOf(workersWei, shareOf(c.score), shares)]));
}
