// When to settle: as soon as a job ends, and for long jobs when the oldest certified task has waited an epoch. One
// settlement at a time; what fails (a chain that is away) is tried again.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { EpochView, JobSpec } from "../protocol/api.ts";
import type { SettledTask } from "../protocol/epoch.ts";
import { invariant } from "../protocol/errors.ts";
import { type Address, type JobId, toAddress } from "../protocol/ids.ts";
import { BOND_WEI, type EmbeddedChain } from "./embeddedChain.ts";
import { LazyDeals } from "./lazy/lazyDeals.ts";
import type { Loop } from "./loop.ts";
import type { EpochSummary } from "./settlement/report.ts";
import { Settler } from "./settlement/settler.ts";
import type { JobRow } from "./store/jobs.ts";
import type { Store } from "./store/store.ts";
import { noteEpoch, noteUnpaid, unsettledBatches, unsettledTasks } from "./unsettled.ts";

/** How often it is looked whether anything is due, milliseconds. */
const LOOK_MS = 1_000;
/** How often it is looked whether lazy orders are still covered, milliseconds: a budget cannot leave sooner than in an hour. */
const LAPSED_MS = 60_000;
/** After a failure, milliseconds. */
const RETRY_MS = 10_000;

export class Settling {
  readonly settler: Settler;
  readonly lazy: LazyDeals;
  readonly #store: Store;
  readonly #loop: () => Loop;
  readonly #epochMs: number;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #closed = new Set<string>();
  readonly #scores = new Map<Address, number>();
  readonly #credited = new Map<Address, bigint>();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #notBeforeMs = 0;
  #lapsedMs = 0;

  constructor(chain: EmbeddedChain, store: Store, loop: () => Loop, epochSeconds: number, log: Logger) {
    this.#store = store;
    this.#loop = loop;
    this.#epochMs = epochSeconds * 1000;
    this.#log = log;
    this.settler = new Settler({
      wallet: chain.pool,
      provider: chain.provider,
      addresses: chain.addresses,
      db: store.db,
      tasks: () => this.#published(unsettledTasks(store, loop())),
      batches: () => unsettledBatches(store),
      lazy: (dealId) => store.lazy.get(dealId as JobId),
      wait: (ms) => sleep(ms, undefined, { signal: this.#stopping.signal }),
    });
    const { contracts, pool } = this.settler;
    const domain = { chainId: chain.addresses.chainId, hub: chain.addresses.hub };
    this.lazy = new LazyDeals({ table: store.lazy, contracts, domain, pool });
    for (const { address, score } of store.workers.all()) this.#scores.set(address, score);
  }

  /** What goes into an epoch is public from then on. */
  *#published(tasks: Iterable<SettledTask>): Generator<SettledTask> {
    const published = new Map<JobId, Set<number>>();
    try {
      for (const task of tasks) {
        const job = task.dealId as JobId;
        const indices = published.get(job) ?? new Set();
        published.set(job, indices.add(task.index));
        yield task;
      }
    } finally {
      for (const [job, indices] of published) this.#loop().dispatch({ type: "published", job, indices });
    }
  }

  /** Registers and bonds the pool. */
  async open(feeBps: number): Promise<void> {
    await this.settler.openPool(feeBps, BOND_WEI);
    await this.readAccounts();
  }

  /** From now on settles by itself. */
  begin(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Ends after the step under way; the next start goes on from there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#working;
  }

  /** A deal of the pool with itself, that pays for spot checks of a job. Throws `chain-unavailable`. */
  async openAudit(job: JobId, spec: JobSpec, priceWei: bigint): Promise<{ dealId: JobId; feeBps: number }> {
    const dealId = await this.settler.openDeal(`audit ${job}`, spec, priceWei);
    const deal = await this.settler.contracts.dealTerms(dealId);
    invariant(deal, "a deal that was opened is there");
    return { dealId, feeBps: deal.feeBps };
  }

  score(worker: Address): number {
    return this.#scores.get(worker) ?? 0;
  }

  credited(worker: Address): bigint {
    return (this.#credited.get(worker) ?? 0n) + this.#store.requests.paidWei(worker);
  }

  epochs(): EpochView[] {
    return this.settler.epochs().map(viewOf).reverse();
  }

  #look(): void {
    if (this.#working || Date.now() < this.#notBeforeMs) return;
    const work = this.#isDue() ? () => this.#work() : this.#isLapsedDue() ? () => this.#stopLapsed() : undefined;
    this.#working = work?.()
      .catch((error) => {
        if (this.#stopping.signal.aborted) return;
        this.#notBeforeMs = Date.now() + RETRY_MS;
        this.#log.error({ err: error }, "settlement failed; trying again");
      })
      .finally(() => {
        this.#working = undefined;
      });
  }

  #isLapsedDue(): boolean {
    return Date.now() - this.#lapsedMs > LAPSED_MS && this.#store.lazy.taken().length > 0;
  }

  #isDue(): boolean {
    if (this.settler.epochs().some(({ state }) => state !== "credited" && state !== "voided")) return true;
    const oldestMs = this.#store.certified.oldestUnsettledMs();
    if (oldestMs !== undefined && Date.now() - oldestMs > this.#epochMs) return true;
    return this.#endedJobs().length > 0;
  }

  /** Whose deals it settles in epochs. */
  #allJobs() {
    const loop = this.#loop();
    const jobs = [...loop.jobs.values()].filter(({ row }) => !this.#store.requests.has(row.id));
    return [...jobs, ...loop.audits.all()];
  }

  #endedJobs() {
    return this.#allJobs().filter(({ row }) => row.state !== "running" && !this.#closed.has(row.id));
  }

  /**
   * After a deal's deadline its requester may close it, and nobody is paid for what comes later: the job is stopped, and
   * what it left is out of the way of others' settlement.
   */
  async #stopUnpaid(): Promise<void> {
    for (const { row } of this.#allJobs()) {
      if (this.#closed.has(row.id) || !(await this.settler.contracts.dealTerms(row.id))?.closed) continue;
      if (row.state === "running" && row.auditOf === undefined)
        await this.#loop().stopJob(row.id, "bad-deal", "its requester has closed the deal that paid for it");
      noteUnpaid(this.#store, row);
      this.#closed.add(row.id);
    }
  }

  /** Ends the deal of a job that has ended. False if some of it may still be settled. */
  async #close(row: JobRow): Promise<boolean> {
    const lazy = this.#store.lazy.get(row.id);
    const { contracts } = this.settler;
    if (!lazy || (await contracts.dealTerms(row.id))) {
      await this.settler.closeDeal(row.id);
      return true;
    }
    // Nobody could pay for what was done yet: its requester may still lock more.
    const isOver = lazy.order.order.deadline + (await contracts.closeSeconds()) <= Math.floor(Date.now() / 1000);
    if (!isOver && this.#store.certified.hasUnsettled(row.n)) return false;
    noteUnpaid(this.#store, row);
    this.#store.lazy.mark(row.id, "dropped");
    return true;
  }

  /** What the pool cannot count on is not worked on any more; what is done of it is settled. */
  async #stopLapsed(): Promise<void> {
    this.#lapsedMs = Date.now();
    for (const { id, reason } of await this.lazy.lapsed()) {
      if (this.#loop().jobs.get(id)?.row.state !== "running") continue;
      await this.#loop().stopJob(id, "bad-deal", reason);
    }
  }

  async #work(): Promise<void> {
    await this.#stopUnpaid();
    if (this.#isLapsedDue()) await this.#stopLapsed();
    const ended = this.#endedJobs();
    let settled = 0;
    for (let report = await this.settler.settle(); report; report = await this.settler.settle()) {
      settled++;
      if (report.state === "credited") noteEpoch(this.#store, report.number);
      this.#log.info(
        { epoch: report.number, tasks: report.tasks, gas: report.gas, state: report.state },
        "epoch settled",
      );
    }
    for (const { row } of ended) {
      if (!(await this.#close(row))) continue;
      this.#closed.add(row.id);
    }
    // What is left is of deals that no longer pay: looking again every second would find the same.
    if (settled === 0) this.#notBeforeMs = Date.now() + RETRY_MS;
    await this.readAccounts();
  }

  /** Scores and what was credited, as the chain has them now. */
  async readAccounts(workers: readonly Address[] = this.#judged()): Promise<void> {
    const { contracts, pool } = this.settler;
    for (const address of workers) {
      const score = await contracts.score(address);
      if (score !== this.score(address)) this.#store.workers.setScore(address, score);
      this.#scores.set(address, score);
      this.#credited.set(address, (await contracts.credited(toAddress(pool), address)).rewardWei);
    }
  }

  /** Keys cost nothing: only of those that have been judged is there anything to read. */
  #judged(): Address[] {
    return this.#store.workers.all().flatMap(({ address, good, bad }) => (good + bad > 0 ? [address] : []));
  }
}

const viewOf = (epoch: EpochSummary): EpochView => {
  const view: EpochView = {
    epoch: epoch.number ?? -1,
    state: epoch.state === "credited" ? "finalised" : epoch.state === "finalised" ? "posted" : epoch.state,
    tasks: epoch.tasks,
    contributions: epoch.contributions,
    workersWei: String(epoch.workersWei),
    poolWei: String(epoch.poolWei),
    burnedWei: String(epoch.burnedWei),
    root: epoch.root,
    gas: epoch.gas,
  };
  if (epoch.postedTx) view.postedTx = epoch.postedTx;
  if (epoch.finalisedTx) view.finalisedTx = epoch.finalisedTx;
  return view;
};
