// Tasks that contracts ask this pool for: found on the chain, run as jobs of one task, settled each by a transaction that
// brings the result. What is done is in the store or on the chain, so that a run may end anywhere and the next goes on.
//
//   TaskRequested ──▶ stored ──▶ job ──workers, as ever──▶ certified ──certify──▶ settled, the contract called
import type { Provider } from "ethers";
import type { Logger } from "pino";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Address, JobId } from "../../protocol/ids.ts";
import { jobHash } from "../../protocol/job.ts";
import type { Loop } from "../loop.ts";
import { settledTask } from "../receipts.ts";
import type { JobContext } from "../rows.ts";
import type { Contracts } from "../settlement/contracts.ts";
import type { Sender } from "../settlement/sender.ts";
import type { RequestRow, TaskRequest } from "../store/requests.ts";
import { outputOf, type Stores } from "../stores.ts";
import { acceptRequest, mayPass } from "./accept.ts";
import { certifyData } from "./certifyCall.ts";
import { requestsIn, settlementIn } from "./chainRequests.ts";

/** How often the chain is looked at, milliseconds. */
const LOOK_MS = 1_000;
/** After a request could not be gone on with, milliseconds. */
const RETRY_MS = 10_000;
/** Blocks asked for at once. */
const RANGE_BLOCKS = 1_000;
/** The newest blocks may still be replaced by others: they are read again whenever there is a new one. */
const REORG_BLOCKS = 32;
/** The chain's clock may be behind ours: a request is given up this long after its deadline, seconds. */
const GRACE_S = 30;

export interface RequestsOptions {
  provider: Provider;
  contracts: Contracts;
  pool: Address;
  /** Of all the pool's transactions. */
  sender: Sender;
  stores: Stores;
  loop: () => Loop;
  log: Pick<Logger, "info" | "warn" | "error">;
  /** The chain has new scores of these workers. */
  settled: (workers: readonly Address[]) => Promise<void>;
  /** The clock, milliseconds since 1970. */
  now?: () => number;
}

export class Requests {
  readonly #o: RequestsOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;
  /** Hash of the newest block that was read. */
  #head: string | null | undefined;
  readonly #notBeforeMs = new Map<JobId, number>();
  #isAway = false;

  constructor(options: RequestsOptions) {
    this.#o = options;
    this.#now = options.now ?? Date.now;
  }

  /** From now on looks by itself. */
  begin(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Reads what is new and goes on with every open request. Calls while one runs share it. Does not throw. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store } = this.#o.stores;
    try {
      await this.#read();
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway && !this.#stopped) this.#o.log.error({ err: error }, "cannot read what contracts ask for");
      this.#isAway = true;
      return;
    }
    for (const request of store.requests.open()) {
      if (this.#stopped) return;
      if ((this.#notBeforeMs.get(request.id) ?? 0) > this.#now()) continue;
      try {
        await this.#advance(request);
      } catch (error) {
        if (this.#stopped) return;
        await this.#fail(request, error);
      }
    }
  }

  // ---- what the chain says ----

  async #read(): Promise<void> {
    const { provider, contracts, pool, stores } = this.#o;
    const { requests } = stores.store;
    const head = await provider.getBlock("latest");
    if (!head || head.hash === this.#head) return;
    const first = Math.max(0, Math.min(requests.lastBlock(), head.number) - REORG_BLOCKS + 1);
    for (let from = first; from <= head.number; from += RANGE_BLOCKS) {
      const to = Math.min(from + RANGE_BLOCKS - 1, head.number);
      const found = await requestsIn(provider, contracts, pool, from, to);
      requests.note(await this.#news(found), to);
    }
    for (const id of requests.settledSince(head.number - REORG_BLOCKS))
      if ((await contracts.dealTerms(id))?.settledTasks !== 1) requests.reopen(id);
    this.#head = head.hash;
  }

  /** Those that are not known yet. After a reorganisation a request may be another one under the same id. */
  async #news(found: readonly TaskRequest[]): Promise<TaskRequest[]> {
    const { stores, loop } = this.#o;
    const news: TaskRequest[] = [];
    for (const request of found) {
      const known = stores.store.requests.get(request.id);
      if (known && isSame(known, request)) continue;
      const job = loop().jobs.get(request.id);
      if (!job || !known) news.push(request);
      else if (known.state === "open")
        await this.#giveUp(known, "refused", "the chain has another request under its id");
    }
    return news;
  }

  // ---- what is done about it ----

  async #advance(request: RequestRow): Promise<void> {
    const job = this.#o.loop().jobs.get(request.id);
    if (this.#now() / 1000 > request.deadline + GRACE_S && !(await this.#isSettled(request)))
      return this.#giveUp(request, "missed", "its deadline has passed");
    if (!job) return this.#begin(request);
    if (job.row.state === "done") return this.#certify(request, job);
    if (job.row.state === "stopped")
      return this.#giveUp(request, "refused", job.row.error?.message ?? "its job was stopped");
  }

  async #isSettled({ id }: RequestRow): Promise<boolean> {
    return (await this.#o.contracts.dealTerms(id))?.settledTasks === 1;
  }

  async #begin(request: RequestRow): Promise<void> {
    const { contracts, stores, pool, loop } = this.#o;
    const deal = await contracts.dealTerms(request.id);
    // Its block was replaced by one without it: it may come again.
    if (!deal) return;
    // By a relay whose store is lost.
    if (deal.settledTasks === 1) return this.#settle(request, 0);
    const spec = await acceptRequest(stores, request, deal, pool);
    await loop().addJob({
      id: request.id,
      title: `asked for by contract ${request.consumer}`,
      spec,
      requester: deal.requester,
      priceWei: deal.pricePerTaskWei,
      assetsWei: deal.assetsWei,
      feeBps: deal.feeBps,
    });
  }

  async #certify(request: RequestRow, job: JobContext): Promise<void> {
    const { contracts, sender, stores, loop, log } = this.#o;
    const { store } = stores;
    const certified = store.certified.get(job.row.n, 0);
    // Decided, and on its way to the disk.
    if (!certified) return;
    const step = `certify ${request.id}`;
    if (!sender.knows(step)) {
      const deal = await contracts.dealTerms(request.id);
      if (!deal) return;
      if (deal.settledTasks === 1) return this.#settle(request, 0);
      if (deal.jobHash !== jobHash(job.row.spec))
        return this.#giveUp(request, "refused", "the chain has another request under its id");
    }
    const names = new Map([...loop().workers()].map(({ row }) => [row.n, row.address]));
    const { task } = settledTask(store, job, certified, (worker) => names.get(worker)!);
    const result = await outputOf(stores, certified);
    const receipt = await sender.send(step, () => ({
      to: contracts.addresses.tasks,
      data: certifyData(contracts.tasks, task, result),
    }));
    const { rewards, isUndelivered } = settlementIn(receipt, contracts);
    await this.#settle(request, receipt.blockNumber, rewards);
    log.info({ request: request.id, gas: Number(receipt.gasUsed) }, "task of a contract settled");
    if (isUndelivered)
      log.warn({ request: request.id, consumer: request.consumer }, "the contract did not take its result");
  }

  async #settle(
    { id }: RequestRow,
    block: number,
    rewards: readonly { worker: Address; rewardWei: bigint }[] = [],
  ): Promise<void> {
    await this.#o.settled(rewards.map(({ worker }) => worker));
    this.#o.stores.store.requests.settle(id, block, rewards);
    this.#notBeforeMs.delete(id);
  }

  async #giveUp({ id, consumer }: RequestRow, state: "refused" | "missed", reason: string): Promise<void> {
    const { loop, stores, log } = this.#o;
    const job = loop().jobs.get(id);
    if (job?.row.state === "running") await loop().stopJob(id, "bad-deal", `asked for by a contract: ${reason}`);
    stores.store.requests.giveUp(id, state, reason);
    this.#notBeforeMs.delete(id);
    log.warn({ request: id, consumer, reason }, `a contract's request is ${state}`);
  }

  /** What may pass is tried again, and said once. */
  async #fail(request: RequestRow, error: unknown): Promise<void> {
    const { stores, log } = this.#o;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof SuperEdgeError && !mayPass(error)) return this.#giveUp(request, "refused", reason);
    this.#notBeforeMs.set(request.id, this.#now() + RETRY_MS);
    if (request.reason === reason) return;
    stores.store.requests.setReason(request.id, reason);
    log.warn({ request: request.id, consumer: request.consumer, reason }, "a contract's request has to wait");
  }
}

const isSame = (a: TaskRequest, b: TaskRequest): boolean =>
  a.spec === b.spec &&
  a.consumer === b.consumer &&
  a.itemBytes === b.itemBytes &&
  a.workerStakeWei === b.workerStakeWei &&
  a.deadline === b.deadline;
