// The scheduler: from state and event to changed state and what is to be done. No clock, no randomness, no I/O: the
// relay's loop and the simulator run this same code, and an incident replays from its log.
import type { Address } from "../../protocol/ids.ts";
import { referenceSeconds } from "./category.ts";
import { forget, oweCheck, trackCheck } from "./checks.ts";
import { anyoneLeft, enter, leave, offer } from "./clusters.ts";
import { commit } from "./contribution.ts";
import { defaultRules, type Rules } from "./credibility.ts";
import { Deadlines } from "./deadlines.ts";
import { emptyDispatch } from "./dispatch.ts";
import type { Effect, Event } from "./events.ts";
import { feedCalled, feedFull, feedMore, feedTheWaiting } from "./feed.ts";
import { type Law, laws } from "./laws.ts";
import { beMorePatient } from "./leaseSize.ts";
import { dropLots, isAtWork, lotExpired } from "./lots.ts";
import { Names } from "./names.ts";
import { learnPace } from "./pace.ts";
import { place } from "./place.ts";
import { kept } from "./promises.ts";
import { prove } from "./proofs.ts";
import { Roll } from "./roll.ts";
import {
  decide,
  finishIfDone,
  followUp,
  GONE_MS,
  hearReferee,
  lapse,
  REVEAL_MS,
  settle,
  stopJob,
  UPLOAD_MS,
} from "./settle.ts";
import type { Contribution, Job, State, Task, Worker } from "./state.ts";
import { noteReturn } from "./tail.ts";
import { aim, openTask } from "./task.ts";
import { Waiting } from "./waiting.ts";

/**
 * Time to show a digest after a restart, milliseconds: however long the relay was away, every page that still runs has tried again
 * by then (it waits at most 30 s between two tries).
 */
export const RETURN_MS = 45_000;
/** Owners on whose machines a kernel must fail, with nobody succeeding, before its job is stopped. */
const FAILURES_TO_STOP = 3;

export const emptyState = (options: {
  /** Uniform in [0, 1). */
  random: () => number;
  rules?: Partial<Rules>;
  laws?: Readonly<Record<string, Law>>;
}): State => ({
  jobs: new Map(),
  workers: new Map(),
  names: new Names(),
  waiting: new Waiting(),
  deadlines: new Deadlines(),
  dispatch: emptyDispatch(),
  rules: { ...defaultRules, ...options.rules },
  laws: { ...laws, ...options.laws },
  random: options.random,
  roll: new Roll(),
  called: new Set(),
  resting: new Set(),
  improved: new Set(),
  doubted: new Set(),
});

export function step(state: State, event: Event, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  switch (event.type) {
    case "jobAdded":
      state.jobs.set(event.job.id, event.job);
      offer(state, event.job);
      finishIfDone(event.job, effects);
      break;
    case "jobRestored":
      state.jobs.set(event.job.id, event.job);
      offer(state, event.job);
      restoreTasks(state, event, nowMs, effects);
      finishIfDone(event.job, effects);
      break;
    case "checksRestored":
      for (const task of event.checks) {
        trackCheck(task);
        // Who has committed to it may show it before it is asked again.
        state.names.tell(task);
        for (const c of task.contributions) recognise(state, task, c);
        settle(state, task, nowMs, effects);
        for (const c of task.contributions) waitForReturn(state, task, c, nowMs);
      }
      break;
    case "jobStopped": {
      const job = state.jobs.get(event.job);
      if (job?.state === "running") stopJob(state, job, event.code, event.message, effects);
      break;
    }
    case "workerJoined":
      remind(state, join(state, event.worker, nowMs), nowMs, effects);
      break;
    case "workerLeft": {
      const worker = state.workers.get(event.worker);
      if (!worker) break;
      worker.connected = false;
      state.dispatch.sessions.end(nowMs - worker.dispatch.joinedMs, nowMs, worker.dispatch.cluster?.members.size ?? 0);
      leave(state, worker);
      state.roll.delete(worker);
      dropLots(state, worker, nowMs);
      giveBack(state, worker, [...worker.leased], nowMs, effects);
      hurryReveals(state, worker, nowMs);
      break;
    }
    case "workRequested": {
      const worker = state.workers.get(event.worker);
      if (!worker || worker.banned) break;
      worker.wants = event.tasks;
      const effect = place(state, worker, nowMs);
      if (effect.type === "idle") state.waiting.add(worker);
      return [effect];
    }
    case "committed":
      onCommitted(state, event, nowMs, effects);
      break;
    case "revealed": {
      const contribution = contributionOf(event.task, event.worker);
      if (!contribution || contribution.state === "revealed" || event.task.closed) break;
      kept(state.workers.get(event.worker));
      contribution.state = "revealed";
      contribution.digest = event.digest;
      contribution.output = event.output;
      contribution.sample = event.sample;
      contribution.inline = event.output !== undefined;
      settle(state, event.task, nowMs, effects);
      break;
    }
    case "uploaded": {
      const winner = contributionOf(event.task, event.worker);
      if (!winner || event.task.closed || event.task.uploading?.worker !== event.worker) break;
      winner.inline = true;
      decide(state, event.task, nowMs, effects);
      break;
    }
    case "handedBack": {
      const worker = state.workers.get(event.worker);
      if (!worker) break;
      giveBack(state, worker, event.tasks, nowMs, effects);
      if (!isAtWork(state, worker)) dropLots(state, worker, nowMs);
      break;
    }
    case "adChanged": {
      const worker = state.workers.get(event.worker);
      if (!worker) break;
      const { engines, numericClass, attributes } = event;
      Object.assign(worker, { engines, numericClass, attributes });
      if (worker.connected) enter(state, worker);
      break;
    }
    case "failed":
      onFailed(state, event, nowMs, effects);
      break;
    case "refereed":
      hearReferee(state, event, nowMs, effects);
      break;
    case "published": {
      const job = state.jobs.get(event.job);
      if (job) forget(job, event.indices);
      break;
    }
    case "ticked":
      for (let task = state.deadlines.due(nowMs); task; task = state.deadlines.due(nowMs))
        if (!task.closed) expire(state, task, nowMs, effects);
      feedMore(state, nowMs, effects);
      break;
  }
  followUp(state, nowMs, effects);
  feedCalled(state, nowMs, effects);
  feedTheWaiting(state, nowMs, effects);
  if (event.type === "ticked") feedFull(state, nowMs, effects);
  return effects;
}

/** One object a worker for as long as the state lives: tasks that wait for it hold on to it. */
function join(state: State, joined: Worker, nowMs: number): Worker {
  const worker = state.workers.get(joined.address) ?? joined;
  // Its owner may have changed.
  state.roll.delete(worker);
  if (worker === joined) state.workers.set(joined.address, joined);
  else {
    const { owner, beneficiary, subnet, cohort, numericClass, engines, attributes, score, connected } = joined;
    const news = { owner, beneficiary, subnet, cohort, numericClass, engines, attributes, score, connected };
    Object.assign(worker, news);
  }
  leave(state, worker);
  worker.dispatch.joinedMs = nowMs;
  if (!worker.connected) return worker;
  enter(state, worker);
  state.roll.add(worker);
  return worker;
}

/** After a restart: leases are forgotten, commits and reveals are not. */
function restoreTasks(state: State, event: Extract<Event, { type: "jobRestored" }>, nowMs: number, effects: Effect[]) {
  const { job, certified, contributions } = event;
  if (job.state !== "running") return;
  job.certified = certified.size;
  job.fresh = 0;
  const note = (index: number): void => {
    job.fresh = Math.max(job.fresh, job.order.positionOf(index) + 1);
  };
  for (const index of certified) note(index);
  for (const { index } of contributions) note(index);
  for (let position = 0; position < job.fresh; position++)
    if (!certified.has(job.order.indexAt(position))) openTask(state, job, position);
  for (const { index, contribution } of contributions) {
    const task = job.open.get(job.order.positionOf(index));
    if (!task) continue;
    task.contributions = [...task.contributions, contribution];
    // As with checks.
    state.names.tell(task);
    task.target = Math.max(task.target, task.contributions.length);
    recognise(state, task, contribution);
  }
  for (const task of [...job.open.values()]) {
    aim(state, task);
    settle(state, task, nowMs, effects);
    for (const c of task.contributions) {
      if (c.state !== "asked" && task.uploading?.worker !== c.worker) continue;
      waitForReturn(state, task, c, nowMs);
    }
  }
}

/** A restored contribution is its worker's. */
function recognise(state: State, task: Task, c: Contribution): void {
  c.who = state.workers.get(c.worker);
  c.who?.pending.add(task);
}

function waitForReturn(state: State, task: Task, c: Contribution, nowMs: number): void {
  c.deadlineMs = nowMs + RETURN_MS;
  state.deadlines.add(c.deadlineMs, task);
}

const contributionOf = (task: Task, worker: Address): Contribution | undefined =>
  task.contributions.find((c) => c.worker === worker);

function onCommitted(state: State, event: Extract<Event, { type: "committed" }>, nowMs: number, effects: Effect[]) {
  const worker = state.workers.get(event.worker);
  const done: Task[] = [];
  let leasedMs = nowMs;
  for (const { task, commitment } of event.tasks) {
    const lease = contributionOf(task, event.worker);
    if (lease?.state !== "leased" || task.closed) continue;
    const contribution = commit(task, lease, commitment, lease.who!.standing);
    if (!worker) continue;
    done.push(task);
    leasedMs = Math.min(leasedMs, contribution.leasedMs);
    if (task.job.spending) {
      const workMs = (event.workMs ?? event.busyMs) / event.tasks.length;
      const wallMs = (nowMs - contribution.leasedMs) / event.tasks.length;
      contribution.referenceSeconds = referenceSeconds(task.job.engine, worker.attributes, workMs, wallMs);
    }
    worker.leased.delete(task);
    worker.pending.add(task);
    worker.unrevealed++;
  }
  if (worker && done.length > 0) {
    // A batch may hold tasks of two jobs: what took how long is known of the whole only.
    const { job } = done[0]!;
    const tasks = done.filter((task) => task.job === job);
    learnPace(state, worker, tasks, { busyMs: (event.busyMs * tasks.length) / done.length, leasedMs, nowMs });
  }
  for (const { task } of event.tasks) settle(state, task, nowMs, effects);
}

function giveBack(state: State, worker: Worker, tasks: Task[], nowMs: number, effects: Effect[]): void {
  for (const task of tasks) {
    const contribution = contributionOf(task, worker.address);
    if (contribution?.state !== "leased") continue;
    worker.leased.delete(task);
    prove(state, worker, contribution, 0);
    task.contributions = task.contributions.filter((c) => c !== contribution);
    aim(state, task);
    oweCheck(worker, task);
    noteReturn(state, task);
    settle(state, task, nowMs, effects);
  }
}

function onFailed(state: State, event: Extract<Event, { type: "failed" }>, nowMs: number, effects: Effect[]): void {
  const worker = state.workers.get(event.worker);
  const { job } = event.task;
  if (!worker || contributionOf(event.task, event.worker)?.state !== "leased") return;
  worker.failed = new Set(worker.failed).add(job.id);
  job.failures.set(worker.owner, event.message);
  giveBack(
    state,
    worker,
    [...worker.leased].filter((task) => task.job === job),
    nowMs,
    effects,
  );
  const hopeless = !hasRun(job) && (job.failures.size >= FAILURES_TO_STOP || !anyoneLeft(job));
  if (hopeless && job.state === "running") {
    const message = `the kernel failed on ${job.failures.size} machine(s) and succeeded on none; the last said: ${event.message}`;
    stopJob(state, job, event.code, message, effects);
  }
}

/** Whether the kernel has run through on any machine: three that fail, or say so, do not stop it then. */
function hasRun(job: Job): boolean {
  if (job.certified > 0) return true;
  for (const { contributions } of job.open.values()) if (contributions.some((c) => c.state !== "leased")) return true;
  return false;
}

/** Something of the task may have run out: leases not committed, digests not shown, a large output not sent. */
function expire(state: State, task: Task, nowMs: number, effects: Effect[]): void {
  let changed = false;
  lotExpired(state, task, nowMs);
  for (const c of [...task.contributions]) {
    if (c.deadlineMs > nowMs) continue;
    if (c.state === "leased") {
      task.contributions = task.contributions.filter((other) => other !== c);
      aim(state, task);
      noteReturn(state, task);
      const worker = c.who;
      worker?.leased.delete(task);
      if (worker) {
        oweCheck(worker, task);
        prove(state, worker, c, 0);
        beMorePatient(task.job, worker, nowMs);
      }
      effects.push({ type: "revoke", worker: c.worker, tasks: [task] });
      changed = true;
    } else if (c.state === "asked") {
      lapse(state, task, c, effects);
      changed = true;
    } else if (c.state === "revealed" && task.uploading?.worker === c.worker) {
      task.uploading.tried.add(c.worker);
      changed = true;
    }
  }
  if (changed) settle(state, task, nowMs, effects);
}

/** A worker that comes back is asked again for what it committed: salts and outputs may still be in its memory. */
function remind(state: State, worker: Worker, nowMs: number, effects: Effect[]): void {
  const tasks: Task[] = [];
  for (const task of worker.pending) {
    const contribution = contributionOf(task, worker.address);
    if (contribution?.state === "revealed") remindOfUpload(state, task, contribution, nowMs, effects);
    if (contribution?.state !== "asked") continue;
    contribution.deadlineMs = nowMs + REVEAL_MS;
    state.deadlines.add(contribution.deadlineMs, task);
    tasks.push(task);
  }
  if (tasks.length > 0) effects.push({ type: "askReveal", worker: worker.address, tasks });
}

/** Who has come back may be the winner that is waited for, or another that has the same output. */
function remindOfUpload(state: State, task: Task, winner: Contribution, nowMs: number, effects: Effect[]): void {
  const { uploading } = task;
  if (!uploading || uploading.tried.has(winner.worker)) return;
  const awaited = contributionOf(task, uploading.worker);
  const isAwaited = uploading.worker === winner.worker;
  if (!isAwaited && (awaited?.digest !== winner.digest || state.workers.get(uploading.worker)?.connected)) return;
  task.uploading = { worker: winner.worker, tried: uploading.tried };
  winner.deadlineMs = nowMs + UPLOAD_MS;
  state.deadlines.add(winner.deadlineMs, task);
  effects.push({ type: "askUpload", worker: winner.worker, task });
}

/** Nobody waits long for a worker that has gone. */
function hurryReveals(state: State, worker: Worker, nowMs: number): void {
  for (const task of worker.pending) {
    const contribution = contributionOf(task, worker.address);
    if (contribution?.state !== "asked") continue;
    contribution.deadlineMs = Math.min(contribution.deadlineMs, nowMs + GONE_MS);
    state.deadlines.add(contribution.deadlineMs, task);
  }
}
