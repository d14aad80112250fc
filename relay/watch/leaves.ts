// What stands in the leaves of a posted epoch's four trees, in the trees' own order, whether it is true or not. An honest
// pool publishes tasks and batches only (protocol/epochData.ts): the other leaves follow from them, and from nothing else.
import {
  batchLeaf,
  contributionLeaf,
  type DealTerms,
  type EpochHeader,
  rewardLeaf,
  type SettledContribution,
  type SettledTask,
  type SignedBatch,
  type TaskRecord,
  type TreeRoot,
  taskLeaf,
} from "../../protocol/epoch.ts";
import { type RewardEntry, rewardEntries } from "../../protocol/epochBuild.ts";
import { batchPlaces, type EpochData } from "../../protocol/epochData.ts";
import { type Bytes32, hex32 } from "../../protocol/ids.ts";
import { KeccakTree } from "../../protocol/keccakTree.ts";
import {
  entriesOf,
  type Ledger,
  type LedgerEntry,
  ledgerAfter,
  ledgerRoot,
  ledgerTree,
} from "../../protocol/ledger.ts";
import { packSum, SumTree } from "../../protocol/sumTree.ts";
import { keccak } from "../hashes.ts";

/** As its leaf has it: `batch` is the place among the epoch's batches. */
export type ContributionRecord = Omit<SettledContribution, "batch"> & { batch: number };
export type PublishedTask = Omit<SettledTask, "contributions"> & { contributions: ContributionRecord[] };

export interface EpochLeaves {
  tasks: PublishedTask[];
  batches: SignedBatch[];
  rewards: RewardEntry[];
  /** Undefined if the ledger it builds on is not known. */
  ledger: LedgerEntry[] | undefined;
}

/** The leaves that an honest epoch of this data has. Tasks of deals without terms earn nothing here. */
export function leavesOf(
  { tasks, batches }: EpochData,
  terms: ReadonlyMap<Bytes32, DealTerms>,
  previous: Ledger | undefined,
): EpochLeaves {
  const placeOf = batchPlaces(batches);
  const published = tasks.map((task): PublishedTask => {
    const contributions = task.contributions.map((contribution) => ({ ...contribution, batch: placeOf(contribution) }));
    return { ...task, contributions };
  });
  const rewards = expectedRewards(published, terms);
  return {
    tasks: published,
    batches,
    rewards,
    ledger: previous && entriesOf(ledgerAfter(previous, rewards).ledger),
  };
}

/** The same as `rewardEntries`, of tasks whose deals may not exist: those earn nothing. */
export const expectedRewards = (
  tasks: readonly PublishedTask[],
  terms: ReadonlyMap<Bytes32, DealTerms>,
): RewardEntry[] =>
  rewardEntries(
    tasks.map((task) => (terms.has(task.dealId) ? task : { ...task, contributions: [] })),
    terms,
  );

/** The leaves with the trees over them, and those of the ledger they build on. */
export interface Evidence extends EpochLeaves {
  records: TaskRecord[];
  /** Sorted by worker; undefined if it is not known. */
  previous: LedgerEntry[] | undefined;
  trees: {
    tasks: KeccakTree;
    commits: KeccakTree;
    rewards: SumTree;
    ledger: SumTree | undefined;
    previous: SumTree | undefined;
  };
}

export const contributionsTree = ({ contributions }: PublishedTask): KeccakTree =>
  new KeccakTree(
    contributions.map((contribution) => contributionLeaf(contribution, contribution.batch)),
    keccak,
  );

export function evidenceOf(leaves: EpochLeaves, previous: Ledger | undefined): Evidence {
  const records = leaves.tasks.map(
    (task): TaskRecord => ({
      dealId: task.dealId,
      index: task.index,
      nonce: task.nonce,
      digest: task.digest,
      contributionsRoot: hex32(contributionsTree(task).root),
      contributions: task.contributions.length,
    }),
  );
  const before = previous && entriesOf(previous);
  const trees = {
    tasks: new KeccakTree(records.map(taskLeaf), keccak),
    commits: new KeccakTree(leaves.batches.map(batchLeaf), keccak),
    rewards: new SumTree(
      leaves.rewards.map(({ worker, task, sum }) => ({ data: rewardLeaf(worker, task, sum), sum })),
      keccak,
    ),
    ledger: leaves.ledger && ledgerTree(leaves.ledger, keccak),
    previous: before && ledgerTree(before, keccak),
  };
  return { ...leaves, records, previous: before, trees };
}

export type TreeName = "tasks" | "commits" | "rewards" | "ledger";

/** Trees of which the posted root is another: what stands in those leaves nobody can prove, nor the pool. */
export function unlikeTrees({ trees }: Evidence, { roots }: EpochHeader): TreeName[] {
  const isRoot = ({ root, count }: KeccakTree, posted: TreeRoot) =>
    hex32(root) === posted.root && count === posted.count;
  const isSumRoot = (tree: SumTree, posted: EpochHeader["previous"]) => {
    const { root, count, sum } = ledgerRoot(tree);
    return root === posted.root && count === posted.count && packSum(sum) === packSum(posted.sum);
  };
  const unlike: TreeName[] = [];
  if (!isRoot(trees.tasks, roots.tasks)) unlike.push("tasks");
  if (!isRoot(trees.commits, roots.commits)) unlike.push("commits");
  if (!isSumRoot(trees.rewards, roots.rewards)) unlike.push("rewards");
  if (trees.ledger && !isSumRoot(trees.ledger, roots.ledger)) unlike.push("ledger");
  return unlike;
}
