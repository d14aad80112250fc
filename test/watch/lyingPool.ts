// A pool that posts whatever leaves it is given, on a chain with the real contracts. The leaves of an honest epoch are there to
// be falsified.
import type { DealSummary, DealTerms, SettledTask } from "../../protocol/epoch.ts";
import { assembleEpoch } from "../../protocol/epochBuild.ts";
import { decodeEpochData } from "../../protocol/epochData.ts";
import { type Bytes32, hex32 } from "../../protocol/ids.ts";
import { entriesOf, type Ledger, ledgerAfter, ledgerRoot, ledgerTree } from "../../protocol/ledger.ts";
import { forfeits, splitPrice } from "../../protocol/payout.ts";
import type { Chain } from "../../relay/chain/chain.ts";
import { keccak } from "../../relay/hashes.ts";
import { dealsToAbi, headerToAbi, rootsToAbi, sumTreeToAbi } from "../../relay/settlement/abi.ts";
import { ChainEpochs, type Posting } from "../../relay/watch/chainEpochs.ts";
import { type EpochLeaves, type Evidence, evidenceOf, expectedRewards, leavesOf } from "../../relay/watch/leaves.ts";
import { ECT, named, type Part, type TestChain, World } from "../settlement/world.ts";

const honest = (...workers: string[]): Part[] => workers.map((worker) => ({ worker, digest: "right" }));

export interface Lie {
  posting: Posting;
  evidence: Evidence;
  terms: Map<Bytes32, DealTerms>;
}

export class LyingPool<Made extends TestChain = Chain> {
  readonly world: World<Made>;
  readonly chain: ChainEpochs;
  /** Sorted: tasks of the lower one come first. */
  readonly deals: readonly [Bytes32, Bytes32];
  /** After the epoch that is final. */
  ledger: Ledger = new Map();
  first!: Lie;
  /** What was published, by the number of the epoch. */
  readonly published = new Map<number, Uint8Array>();

  static async open(): Promise<LyingPool> {
    return LyingPool.on(await World.open());
  }

  /** Its first epoch is honest, and final. */
  static async on<Made extends TestChain>(world: World<Made>): Promise<LyingPool<Made>> {
    await world.settler().openPool(1000, 5_000n * ECT);
    const deals = [await world.openDeal({ tasks: 1000 }), await world.openDeal({ tasks: 1000 }, "pool", "stranger")];
    const chain = await ChainEpochs.at(world.addresses.epochs, world.provider);
    const pool = new LyingPool<Made>(world, chain, deals.sort() as [Bytes32, Bytes32]);
    await pool.#begin();
    return pool;
  }

  private constructor(world: World<Made>, chain: ChainEpochs, deals: readonly [Bytes32, Bytes32]) {
    this.world = world;
    this.chain = chain;
    this.deals = deals;
  }

  async #begin(): Promise<void> {
    this.first = await this.publish({ 0: honest("ann", "bob"), 1: honest("bob", "cy") });
    this.world.pass(60);
    await this.finalise(this.first);
  }

  /** Posts an epoch of the first deal as a relay does, with its data; `falsify` changes the tasks before. */
  async publish(parts: Record<number, Part[]>, falsify: (tasks: SettledTask[]) => void = () => {}): Promise<Lie> {
    const tasks = this.world.certify(this.deals[0], parts);
    falsify(tasks);
    const terms = await this.terms();
    const { data } = assembleEpoch({ previous: this.ledger, deals: terms, tasks, batches: [] });
    const lie = await this.post(leavesOf(decodeEpochData(data), terms, this.ledger), hex32(keccak(data)));
    this.published.set(lie.posting.header.number, data);
    return lie;
  }

  /** Its window must be over. */
  async finalise({ posting, evidence }: Lie): Promise<void> {
    await this.world.send("stranger", "epochs", "finalise", headerToAbi(posting.header), dealsToAbi(posting.deals));
    this.ledger = new Map(evidence.ledger!.map(({ worker, sum }) => [worker, sum]));
  }

  async terms(): Promise<Map<Bytes32, DealTerms>> {
    return this.chain.termsOf(this.deals.map((dealId) => ({ dealId }) as DealSummary));
  }

  /** Leaves of an honest epoch with these tasks in the first deal, and others in the second. */
  async honest(parts: Record<number, Part[]> = USUAL, second: Record<number, Part[]> = {}): Promise<EpochLeaves> {
    const tasks = [...this.world.certify(this.deals[0], parts), ...this.world.certify(this.deals[1], second)];
    const terms = await this.terms();
    const { data } = assembleEpoch({ previous: this.ledger, deals: terms, tasks, batches: [] });
    return leavesOf(decodeEpochData(data), terms, this.ledger);
  }

  /** Posts the leaves as they are; what is summed up of them fits. Throws if the contract refuses that. */
  async post(leaves: EpochLeaves, dataHash = named("data"), deals?: DealSummary[]): Promise<Lie> {
    const terms = await this.terms();
    const evidence = evidenceOf(leaves, this.ledger);
    const { trees } = evidence;
    const roots = {
      dataHash,
      tasks: { root: hex32(trees.tasks.root), count: trees.tasks.count },
      rewards: ledgerRoot(trees.rewards),
      commits: { root: hex32(trees.commits.root), count: trees.commits.count },
      ledger: ledgerRoot(trees.ledger!),
    };
    const previous = ledgerRoot(ledgerTree(entriesOf(this.ledger)));
    const summaries = dealsToAbi(deals ?? summarise(leaves, terms));
    const from = (await this.world.provider.getBlockNumber()) + 1;
    await this.world.send("pool", "epochs", "post", rootsToAbi(roots), sumTreeToAbi(previous), summaries, []);
    const [posting] = await this.chain.postedIn(from, await this.world.provider.getBlockNumber());
    return { posting: posting!, evidence, terms };
  }
}

/** Three workers, one of them wrong once, and tasks with gaps between them. */
export const USUAL: Record<number, Part[]> = {
  10: honest("ann", "bob", "cy"),
  11: [...honest("ann", "bob"), { worker: "cy", digest: "wrong" }],
  14: honest("cy", "bob"),
};

/** What follows from tasks that were changed: rewards and ledger as an honest pool would have them. */
export async function following(pool: Pick<LyingPool, "terms" | "ledger">, leaves: EpochLeaves): Promise<EpochLeaves> {
  const rewards = expectedRewards(leaves.tasks, await pool.terms());
  return { ...leaves, rewards, ledger: entriesOf(ledgerAfter(pool.ledger, rewards).ledger) };
}

/** The ledger that follows from rewards that were changed. */
export const withLedger = (pool: Pick<LyingPool, "ledger">, leaves: EpochLeaves): EpochLeaves => ({
  ...leaves,
  ledger: entriesOf(ledgerAfter(pool.ledger, leaves.rewards).ledger),
});

/** Charged to the deals that the tasks name, in their order. */
export function summarise({ tasks, rewards }: EpochLeaves, terms: ReadonlyMap<Bytes32, DealTerms>): DealSummary[] {
  const counts = new Map<string, { right: number; bad: number }>();
  for (const { worker, sum } of rewards) {
    const old = counts.get(worker) ?? { right: 0, bad: 0 };
    counts.set(worker, { right: old.right + 1 - sum.bad, bad: old.bad + sum.bad });
  }
  const summaries = new Map<Bytes32, DealSummary>();
  for (const { dealId } of tasks) {
    const old = summaries.get(dealId) ?? { dealId, tasks: 0, workersWei: 0n, poolWei: 0n, burnedWei: 0n };
    summaries.set(dealId, { ...old, tasks: old.tasks + 1 });
  }
  for (const { worker, task, sum } of rewards) {
    const summary = summaries.get(tasks[Math.min(task, tasks.length - 1)]!.dealId)!;
    const { right, bad } = counts.get(worker)!;
    if (forfeits(right, bad)) summary.burnedWei += sum.rewardWei;
    else summary.workersWei += sum.rewardWei;
  }
  for (const summary of summaries.values()) {
    const deal = terms.get(summary.dealId);
    if (!deal) continue;
    const price = { priceWei: deal.pricePerTaskWei, assetsWei: deal.assetsWei, feeBps: deal.feeBps };
    summary.burnedWei += BigInt(summary.tasks) * splitPrice(price).burnedWei;
    const wholeWei = BigInt(summary.tasks) * (deal.pricePerTaskWei - deal.assetsWei);
    summary.poolWei = wholeWei - summary.workersWei - summary.burnedWei;
  }
  return [...summaries.values()].sort((a, b) => (a.dealId < b.dealId ? -1 : 1));
}
