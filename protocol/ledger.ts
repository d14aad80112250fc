// What every worker has earned in a pool since it began.
import type { SumTreeRoot } from "./epoch.ts";
import { EMPTY_LEDGER, ledgerLeaf } from "./epoch.ts";
import { type Address, hex32 } from "./ids.ts";
import { type Sum, SumTree } from "./sumTree.ts";

export type Ledger = ReadonlyMap<Address, Sum>;

export interface LedgerEntry {
  worker: Address;
  sum: Sum;
}

/** Sorted by worker, as the contracts want it. */
export const entriesOf = (ledger: Ledger): LedgerEntry[] =>
  [...ledger].map(([worker, sum]) => ({ worker, sum })).sort((a, b) => (a.worker < b.worker ? -1 : 1));

export const ledgerTree = (entries: readonly LedgerEntry[]): SumTree =>
  new SumTree(entries.map(({ worker, sum }) => ({ data: ledgerLeaf(worker, sum), sum })));

export function ledgerRoot(tree: SumTree): SumTreeRoot {
  const { hash, sum, count } = tree.root;
  return count === 0 ? EMPTY_LEDGER : { root: hex32(hash), sum, count };
}
