// The relay's one loop: gives events to the scheduler, has its effects performed, and lets out the answers once the disk
// has caught up (see groupCommit). The scheduler's memory may run ahead of the disk; nobody hears of it before.
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { parseParams } from "../kernels/kernel.ts";
import type { Ad } from "../protocol/ads.ts";
import { type JobSpec, rangeOf } from "../protocol/api.ts";
import type { Domain } from "../protocol/commit.ts";
import { type ErrorCode, SuperEdgeError } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Cid, fromHex, hex32, type JobId, type TaskKey } from "../protocol/ids.ts";
import type { LeaseMessage, RelayMessage, VolunteerMessage } from "../protocol/messages.ts";
import type { Audits, OpenAudit } from "./audits.ts";
import type { Blobs } from "./blobs/blobs.ts";
import { askedTask, awaitedUpload, checkBytes, checkOutput } from "./checks.ts";
import { Committing } from "./committing.ts";
import { Deciding } from "./deciding.ts";
import { Disputes } from "./disputes.ts";
import { Memory } from "./memory.ts";
import { Outbox } from "./outbox.ts";
import { Presence } from "./presence.ts";
import type { Verdict } from "./referee/twice.ts";
import { restore } from "./restore.ts";
import { Reveals } from "./reveals.ts";
import { type JobContext, makeJob, workerOf } from "./rows.ts";
import { Sampling } from "./sampling.ts";
import { Bands, type Ranking } from "./scheduler/bands.ts";
import { credibilityOf } from "./scheduler/credibility.ts";
import type { Effect, Event } from "./scheduler/events.ts";
import type { State, Task, Worker } from "./scheduler/state.ts";
import { step } from "./scheduler/step.ts";
import { Showing } from "./showing.ts";
import type { PromiseRow } from "./store/promises.ts";
import type { Store } from "./store/store.ts";
import type { WorkerRow } from "./store/workers.ts";

type Of<T extends VolunteerMessage["type"]> = Extract<VolunteerMessage, { type: T }>;

/** How often deadlines are looked at, milliseconds. */
const TICK_MS = 250;
/** Workers whose attributes are made anew at a tick: about a millisecond. */
const RENEWED_AT_ONCE = 500;
/** Steps of ranking at a tick: about 3 ms, so that a pool of 4,000 workers is ranked anew every second. */
const RANKED_AT_ONCE = 2_000;
const MAX_JOBS_RUNNING = 10_000;

export interface LoopOptions {
  store: Store;
  domain: Domain;
  pool: Address;
  /** Signs acks, 32 bytes. */
  poolKey: Uint8Array;
  now?: () => number;
  send: (worker: Address, message: RelayMessage) => void;
  /** The worker is to be shown the door: banned. */
  dismiss: (worker: Address, error: SuperEdgeError) => void;
  /** Runs a task on the pool's own machine; undefined if it cannot. */
  referee?: (job: JobContext, index: number) => Promise<Verdict | undefined>;
  log: (event: string, fields: Record<string, unknown>) => void;
  /** Pays for spot checks; without it there are none. */
  openAudit?: OpenAudit | undefined;
}

export class Loop {
  readonly state: State;
  readonly jobs: ReadonlyMap<JobId, JobContext>;
  /** Deals that pay for spot checks. */
  readonly audits: Audits;
  /** `job:ID` when a job's certified tasks or state have changed on the disk. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  readonly #o: LoopOptions;
  readonly #now: () => number;
  readonly #outbox: Outbox;
  readonly #memory: Memory;
  #changed = new Set<JobId>();
  readonly #reveals: Reveals;
  readonly #committing: Committing;
  readonly #deciding: Deciding;
  readonly #showing: Showing;
  readonly #disputes: Disputes;
  readonly #sampling: Sampling;
  readonly #presence: Presence;
  readonly #bands: Bands<Worker>;
  #answering = false;
  #closed = false;
  readonly #timer: NodeJS.Timeout;

  constructor(options: LoopOptions) {
    this.#o = options;
    this.#now = options.now ?? Date.now;
    const { store, log, domain, pool, poolKey } = options;
    const memory = new Memory(store);
    this.#memory = memory;
    this.state = memory.state;
    this.jobs = memory.jobs;
    this.audits = memory.audits;
    const outbox = new Outbox(options.send);
    this.#outbox = outbox;
    this.#showing = new Showing((worker, message) => {
      this.#outbox.question(worker, message);
      this.#answer();
    }, this.#now);
    const shared = { store, memory, outbox, now: this.#now, answer: () => this.#answer() };
    this.#reveals = new Reveals(store, memory);
    this.#committing = new Committing({ ...shared, domain, pool, poolKey });
    this.#deciding = new Deciding({ ...shared, log, reveals: this.#reveals, changed: (job) => this.#changed.add(job) });
    this.#sampling = new Sampling(this.#showing);
    this.#presence = new Presence(pool);
    this.#bands = new Bands((worker) => credibilityOf(worker.standing, this.state.rules));
    this.#disputes = new Disputes(store, this.#showing, (worker) => !!this.state.workers.get(worker)?.connected);
    this.#restore();
    this.#timer = setInterval(() => {
      this.#showing.tick();
      this.#look();
      this.dispatch({ type: "ticked" });
    }, TICK_MS);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  // ---- jobs ----

  /** The job is on the disk when the promise resolves. The caller has checked its deal. */
  async addJob(options: {
    id: JobId;
    title: string;
    spec: JobSpec;
    requester: Address;
    priceWei: bigint;
    assetsWei: bigint;
    feeBps: number;
    promise?: PromiseRow | undefined;
    /** Written in the same transaction. */
    alongside?: (() => void) | undefined;
  }): Promise<JobContext> {
    const known = this.jobs.get(options.id);
    if (known) {
      await this.#durable();
      return known;
    }
    let running = 0;
    for (const { job } of this.jobs.values()) if (job.state === "running") running++;
    if (running >= MAX_JOBS_RUNNING)
      throw new SuperEdgeError("too-many", `expected fewer than ${MAX_JOBS_RUNNING} running jobs`);
    const app = this.#o.store.apps.get(options.spec.app as Cid);
    if (!app) throw new SuperEdgeError("not-found", `this relay has no app ${options.spec.app}`);
    const { alongside, ...terms } = options;
    const row = { ...terms, secret: new Uint8Array(randomBytes(32)), createdMs: this.#now() };
    const context: JobContext = {
      row: { ...row, n: 0, state: "running", mismatches: 0, spentSeconds: 0 },
      manifest: app.manifest,
      job: makeJob(row, app.manifest, !!this.#o.referee),
      contributions: 0,
    };
    this.#memory.jobs.set(options.id, context);
    this.#o.store.group.write(() => {
      context.row.n = this.#o.store.jobs.insert(row);
      alongside?.();
      if (row.promise) this.#o.store.promises.put(context.row.n, row.promise);
    });
    await this.#durable();
    this.#o.log("job added", { job: options.id, tasks: context.job.tasks, app: app.manifest.name });
    this.dispatch({ type: "jobAdded", job: context.job });
    void this.#audit(context);
    return context;
  }

  #audit(context: JobContext): Promise<void> {
    return this.audits.open(context, this.state.rules.checkRate, { ...this.#o, now: this.#now });
  }

  /** On the disk when the promise resolves. */
  async stopJob(job: JobId, code: ErrorCode, message: string): Promise<void> {
    this.dispatch({ type: "jobStopped", job, code, message });
    await this.#durable();
  }

  #restore(): void {
    for (const event of restore(this.#o.store, this.#memory, !!this.#o.referee)) {
      this.dispatch(event);
      if (event.type === "jobRestored" && !event.job.audit) void this.#audit(this.jobs.get(event.job.id)!);
    }
  }

  // ---- workers ----

  /** Last sequence accepted from a worker. */
  join(options: {
    address: Address;
    owner: Address;
    beneficiary: Address;
    subnet: string;
    ad: Ad;
    score: number;
  }): number {
    const { address, owner, beneficiary, ad, subnet } = options;
    const adapter = ad.adapter ? `${ad.adapter.vendor} ${ad.adapter.architecture}`.trim() : "";
    const row = this.#o.store.workers.upsert({
      address,
      owner,
      beneficiary,
      engines: ad.engines,
      adapter,
      seenMs: this.#now(),
    });
    const known = this.#memory.workers.get(address);
    // Counters may be ahead of the disk by the current group.
    if (known) Object.assign(row, { sequence: known.sequence, earnedWei: known.earnedWei });
    this.#memory.workers.set(address, row);
    const worker = { ...workerOf(row, subnet), score: options.score, connected: true };
    worker.standing = this.state.workers.get(address)?.standing ?? worker.standing;
    Object.assign(worker, this.#presence.tell(worker, ad, this.state, this.#now()));
    this.dispatch({ type: "workerJoined", worker });
    this.#bands.place(this.state.workers.get(address)!);
    return row.sequence;
  }

  leave(worker: Address): void {
    this.#presence.leave(worker);
    this.dispatch({ type: "workerLeft", worker });
  }

  setAd(address: Address, ad: Ad): void {
    const worker = this.state.workers.get(address);
    if (!worker) return;
    const told = this.#presence.tell(worker, ad, this.state, this.#now());
    this.dispatch({ type: "adChanged", worker: address, ...told });
  }

  /** Keeps attributes and bands near the truth, some workers at a time. */
  #look(): void {
    for (const { worker, told } of this.#presence.outdated(this.state, RENEWED_AT_ONCE, this.#now()))
      this.dispatch({ type: "adChanged", worker, ...told });
    this.#bands.advance(this.state.workers, () => this.#rankings(), RANKED_AT_ONCE);
  }

  *#rankings(): Generator<Ranking> {
    for (const { job } of this.jobs.values()) if (job.state === "running" && job.needs) yield job.needs.ranking;
  }

  // ---- what workers send ----

  onReady(worker: Address, message: Of<"ready">): void {
    this.dispatch({ type: "workRequested", worker, tasks: message.tasks });
  }

  onCommit(worker: Address, message: Of<"commit">): void {
    const tasks = this.#committing.accept(worker, message);
    if (tasks) this.dispatch({ type: "committed", worker, tasks, busyMs: message.busyMs, workMs: message.workMs });
  }

  /** Refused reveals are reported one by one; the others count. */
  onReveal(worker: Address, message: Of<"reveal">): void {
    const refused: SuperEdgeError[] = [];
    for (const reveal of message.reveals) {
      try {
        const { task, held } = askedTask(this.state, worker, reveal);
        const output = checkOutput(this.jobs.get(task.job.id)!, task, reveal);
        this.#reveals.note(held, reveal);
        if (this.#sampling.isAwaited(task, held)) continue;
        this.dispatch({ type: "revealed", worker, task, digest: hex32(reveal.digest), output });
      } catch (error) {
        if (!(error instanceof SuperEdgeError)) throw error;
        refused.push(error);
      }
    }
    if (refused[0]) throw refused[0];
  }

  #askSample(task: Task, worker: Address): void {
    const held = task.contributions.find((c) => c.worker === worker);
    if (!held) return;
    const digest = () => {
      const shown = this.#reveals.of(held);
      return shown && hex32(shown.digest);
    };
    this.#sampling.ask(this.jobs.get(task.job.id)!, task, held, digest, (sample) => {
      // Its worker may have lost it meanwhile, and lease the task anew.
      if (held.state !== "asked" || !task.contributions.includes(held)) return;
      this.dispatch({ type: "revealed", worker, task, digest: digest()!, output: undefined, sample });
    });
  }

  onShown(worker: Address, message: Of<"shown">): void {
    this.#showing.receive(worker, message);
  }

  onHandBack(worker: Address, message: Of<"handBack">): void {
    const tasks = splitHashes(message.keys).flatMap((key) => this.state.names.get(hex32(key)) ?? []);
    this.dispatch({ type: "handedBack", worker, tasks });
  }

  onFailed(worker: Address, message: Of<"failed">): void {
    const task = this.state.names.get(hex32(message.key));
    if (!task) return;
    this.#o.log("kernel failed", {
      worker,
      job: task.job.id,
      task: task.index,
      code: message.code,
      message: message.message,
    });
    this.dispatch({ type: "failed", worker, task, code: message.code as ErrorCode, message: message.message });
  }

  /** A winner's large output: checked, stored, and the task certified. Throws `not-yours`, `bad-output`. */
  async receiveOutput(worker: Address, key: TaskKey, output: Uint8Array, outputs: Blobs): Promise<void> {
    const { task, digest } = awaitedUpload(this.state, worker, key);
    checkBytes(this.jobs.get(task.job.id)!, task, output, digest);
    const blob = await outputs.put(output);
    awaitedUpload(this.state, worker, key);
    this.#deciding.noteUpload(key, blob);
    this.dispatch({ type: "uploaded", worker, task });
    await this.#durable();
  }

  // ---- the loop itself ----

  dispatch(event: Event): void {
    const effects = step(this.state, event, this.#now());
    for (const effect of effects) this.#perform(effect);
    // Most ticks change nothing.
    if (effects.length > 0 || event.type !== "ticked") this.#answer();
  }

  /** Lets out what waits for the disk, once it is there. */
  #answer(): void {
    if (this.#answering) return;
    this.#answering = true;
    this.#o.store.group.afterwards(() => {
      this.#answering = false;
      this.#outbox.flush();
      const changed = this.#changed;
      this.#changed = new Set();
      for (const job of changed) this.changes.emit(`job:${job}`);
    });
  }

  #durable(): Promise<void> {
    return new Promise((resolve) => this.#o.store.group.afterwards(resolve));
  }

  #perform(effect: Effect): void {
    const { store, log } = this.#o;
    switch (effect.type) {
      case "lease":
        return this.#outbox.message(effect.worker.address, this.#leaseMessage(effect));
      case "idle":
        return this.#outbox.message(effect.worker.address, { type: "idle", reason: effect.reason });
      case "askReveal":
        for (const task of effect.tasks) {
          this.#outbox.askReveal(effect.worker, fromHex(this.state.names.tell(task)));
          this.#askSample(task, effect.worker);
        }
        return this.#answer();
      case "askUpload":
        this.#reveals.keep(effect.task);
        this.#outbox.message(effect.worker, { type: "upload", key: fromHex(this.state.names.tell(effect.task)) });
        return this.#answer();
      case "revoke":
        for (const task of effect.tasks)
          this.#outbox.message(effect.worker, { type: "revoke", keys: fromHex(task.key) });
        return this.#answer();
      case "lapsed":
        return this.#deciding.lapse(effect);
      case "held":
        this.#reveals.keep(effect.task);
        // It may wait long: what agrees exactly need not be at hand to be compared.
        if (effect.task.job.compare.kind === "exact") for (const c of effect.task.contributions) c.output = undefined;
        return;
      case "certified":
        return this.#deciding.certify(effect);
      case "mismatch": {
        const context = this.jobs.get(effect.task.job.id)!;
        const { row } = context;
        row.mismatches++;
        this.#reveals.keep(effect.task);
        const parts = this.#sampling.parts(context, effect.task, effect.contributions);
        this.#disputes.note(context, effect.task, effect.contributions, parts);
        store.group.write(() => store.jobs.countMismatch(row.n));
        const said = effect.contributions.map((c) => ({ worker: c.worker, digest: c.digest }));
        return log("digests disagree", { job: row.id, task: effect.task.index, said });
      }
      case "askReferee":
        return void this.#askReferee(effect.task);
      case "checked":
        return this.#deciding.check(effect);
      case "acquitted": {
        const { n } = this.jobs.get(effect.job.id)!.row;
        return store.group.write(() => store.contributions.acquit(n));
      }
      case "workerChanged":
        return this.#deciding.tally(effect.worker.address);
      case "banned": {
        const { address, good, bad } = effect.worker;
        log("worker banned", { worker: address, good, bad });
        const error = new SuperEdgeError(
          "banned",
          `${bad} of ${good + bad} results were wrong: this pool gives no more work`,
        );
        return store.group.afterwards(() => this.#o.dismiss(address, error));
      }
      case "jobDone":
        return this.#deciding.finish(effect.job, "done");
      case "jobStopped":
        return this.#deciding.finish(effect.job, "stopped", { code: effect.code, message: effect.message });
    }
  }

  async #askReferee(task: Task): Promise<void> {
    const verdict = await this.#o.referee?.(this.jobs.get(task.job.id)!, task.index);
    if (this.#closed) return;
    if (verdict && "unstable" in verdict) {
      const app = task.job.app as Cid;
      const { store } = this.#o;
      store.group.write(() => store.apps.quarantine(app, verdict.unstable, this.#now()));
    }
    this.dispatch({ type: "refereed", task, ...verdict });
  }

  #leaseMessage({ job, tasks, deadlineMs }: Extract<Effect, { type: "lease" }>): LeaseMessage {
    const { row, manifest } = this.jobs.get(job.id)!;
    return {
      type: "lease",
      app: row.spec.app,
      params: parseParams(manifest, row.spec.params),
      inputs: row.spec.inputs,
      tasks: tasks.map((task) => ({ key: fromHex(this.state.names.tell(task)), ...rangeOf(row.spec, task.index) })),
      deadlineMs: Math.max(0, Math.floor(deadlineMs - this.#now())),
      rewardWei: String(row.priceWei),
    };
  }

  /** Every worker ever seen, as the scheduler knows it and as stored. */
  workers(): Generator<{ row: WorkerRow; worker: Worker }> {
    return this.#memory.seen();
  }
}
