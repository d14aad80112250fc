// Epochs and proofs in the shape the contracts take them.
import type { DealSummary, EpochHeader, EpochRoots, SumTreeRoot } from "../../protocol/epoch.ts";
import type { Address } from "../../protocol/ids.ts";
import { hex32 } from "../../protocol/ids.ts";
import { packSum, type Sum, type SumTree } from "../../protocol/sumTree.ts";

export const sumTreeToAbi = ({ root, sum, count }: SumTreeRoot) => ({ root, sum: packSum(sum), count });

export const rootsToAbi = (roots: EpochRoots) => ({
  dataHash: roots.dataHash,
  tasks: roots.tasks,
  rewards: sumTreeToAbi(roots.rewards),
  commits: roots.commits,
  ledger: sumTreeToAbi(roots.ledger),
});

export const headerToAbi = (header: EpochHeader) => ({
  pool: header.pool,
  number: header.number,
  postedAt: header.postedAt,
  valueWei: header.valueWei,
  dealsHash: header.dealsHash,
  previous: sumTreeToAbi(header.previous),
  roots: rootsToAbi(header.roots),
});

export const dealsToAbi = (deals: readonly DealSummary[]) => deals.map((deal) => ({ ...deal }));

/** Leaves `first` to `first + length − 1` of a sum tree, proved. */
export const rangeToAbi = (
  tree: SumTree,
  entries: readonly { worker: Address; task?: number; sum: Sum }[],
  first: number,
  length: number,
) => ({
  leaves: entries
    .slice(first, first + length)
    .map(({ worker, task = 0, sum }) => ({ worker, task, sum: packSum(sum) })),
  first,
  path: tree.path(first, length).map(({ hash, sum }) => ({ hash: hex32(hash), sum: packSum(sum) })),
});
