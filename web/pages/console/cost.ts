// Where the money of a job is, from what the chain says of its deal and the relay of its tasks.
import type { DealView } from "../../../client/index.ts";

export interface Cost {
  depositWei: bigint;
  /** Settled on chain. */
  paidWei: bigint;
  /** In an epoch whose challenge window is open. */
  pendingWei: bigint;
  /** Certified, and in no epoch yet. */
  owedWei: bigint;
  /** Came back, the deal being closed; else still locked. */
  refundedWei: bigint;
  lockedWei: bigint;
}

/** The parts add up to the deposit. `certified` is the relay's count and may run ahead of the chain. */
export function costOf(deal: DealView, certified: number): Cost {
  const { tasks, settledTasks, pendingTasks, pricePerTaskWei, closed } = deal;
  const price = (count: number) => pricePerTaskWei * BigInt(count);
  const rest = tasks - settledTasks - pendingTasks;
  const owed = closed ? 0 : Math.min(rest, Math.max(0, certified - settledTasks - pendingTasks));
  return {
    depositWei: price(tasks),
    paidWei: price(settledTasks),
    pendingWei: price(pendingTasks),
    owedWei: price(owed),
    refundedWei: closed ? price(rest) : 0n,
    lockedWei: closed ? 0n : price(rest - owed),
  };
}
