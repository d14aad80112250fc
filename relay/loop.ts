// The relay's one loop: gives events to the scheduler, puts what it decided on the disk, and tells those concerned.
// The scheduler's memory may run ahead of the disk; nobody hears of it before the disk has caught up (see groupCommit).
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { parseParams } from "../kernels/kernel.ts";
import type { Ad } from "../protocol/ads.ts";
import { type JobSpec, rangeOf } from "../protocol/api.ts";
import { ackHash, type Domain } from "../protocol/commit.ts";
import { type ErrorCode, invariant, SuperEdgeError } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Bytes32, type Cid, fromHex, hex32, type JobId, type TaskKey } from "../protocol/ids.ts";
import type { LeaseMessage, RelayMessage, VolunteerMessage } from "../protocol/messages.ts";
import { rewardsOf } from "../protocol/payout.ts";
import { Audits, auditRow, auditSpec, type OpenAudit, wantsAudit } from "./audits.ts";
import type { Blobs } from "./blobs/blobs.ts";
import { askedTask, awaitedUpload, checkBatch, checkBytes, checkOutput, sameBytes } from "./checks.ts";
import { Disputes } from "./disputes.ts";
import { Outbox } from "./outbox.ts";
import { Presence } from "./presence.ts";
import type { Verdict } from "./referee/twice.ts";
import { contributionOf, type JobContext, makeJob, workerOf } from "./rows.ts";
import { Sampling } from "./sampling.ts";
import { Bands, type Ranking } from "./scheduler/bands.ts";
import { credibilityOf } from "./scheduler/credibility.ts";
import type { Effect, Event } from "./scheduler/events.ts";
import type { Contribution, Job, Task, Worker } from "./scheduler/state.ts";
import { emptyState, step } from "./scheduler/step.ts";
import { markOf } from "./scheduler/suspicion.ts";
import { Showing } from "./showing.ts";
import { signHash } from "./signature.ts";
import { CONTRIBUTION } from "./store/open.ts";
import type { PromiseRow } from "./store/promises.ts";
import type { Store } from "./store/store.ts";
import type { WorkerRow } from "./store/workers.ts";
import { uniform } from "./uniform.ts";

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
  readonly state = emptyState({ random: uniform });
  readonly jobs = new Map<JobId, JobContext>();
  /** Deals that pay for spot checks. */
  readonly audits: Audits;
  /** `job:ID` when a job's certified tasks or state have changed on the disk. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  readonly #o: LoopOptions;
  readonly #now: () => number;
  readonly #outbox: Outbox;
  readonly #workers = new Map<Address, WorkerRow>();
  /** Large outputs received, until their task is certified. */
  readonly #uploads = new Map<TaskKey, Cid>();
  #changed = new Set<JobId>();
  readonly #changedWorkers = new Set<Address>();
  /**
   * What opened a commitment, until the task is decided and both are written in one stroke. A reveal alone is told to
   * nobody, and after a crash it is asked for again; if its task has to wait, it is written by itself all the same.
   */
  readonly #shown = new WeakMap<Contribution, { digest: Uint8Array; salt: Uint8Array }>();
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
    this.#outbox = new Outbox(options.send);
    this.#showing = new Showing((worker, message) => {
      this.#outbox.question(worker, message);
      this.#answer();
    }, this.#now);
    this.audits = new Audits(options.store);
    this.#sampling = new Sampling(this.#showing);
    this.#presence = new Presence(options.pool);
    this.#bands = new Bands((worker) => credibilityOf(worker.standing, this.state.rules));
    this.#disputes = new Disputes(
      options.store,
      this.#showing,
      (worker) => !!this.state.workers.get(worker)?.connected,
    );
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
    feeBps: number;
    promise?: PromiseRow | undefined;
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
    const row = { ...options, secret: new Uint8Array(randomBytes(32)), createdMs: this.#now() };
    const context: JobContext = {
      row: { ...row, n: 0, state: "running", mismatches: 0, spentSeconds: 0 },
      manifest: app.manifest,
      job: makeJob(row, app.manifest, !!this.#o.referee),
      contributions: 0,
    };
    this.jobs.set(options.id, context);
    this.#o.store.group.write(() => {
      context.row.n = this.#o.store.jobs.insert(row);
      if (row.promise) this.#o.store.promises.put(context.row.n, row.promise);
    });
    await this.#durable();
    this.#o.log("job added", { job: options.id, tasks: context.job.tasks, app: app.manifest.name });
    this.dispatch({ type: "jobAdded", job: context.job });
    void this.#audit(context);
    return context;
  }

  /** The job does not wait for its checks: they begin once the pool's deal for them is on chain. */
  async #audit(main: JobContext): Promise<void> {
    const { store, openAudit, pool, log } = this.#o;
    const { row, job } = main;
    if (!openAudit || !wantsAudit(row, job)) return;
    const spec = auditSpec(row.spec, job.tasks, this.state.rules.checkRate);
    try {
      const deal = await openAudit(row.id, spec, row.priceWei);
      if (!deal) return;
      const audit = auditRow(row, spec, deal, pool, this.#now());
      let n = 0;
      store.group.write(() => {
        n = store.jobs.insert(audit);
      });
      await this.#durable();
      this.audits.attach(main, { ...audit, n, state: "running", mismatches: 0, spentSeconds: 0 });
      log("job is checked", { job: row.id, deal: deal.dealId, checks: job.audit?.most });
    } catch (error) {
      log("no spot checks for this job", { job: row.id, error: String((error as Error).message) });
    }
  }

  /** On the disk when the promise resolves. */
  async stopJob(job: JobId, code: ErrorCode, message: string): Promise<void> {
    this.dispatch({ type: "jobStopped", job, code, message });
    await this.#durable();
  }

  #restore(): void {
    const { store } = this.#o;
    for (const row of store.workers.all()) {
      this.#workers.set(row.address, row);
      this.state.workers.set(row.address, workerOf(row, ""));
    }
    const byNumber = new Map([...this.#workers.values()].map((row) => [row.n, row]));
    const rows = store.jobs.all();
    const auditOf = new Map(rows.flatMap((row) => (row.auditOf === undefined ? [] : [[row.auditOf, row] as const])));
    for (const row of rows) {
      if (row.auditOf !== undefined) continue;
      const app = store.apps.get(row.spec.app as Cid);
      invariant(app, `job ${row.id} has an app in the store`);
      const job = makeJob(row, app.manifest, !!this.#o.referee);
      job.state = row.state;
      if (row.spec.deadlineSeconds !== undefined) row.promise = store.promises.get(row.n);
      job.isUnstable = row.error?.code === "kernel-nondeterministic";
      this.jobs.set(row.id, { row, manifest: app.manifest, job, contributions: store.contributions.count(row.n) });
      const certified = new Set(store.certified.indices(row.n));
      job.certified = certified.size;
      const audit = auditOf.get(row.n);
      const main = this.jobs.get(row.id)!;
      if (audit) this.audits.attach(main, audit);
      const restored = (n: number) =>
        store.contributions.open(n).map((c) => {
          const contribution = contributionOf(c, job, byNumber.get(c.worker)!.address);
          if (job.compare.kind === "exact") contribution.output = undefined;
          return { index: c.task, contribution };
        });
      if (audit) this.dispatch({ type: "checksRestored", checks: this.audits.restored(main, restored(audit.n)) });
      if (row.state !== "running") continue;
      for (const { worker, count } of store.contributions.rejected(row.n))
        job.marks.set(this.state.workers.get(byNumber.get(worker)!.address)!, markOf(count));
      this.dispatch({ type: "jobRestored", job, certified, contributions: restored(row.n) });
      if (!audit) void this.#audit(main);
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
    const known = this.#workers.get(address);
    // Counters may be ahead of the disk by the current group.
    if (known) Object.assign(row, { sequence: known.sequence, earnedWei: known.earnedWei });
    this.#workers.set(address, row);
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
    const { store, domain, pool, poolKey } = this.#o;
    const row = this.#workers.get(worker)!;
    const { commitments, batch } = checkBatch(message, worker, { domain, pool });
    if (message.sequence <= row.sequence) return this.#repeatAck(row, message);
    if (message.sequence !== row.sequence + 1)
      throw new SuperEdgeError("out-of-order", `sequence: expected ${row.sequence + 1}, found ${message.sequence}`);

    const tasks: { task: Task; commitment: Bytes32; position: number }[] = [];
    const seen = new Set<string>();
    splitHashes(message.keys).forEach((bytes, position) => {
      const key = hex32(bytes) as TaskKey;
      if (seen.has(key)) throw new SuperEdgeError("bad-message", `keys: ${key} is there twice`);
      seen.add(key);
      const task = this.state.tasks.get(key);
      const held = task?.contributions.find((c) => c.worker === worker);
      if (task && held?.state === "leased") tasks.push({ task, commitment: hex32(commitments[position]!), position });
      else this.#outbox.verdict(worker, { key: bytes, verdict: "lapsed", rewardWei: "0" });
    });
    if (tasks.length === 0) {
      this.#answer();
      throw new SuperEdgeError("not-yours", "expected at least one task that this worker holds a lease for");
    }
    row.sequence = message.sequence;
    const ack = signHash(ackHash(domain, batch), poolKey);
    store.group.write(() => {
      store.contributions.insertBatch({
        worker: row.n,
        sequence: message.sequence,
        root: batch.root,
        count: batch.count,
        signature: message.signature,
        commitments: message.commitments,
        ack,
        atMs: this.#now(),
      });
      store.workers.setSequence(row.n, message.sequence);
      for (const { task, commitment, position } of tasks) {
        const held = task.contributions.find((c) => c.worker === worker);
        const { context, index } = this.#placeOf(task);
        if (task.check) this.audits.note(task.job, task.check, task.index);
        store.contributions.insert({
          job: context.row.n,
          task: index,
          worker: row.n,
          owner: held?.owner ?? row.owner,
          beneficiary: held?.beneficiary ?? row.beneficiary,
          subnet: held?.subnet ?? "",
          score: held?.score ?? row.score,
          sequence: message.sequence,
          position,
          commitment: fromHex(commitment),
          cohort: held?.cohort ?? "",
          numericClass: held?.numericClass ?? "",
          checksAt: held?.checksAt ?? 0,
          historyAt: held?.historyAt ?? 0,
          failuresAt: held?.failuresAt ?? 0,
        });
      }
    });
    for (const { task } of tasks) this.#placeOf(task).context.contributions++;
    this.#outbox.message(worker, { type: "ack", sequence: message.sequence, root: batch.root, signature: ack });
    this.dispatch({ type: "committed", worker, tasks, busyMs: message.busyMs, workMs: message.workMs });
  }

  /** The ack was lost on the way: the same batch gets the same answer, another one under its number none. */
  #repeatAck(row: WorkerRow, message: Of<"commit">): void {
    const accepted = this.#o.store.contributions.batch(row.n, message.sequence);
    if (!accepted || !sameBytes(accepted.root, message.root))
      throw new SuperEdgeError("replayed", `sequence ${message.sequence} was accepted before, with another batch`);
    this.#outbox.message(row.address, {
      type: "ack",
      sequence: message.sequence,
      root: message.root,
      signature: accepted.ack,
    });
    this.#answer();
  }

  /** Refused reveals are reported one by one; the others count. */
  onReveal(worker: Address, message: Of<"reveal">): void {
    const refused: SuperEdgeError[] = [];
    for (const reveal of message.reveals) {
      try {
        const { task, held } = askedTask(this.state, worker, reveal);
        const output = checkOutput(this.jobs.get(task.job.id)!, task, reveal);
        this.#shown.set(held, { digest: reveal.digest, salt: reveal.salt });
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
      const shown = this.#shown.get(held);
      return shown && hex32(shown.digest);
    };
    this.#sampling.ask(this.jobs.get(task.job.id)!, task, held, digest, (sample) => {
      // Its worker may have lost it meanwhile, and lease the task anew.
      if (held.state !== "asked" || !task.contributions.includes(held)) return;
      this.dispatch({ type: "revealed", worker, task, digest: digest()!, output: undefined, sample });
    });
  }

  /** The task waits for something else: what its workers have shown must outlive a crash, for they may be gone by then. */
  #keepReveals(task: Task): void {
    const { store } = this.#o;
    const { context, index } = this.#placeOf(task);
    for (const c of task.contributions) {
      const shown = this.#shown.get(c);
      if (!shown) continue;
      this.#shown.delete(c);
      const worker = this.#workers.get(c.worker)!.n;
      const output = task.check ? null : (c.output ?? null);
      const reveal = { job: context.row.n, task: index, worker, ...shown, output };
      store.group.write(() => store.contributions.reveal(reveal));
    }
  }

  onShown(worker: Address, message: Of<"shown">): void {
    this.#showing.receive(worker, message);
  }

  onHandBack(worker: Address, message: Of<"handBack">): void {
    const tasks = splitHashes(message.keys).flatMap((key) => this.state.tasks.get(hex32(key)) ?? []);
    this.dispatch({ type: "handedBack", worker, tasks });
  }

  onFailed(worker: Address, message: Of<"failed">): void {
    const task = this.state.tasks.get(hex32(message.key));
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
  async receiveOutput(worker: Address, key: TaskKey, output: Uint8Array, blobs: Blobs): Promise<void> {
    const { task, digest } = awaitedUpload(this.state, worker, key);
    checkBytes(this.jobs.get(task.job.id)!, task, output, digest);
    const blob = await blobs.put(output);
    awaitedUpload(this.state, worker, key);
    this.#uploads.set(key, blob);
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
          this.#outbox.askReveal(effect.worker, fromHex(task.key));
          this.#askSample(task, effect.worker);
        }
        return this.#answer();
      case "askUpload":
        this.#keepReveals(effect.task);
        this.#outbox.message(effect.worker, { type: "upload", key: fromHex(effect.task.key) });
        return this.#answer();
      case "revoke":
        for (const task of effect.tasks)
          this.#outbox.message(effect.worker, { type: "revoke", keys: fromHex(task.key) });
        return this.#answer();
      case "lapsed":
        this.#keepReveals(effect.task);
        return this.#close(effect.task, effect.contribution, "lapsed", 0n);
      case "held":
        this.#keepReveals(effect.task);
        // It may wait long: what agrees exactly need not be at hand to be compared.
        if (effect.task.job.compare.kind === "exact") for (const c of effect.task.contributions) c.output = undefined;
        return;
      case "certified":
        return this.#certify(effect);
      case "mismatch": {
        const context = this.jobs.get(effect.task.job.id)!;
        const { row } = context;
        row.mismatches++;
        this.#keepReveals(effect.task);
        const parts = this.#sampling.parts(context, effect.task, effect.contributions);
        this.#disputes.note(context, effect.task, effect.contributions, parts);
        store.group.write(() => store.jobs.countMismatch(row.n));
        const said = effect.contributions.map((c) => ({ worker: c.worker, digest: c.digest }));
        return log("digests disagree", { job: row.id, task: effect.task.index, said });
      }
      case "askReferee":
        return void this.#askReferee(effect.task);
      case "checked":
        return this.#checked(effect);
      case "acquitted": {
        const { n } = this.jobs.get(effect.job.id)!.row;
        return store.group.write(() => store.contributions.acquit(n));
      }
      case "workerChanged":
        return this.#tally(effect.worker.address);
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
        return this.#finish(effect.job, "done");
      case "jobStopped":
        return this.#finish(effect.job, "stopped", { code: effect.code, message: effect.message });
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

  #placeOf(task: Task): { context: JobContext; index: number } {
    return this.audits.placeOf(this.jobs.get(task.job.id)!, task);
  }

  /** A check passed is paid like a certified task; one that failed is not, and nothing of it reaches the chain. */
  #checked({ task, contribution, passed }: Extract<Effect, { type: "checked" }>): void {
    const { store } = this.#o;
    const { context, index } = this.#placeOf(task);
    const { row } = context;
    if (!passed) return this.#close(task, contribution, "lapsed", 0n, "rejected");
    const digest = fromHex(contribution.digest!);
    const atMs = this.#now();
    const nothing = { output: null, outputCid: null, belief: null };
    store.group.write(() => store.certified.insert({ job: row.n, task: index, digest, atMs, ...nothing }));
    const rewardWei = rewardsOf(row, [contribution]).get(contribution.worker) ?? 0n;
    this.#workers.get(contribution.worker)!.earnedWei += rewardWei;
    this.#close(task, contribution, "agreed", rewardWei);
  }

  /** Once a transaction, however many verdicts are in it. */
  #tally(address: Address): void {
    if (this.#changedWorkers.has(address)) return;
    this.#changedWorkers.add(address);
    this.#o.store.group.write(() => {
      this.#changedWorkers.delete(address);
      const { earnedWei } = this.#workers.get(address)!;
      const worker = this.state.workers.get(address)!;
      this.#o.store.workers.tally({ ...worker, ...worker.standing, earnedWei });
    });
  }

  #finish(job: Job, state: "done" | "stopped", error?: { code: ErrorCode; message: string }): void {
    const { row } = this.jobs.get(job.id)!;
    const atMs = this.#now();
    Object.assign(row, { state, error, finishedMs: atMs });
    this.#o.store.group.write(() => this.#o.store.jobs.finish(row.n, state, error, atMs));
    this.#o.log(`job ${state}`, { job: job.id, ...error });
    this.#changed.add(job.id);
  }

  #certify({ task, canonical, agreeing, rejected, reason }: Extract<Effect, { type: "certified" }>): void {
    const { store } = this.#o;
    const { row } = this.jobs.get(task.job.id)!;
    const outputCid = this.#uploads.get(task.key) ?? null;
    this.#uploads.delete(task.key);
    invariant(canonical.inline || outputCid, `certified task ${task.index} of ${row.id} has its bytes`);
    const author = this.#workers.get(canonical.worker)!.n;
    store.group.write(() =>
      store.certified.insert({
        job: row.n,
        task: task.index,
        digest: fromHex(canonical.digest!),
        output: outputCid ? null : (canonical.output ?? store.contributions.output(row.n, task.index, author)),
        outputCid,
        atMs: this.#now(),
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
      this.#workers.get(c.worker)!.earnedWei += rewardWei;
      this.#close(task, c, "agreed", rewardWei);
    }
    for (const c of rejected) this.#close(task, c, "rejected", 0n);
    this.#changed.add(task.job.id);
  }

  #close(
    task: Task,
    c: Contribution,
    state: "agreed" | "rejected" | "lapsed",
    rewardWei: bigint,
    verdict: "certified" | "rejected" | "lapsed" = state === "agreed" ? "certified" : state,
  ): void {
    const { store } = this.#o;
    const { context, index } = this.#placeOf(task);
    const { row } = context;
    const worker = this.#workers.get(c.worker)!.n;
    const shown = this.#shown.get(c);
    store.group.write(() => {
      if (shown) store.contributions.decide(row.n, index, worker, CONTRIBUTION[state], shown.digest, shown.salt);
      else store.contributions.close(row.n, index, worker, CONTRIBUTION[state]);
    });
    this.#outbox.verdict(c.worker, { key: fromHex(task.key), verdict, rewardWei: String(rewardWei) });
    this.#answer();
  }

  #leaseMessage({ job, tasks, deadlineMs }: Extract<Effect, { type: "lease" }>): LeaseMessage {
    const { row, manifest } = this.jobs.get(job.id)!;
    return {
      type: "lease",
      app: row.spec.app,
      params: parseParams(manifest, row.spec.params),
      inputs: row.spec.inputs,
      tasks: tasks.map((task) => ({ key: fromHex(task.key), ...rangeOf(row.spec, task.index) })),
      deadlineMs: Math.max(0, Math.floor(deadlineMs - this.#now())),
      rewardWei: String(row.priceWei),
    };
  }

  /** Every worker ever seen, as the scheduler knows it and as stored. */
  *workers(): Generator<{ row: WorkerRow; worker: Worker }> {
    for (const row of this.#workers.values()) {
      const worker = this.state.workers.get(row.address);
      if (worker) yield { row, worker };
    }
  }
}
