// Whether a pool takes a lazy order: pure. What it takes and cannot draw, it pays itself.
import type { JobSpec } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, NOBODY } from "../../protocol/ids.ts";
import { type Budget, firmWei } from "../../protocol/lazy.ts";
import type { LazyOrder } from "../../protocol/orders.ts";
import { MIN_PRICE_WEI, splitPrice } from "../../protocol/payout.ts";

import { checkSame } from "../deals.ts";

/** An order that is over sooner leaves no time to compute and settle anything, seconds. */
const LEAST_SECONDS = 60;

/** An order that was taken and is not on chain yet: the whole of it will be drawn. */
export type Outstanding = Pick<LazyOrder, "sequence" | "mostWei"> & { valueWei: bigint };

export const costOf = ({ order }: Pick<LazyOrder, "order">): bigint => order.pricePerTaskWei * BigInt(order.tasks);

/** Throws `bad-deal` with the first term that the Hub would refuse, or that is not the job's. */
export function checkLazyTerms(
  { order }: LazyOrder,
  spec: JobSpec,
  { pool, feeBps, nowS }: { pool: Address; feeBps: number; nowS: number },
): void {
  checkSame(order, spec, pool, "order");
  const refuse = (words: string) => new SuperEdgeError("bad-deal", words);
  if (spec.part) throw refuse("part: a lazy order pays for a whole job");
  if (order.deadline < nowS + LEAST_SECONDS)
    throw refuse(`deadline: expected at least ${LEAST_SECONDS} s from ${nowS} on, found ${order.deadline}`);
  if (order.maxFeeBps < feeBps)
    throw refuse(`maxFeeBps: the pool's fee is ${feeBps}, the order allows ${order.maxFeeBps}`);
  for (const kind of ["app", "dataset"] as const)
    if ((order[`${kind}Owner`] === NOBODY) !== (order[`${kind}Wei`] === 0n))
      throw refuse(`${kind}Wei: expected an owner and an amount, or neither`);
  const assetsWei = order.appWei + order.datasetWei;
  const priceWei = order.pricePerTaskWei;
  if (priceWei < assetsWei + MIN_PRICE_WEI || splitPrice({ priceWei, assetsWei, feeBps }).workersWei < 0n)
    throw refuse(`pricePerTaskWei: expected more for the pool than ${priceWei - assetsWei} of ${priceWei} wei`);
}

/**
 * Whatever the order in which the epochs open them, each of the outstanding orders must find its price in the budget and
 * below its own maximum. Throws `not-funded`, `replayed` if the sequence was used before.
 */
export function checkBudget(lazy: LazyOrder, budget: Budget, outstanding: readonly Outstanding[]): void {
  const own: Outstanding = { sequence: lazy.sequence, mostWei: lazy.mostWei, valueWei: costOf(lazy) };
  const all = [...outstanding, own];
  const wantedWei = all.reduce((sum, { valueWei }) => sum + valueWei, 0n);
  const firm = firmWei(budget);
  if (wantedWei > firm)
    throw new SuperEdgeError(
      "not-funded",
      `expected ${wantedWei} wei locked for this pool, ${wantedWei - own.valueWei} of it for orders taken before, found ${firm}`,
    );
  for (const { mostWei, sequence } of all)
    if (budget.drawnWei + wantedWei > mostWei)
      throw new SuperEdgeError(
        "not-funded",
        `mostWei: with all orders that are taken, ${budget.drawnWei + wantedWei} wei will be drawn, and order ${sequence} allows ${mostWei}`,
      );
}
