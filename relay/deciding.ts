// What is written and told when something is decided: a task certified, a spot check answered, a contribution closed, a
// worker's record changed, a job ended.
import { type ErrorCode, invariant } from "../protocol/errors.ts";
import { type Address, type Cid, fromHex, type JobId, type TaskKey } from "../protocol/ids.ts";
import { rewardsOf } from "../protocol/payout.ts";
import type { Memory } from "./memory.ts";
import type { Outbox } from "./outbox.ts";
import type { Reveals } from "./reveals.ts";
import type { Effect } from "./scheduler/events.ts";
import type { Contribution, Job, Task } from "./scheduler/state.ts";
import { CONTRIBUTION } from "./store/open.ts";
import type { Store } from "./store/store.ts";

export interface DecidingOptions {
  store: Store;
  memory: Memory;
  outbox: Outbox;
  reveals: Reveals;
  now: () => number;
  log: (event: string, fields: Record<string, unknown>) => void;
  /** The job's certified tasks or its state are about to change on the disk. */
  changed: (job: JobId) => void;
  /** Lets out what is in the outbox once the disk has caught up. */
  answer: () => void;
}

export class Deciding {
  readonly #o: DecidingOptions;
  /** Large outputs received, until their task is certified. */
  readonly #uploads = new Map<TaskKey, Cid>();
  readonly #changedWorkers = new Set<Address>();

  constructor(options: DecidingOptions) {
    this.#o = options;
  }

  /** The canonical bytes of a large output are stored. */
  noteUpload(key: TaskKey, blob: Cid): void {
    this.#uploads.set(key, blob);
  }

  /** Who agreed is paid. The canonical bytes are inline, or have been uploaded. */
  certify({ task, canonical, agreeing, rejected, reason }: Extract<Effect, { type: "certified" }>): void {
    const { store, memory } = this.#o;
    const { row } = memory.jobOf(task);
    const outputCid = this.#uploads.get(task.key) ?? null;
    this.#uploads.delete(task.key);
    invariant(canonical.inline || outputCid, `certified task ${task.index} of ${row.id} has its bytes`);
    const author = memory.workers.get(canonical.worker)!.n;
    store.group.write(() =>
      store.certified.insert({
        job: row.n,
        task: task.index,
        digest: fromHex(canonical.digest!),
        output: outputCid ? null : (canonical.output ?? store.contributions.output(row.n, task.index, author)),
        outputCid,
        atMs: this.#o.now(),
        belief: JSON.stringify(reason),
      }),
    );
    const { spending } = task.job;
    if (spending) {
      row.spentSeconds = spending.seconds;
      store.group.write(() => store.jobs.setSpent(row.n, row.spentSeconds));
    }
    const rewards = rewardsOf(row, agreeing);
    for (const c of agreeing) {
      const rewardWei = rewards.get(c.worker) ?? 0n;
      memory.workers.get(c.worker)!.earnedWei += rewardWei;
      this.#close(task, c, "agreed", rewardWei);
    }
    for (const c of rejected) this.#close(task, c, "rejected", 0n);
    this.#o.changed(task.job.id);
  }

  /** A check passed is paid like a certified task; one that failed is not, and nothing of it reaches the chain. */
  check({ task, contribution, passed }: Extract<Effect, { type: "checked" }>): void {
    const { store, memory, now } = this.#o;
    const { context, index } = memory.placeOf(task);
    const { row } = context;
    if (!passed) return this.#close(task, contribution, "lapsed", 0n, "rejected");
    // Paid or not, it proves something of the machine only; and a requester who owns it must not earn by disputes.
    if (task.check?.self) return this.#close(task, contribution, "lapsed", 0n, "certified");
    const digest = fromHex(contribution.digest!);
    const atMs = now();
    const nothing = { output: null, outputCid: null, belief: null };
    store.group.write(() => store.certified.insert({ job: row.n, task: index, digest, atMs, ...nothing }));
    const rewardWei = rewardsOf(row, [contribution]).get(contribution.worker) ?? 0n;
    memory.workers.get(contribution.worker)!.earnedWei += rewardWei;
    this.#close(task, contribution, "agreed", rewardWei);
  }

  /** The contribution is dropped, unpaid. */
  lapse({ task, contribution }: Extract<Effect, { type: "lapsed" }>): void {
    this.#o.reveals.keep(task);
    this.#close(task, contribution, "lapsed", 0n);
  }

  /** Writes a worker's record: once a transaction, however many verdicts are in it. */
  tally(address: Address): void {
    if (this.#changedWorkers.has(address)) return;
    this.#changedWorkers.add(address);
    const { store, memory } = this.#o;
    store.group.write(() => {
      this.#changedWorkers.delete(address);
      const { earnedWei } = memory.workers.get(address)!;
      const worker = memory.state.workers.get(address)!;
      store.workers.tally({ ...worker, ...worker.standing, earnedWei });
    });
  }

  /** The job has ended; `error` says why, if it was stopped. */
  finish(job: Job, state: "done" | "stopped", error?: { code: ErrorCode; message: string }): void {
    const { store, memory, now, log, changed } = this.#o;
    const { row } = memory.jobs.get(job.id)!;
    const atMs = now();
    Object.assign(row, { state, error, finishedMs: atMs });
    store.group.write(() => store.jobs.finish(row.n, state, error, atMs));
    log(`job ${state}`, { job: job.id, ...error });
    changed(job.id);
  }

  #close(
    task: Task,
    c: Contribution,
    state: "agreed" | "rejected" | "lapsed",
    rewardWei: bigint,
    verdict: "certified" | "rejected" | "lapsed" = state === "agreed" ? "certified" : state,
  ): void {
    const { store, memory, outbox, reveals, answer } = this.#o;
    const { context, index } = memory.placeOf(task);
    const { row } = context;
    const worker = memory.workers.get(c.worker)!.n;
    const shown = reveals.of(c);
    store.group.write(() => {
      if (shown) store.contributions.decide(row.n, index, worker, CONTRIBUTION[state], shown.digest, shown.salt);
      else store.contributions.close(row.n, index, worker, CONTRIBUTION[state]);
    });
    outbox.verdict(c.worker, { key: fromHex(task.key), verdict, rewardWei: String(rewardWei) });
    answer();
  }
}
