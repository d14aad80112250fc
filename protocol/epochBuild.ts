// Builds an epoch from certified tasks, exactly as the contracts check it. Pure: the same tasks give the same roots, so
// anybody with the published data can build it again and compare.
import { keccak_256 } from "@noble/hashes/sha3.js";
import {
  batchLeaf,
  type DealSummary,
  type DealTerms,
  type EpochHeader,
  type EpochRoots,
  LeafHasher,
  type SettledContribution,
  type SettledTask,
  type SignedBatch,
  type SumTreeRoot,
  type TaskInclusion,
  type TaskRecord,
} from "./epoch.ts";
import { batchPlaces, encodeEpochData } from "./epochData.ts";
import { invariant } from "./errors.ts";
import { type Address, type Bytes32, hex32 } from "./ids.ts";
import { type Keccak, KeccakTree } from "./keccakTree.ts";
import { entriesOf, type Ledger, type LedgerEntry, ledgerAfter, ledgerRoot, ledgerTree } from "./ledger.ts";
import { MAX_BATCH_TASKS } from "./limits.ts";
import { type Price, rewardsOf, splitPrice } from "./payout.ts";
import { MAX_CONTRIBUTIONS } from "./poco.ts";
import { type Sum, SumTree } from "./sumTree.ts";

export interface EpochInput {
  /** The ledger of the pool's last epoch that is not voided. */
  previous: Ledger;
  /** Terms of every deal the tasks belong to. */
  deals: ReadonlyMap<Bytes32, DealTerms>;
  /** Certified, each once; any order. */
  tasks: readonly SettledTask[];
  /** Acknowledged since the last epoch; those the contributions refer to are added. */
  batches: readonly SignedBatch[];
}

/** A leaf of the rewards tree. */
export interface RewardEntry {
  worker: Address;
  /** Position of the task. */
  task: number;
  sum: Sum;
}

export interface Epoch {
  roots: EpochRoots;
  previous: SumTreeRoot;
  deals: DealSummary[];
  valueWei: bigint;
  /** Sorted by deal and index. */
  tasks: SettledTask[];
  records: TaskRecord[];
  /** Sorted by worker and sequence. */
  batches: SignedBatch[];
  rewards: RewardEntry[];
  previousLedger: LedgerEntry[];
  ledger: LedgerEntry[];
  /** Workers whose rewards of this epoch are burned. */
  forfeited: Set<Address>;
  /** What is published: everything above can be built again from it. */
  data: Uint8Array;
  trees: { tasks: KeccakTree; commits: KeccakTree; rewards: SumTree; previous: SumTree; ledger: SumTree };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sorted = (tasks: readonly SettledTask[]): SettledTask[] =>
  [...tasks].sort((a, b) => compare(a.dealId, b.dealId) || a.index - b.index);

/** Stops the program if the tasks cannot be an honest epoch's. `keccak`: a server may pass a faster one. */
export function buildEpoch(input: EpochInput, keccak?: Keccak): Epoch {
  const tasks = sorted(input.tasks);
  check(tasks, input.deals);
  return assembleEpoch({ ...input, tasks }, keccak);
}

/** The same, believing what it is given: for data that others have published. */
export function assembleEpoch(
  { previous, deals, tasks: unsorted, batches: acked }: EpochInput,
  keccak: Keccak = keccak_256,
): Epoch {
  const tasks = sorted(unsorted);
  const batches = allBatches(tasks, acked);
  const placeOf = batchPlaces(batches);
  const leaves = new LeafHasher(keccak);
  const records = tasks.map(({ dealId, index, nonce, digest, contributions }): TaskRecord => {
    const hashOf = (i: number) => leaves.contribution(contributions[i]!, placeOf(contributions[i]!));
    const contributionsRoot = hex32(KeccakTree.overHashes(contributions.length, hashOf, keccak).root);
    return { dealId, index, nonce, digest, contributionsRoot, contributions: contributions.length };
  });
  const rewards = rewardEntries(tasks, deals);
  const { ledger, forfeited } = ledgerAfter(previous, rewards);

  const previousLedger = entriesOf(previous);
  const entries = entriesOf(ledger);
  const trees = {
    tasks: KeccakTree.overHashes(records.length, (i) => leaves.task(records[i]!), keccak),
    commits: new KeccakTree(batches.map(batchLeaf), keccak),
    rewards: SumTree.overHashes(
      rewards.map(({ sum }) => sum),
      (i) => leaves.reward(rewards[i]!),
      keccak,
    ),
    previous: ledgerTree(previousLedger, keccak),
    ledger: ledgerTree(entries, keccak),
  };
  const data = encodeEpochData({ tasks, batches });
  const summaries = summarise(tasks, rewards, deals, forfeited);
  return {
    roots: {
      dataHash: hex32(keccak(data)),
      tasks: { root: hex32(trees.tasks.root), count: trees.tasks.count },
      rewards: ledgerRoot(trees.rewards),
      commits: { root: hex32(trees.commits.root), count: trees.commits.count },
      ledger: ledgerRoot(trees.ledger),
    },
    previous: ledgerRoot(trees.previous),
    deals: summaries,
    valueWei: summaries.reduce((sum, deal) => sum + BigInt(deal.tasks) * deals.get(deal.dealId)!.pricePerTaskWei, 0n),
    tasks,
    records,
    batches,
    rewards,
    previousLedger,
    ledger: entries,
    forfeited,
    data,
    trees,
  };
}

/** For the receipt of one task of a posted epoch; undefined if the epoch does not settle it. */
export function proveTask(
  epoch: Epoch,
  header: EpochHeader,
  dealId: Bytes32,
  index: number,
): TaskInclusion | undefined {
  const position = epoch.tasks.findIndex((task) => task.dealId === dealId && task.index === index);
  const task = epoch.records[position];
  return task && { epoch: header, task, position, path: epoch.trees.tasks.path(position).map(hex32) };
}

/** These come from the relay's own store: if they are wrong, posting them would cost the bond. */
function check(tasks: readonly SettledTask[], deals: ReadonlyMap<Bytes32, DealTerms>): void {
  tasks.forEach((task, i) => {
    const name = `task ${task.index} of deal ${task.dealId}`;
    const deal = deals.get(task.dealId);
    invariant(deal && task.index < deal.tasks, `${name} is not in its deal`);
    const before = tasks[i - 1];
    invariant(before?.dealId !== task.dealId || before.index !== task.index, `${name} is there twice`);
    const workers = new Set(task.contributions.map(({ worker }) => worker));
    invariant(workers.size === task.contributions.length, `${name} has one worker twice`);
    invariant(workers.size <= MAX_CONTRIBUTIONS, `${name} has ${workers.size} contributions`);
    invariant(
      task.contributions.every(({ position, batch }) => position < batch.count && batch.count <= MAX_BATCH_TASKS),
      `${name} has a contribution outside its batch`,
    );
    invariant(
      task.contributions.some(({ agrees }) => agrees),
      `${name} has no contribution that agrees`,
    );
  });
}

const priceOf = ({ pricePerTaskWei, assetsWei, feeBps }: DealTerms): Price => ({
  priceWei: pricePerTaskWei,
  assetsWei,
  feeBps,
});

function allBatches(tasks: readonly SettledTask[], acked: readonly SignedBatch[]): SignedBatch[] {
  const all = new Map<Address, Map<number, SettledContribution["batch"]>>();
  const add = (worker: Address, batch: SettledContribution["batch"]) => {
    const own = all.get(worker);
    if (own) own.set(batch.sequence, batch);
    else all.set(worker, new Map([[batch.sequence, batch]]));
  };
  for (const { worker, ...batch } of acked) add(worker, batch);
  for (const { contributions } of tasks) for (const { worker, batch } of contributions) add(worker, batch);
  return [...all]
    .flatMap(([worker, own]) => [...own.values()].map((batch) => ({ worker, ...batch })))
    .sort((a, b) => compare(a.worker, b.worker) || a.sequence - b.sequence);
}

/** What the rewards tree of these tasks must hold, in its order. `deals` has the terms of all of them. */
export function rewardEntries(
  tasks: readonly {
    dealId: Bytes32;
    contributions: readonly Pick<SettledContribution, "worker" | "agrees" | "score">[];
  }[],
  deals: ReadonlyMap<Bytes32, DealTerms>,
): RewardEntry[] {
  const byWorker = new Map<Address, RewardEntry[]>();
  tasks.forEach(({ dealId, contributions }, task) => {
    const rewards = rewardsOf(
      priceOf(deals.get(dealId)!),
      contributions.filter(({ agrees }) => agrees),
    );
    // What nobody else contributed to is paid, and earns no score.
    const good = contributions.length > 1 ? 1 : 0;
    for (const { worker, agrees } of contributions) {
      const sum = agrees ? { rewardWei: rewards.get(worker)!, good, bad: 0 } : { rewardWei: 0n, good: 0, bad: 1 };
      const own = byWorker.get(worker);
      if (own) own.push({ worker, task, sum });
      else byWorker.set(worker, [{ worker, task, sum }]);
    }
  });
  // Tasks came in their order: only the workers are to be sorted.
  const workers = [...byWorker].sort(([a], [b]) => compare(a, b));
  return workers.flatMap(([, own]) => own);
}

/** Per deal: what its workers keep, what is burned (forfeits too), and the rest, fee and rounding, to the pool. */
function summarise(
  tasks: readonly SettledTask[],
  rewards: readonly RewardEntry[],
  deals: ReadonlyMap<Bytes32, DealTerms>,
  forfeited: ReadonlySet<Address>,
): DealSummary[] {
  const byDeal = new Map<Bytes32, DealSummary>();
  for (const { dealId } of tasks) {
    const summary = byDeal.get(dealId) ?? { dealId, tasks: 0, workersWei: 0n, poolWei: 0n, burnedWei: 0n };
    summary.tasks++;
    summary.burnedWei += splitPrice(priceOf(deals.get(dealId)!)).burnedWei;
    byDeal.set(dealId, summary);
  }
  for (const { worker, task, sum } of rewards) {
    const summary = byDeal.get(tasks[task]!.dealId)!;
    if (forfeited.has(worker)) summary.burnedWei += sum.rewardWei;
    else summary.workersWei += sum.rewardWei;
  }
  for (const summary of byDeal.values()) {
    const { pricePerTaskWei, assetsWei } = deals.get(summary.dealId)!;
    const poolPartWei = BigInt(summary.tasks) * (pricePerTaskWei - assetsWei);
    summary.poolWei = poolPartWei - summary.workersWei - summary.burnedWei;
  }
  return [...byDeal.values()].sort((a, b) => compare(a.dealId, b.dealId));
}
