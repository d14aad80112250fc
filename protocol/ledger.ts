// What every worker has earned in a pool since it began.
import type { SumTreeRoot } from "./epoch.ts";
import { EMPTY_LEDGER, ledgerLeaf } from "./epoch.ts";
import { type Address, hex32 } from "./ids.ts";
import type { Keccak } from "./keccakTree.ts";
import { forfeits } from "./payout.ts";
import { addSums, NOTHING, type Sum, SumTree } from "./sumTree.ts";

export type Ledger = ReadonlyMap<Address, Sum>;

export interface LedgerEntry {
  worker: Address;
  sum: Sum;
}

/**
 * The ledger after an epoch with these rewards, one a contribution, and the workers whose rewards of this epoch are burned.
 */
export function ledgerAfter(
  previous: Ledger,
  rewards: readonly LedgerEntry[],
): { ledger: Map<Address, Sum>; forfeited: Set<Address> } {
  const earned = new Map<Address, { sum: Sum; contributions: number }>();
  for (const { worker, sum } of rewards) {
    const own = earned.get(worker);
    if (own) Object.assign(own, { sum: addSums(own.sum, sum), contributions: own.contributions + 1 });
    else earned.set(worker, { sum, contributions: 1 });
  }
  const ledger = new Map(previous);
  const forfeited = new Set<Address>();
  for (const [worker, { sum, contributions }] of earned) {
    const isLost = forfeits(contributions - sum.bad, sum.bad);
    if (isLost) forfeited.add(worker);
    ledger.set(worker, addSums(ledger.get(worker) ?? NOTHING, isLost ? { ...sum, rewardWei: 0n } : sum));
  }
  return { ledger, forfeited };
}

/** Sorted by worker, as the contracts want it. */
export const entriesOf = (ledger: Ledger): LedgerEntry[] =>
  [...ledger].map(([worker, sum]) => ({ worker, sum })).sort((a, b) => (a.worker < b.worker ? -1 : 1));

export const ledgerTree = (entries: readonly LedgerEntry[], keccak?: Keccak): SumTree =>
  new SumTree(
    entries.map(({ worker, sum }) => ({ data: ledgerLeaf(worker, sum), sum })),
    keccak,
  );

export function ledgerRoot(tree: SumTree): SumTreeRoot {
  const { hash, sum, count } = tree.root;
  return count === 0 ? EMPTY_LEDGER : { root: hex32(hash), sum, count };
}
