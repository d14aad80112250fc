// Who confirms whom is decided by lot, not by who asks first: machines that answer at once, without computing, would
// otherwise take every replica of each other's tasks. A drawn worker finds the task among its next ones.
import { restsOnOne } from "../../protocol/api.ts";
import { ownRecord } from "./contribution.ts";
import { freshLeft } from "./freshLeft.ts";
import { mayJoin } from "./numericClass.ts";
import { expectedTask } from "./pace.ts";
import { awaitProof, owe, waive } from "./proofs.ts";
import type { Job, State, Task, Worker } from "./state.ts";
import { isStranger } from "./strangers.ts";
import { queueTask, wanted } from "./task.ts";

/** Workers drawn before a task is left to whoever comes. */
const DRAWS = 64;
/**
 * Where the drawn worker would let a job's last tasks wait, so many more are drawn, and one that would not takes its place, if
 * it has shown something: machines that answer at once, without computing, never let anybody wait, and are to gain nothing by it.
 */
const INSTEADS = 3;
/** Who takes so many times as long as the average, or has more than so much drawn for it already, milliseconds. */
const SLOW = 4;
const LOADED_MS = 15_000;
/** A drawn worker has so long to ask for work, milliseconds, and longer if its tasks take long, or nobody knows. */
const LOT_MS = 10_000;
const UNKNOWN_LOT_MS = 60_000;
const LOT_TASKS = 3;
/** But not for so long as if all its tasks took more times the average than this. */
const SLOW_LOT = 2;
/** Undecided tasks of a worker that has not shown anything yet. */
const UNPROVEN_TASKS = 64;
/** Checks after which it has. */
const PROVEN_CHECKS = 4;

/** Has another worker do the task: drawn by lot under law `pool`, where one worker's word may be believed. */
export function wantAnother(state: State, task: Task, nowMs: number): void {
  if (wanted(task) === 0) return;
  if (!restsOnOne(task.job) || task.contributions.length === 0) return queueTask(state, task);
  if (!task.lot) drawLot(state, task, nowMs);
}

function drawLot(state: State, task: Task, nowMs: number): void {
  const { job } = task;
  const [first] = task.contributions;
  if (first && task.contributions.length === 1) awaitProof(ownRecord(task, first));
  const isEnd = freshLeft(job) === 0;
  // At a job's end, when most have nothing to do, the busy ones are not waited for.
  const mustWait = isEnd && state.waiting.size >= state.roll.owners / 2;
  let late: Worker | undefined;
  let insteads = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    const worker = state.roll.draw(state.random);
    if (!worker) break;
    if (!isFit(task, worker) || !isAtWork(state, worker)) continue;
    if (mustWait && draw < DRAWS / 2 && !state.waiting.has(worker)) continue;
    const isSoon = !isEnd || !isLate(state, job, worker);
    if (late ? isSoon && worker.standing.history >= PROVEN_CHECKS : isSoon) return assign(state, task, worker, nowMs);
    late ??= worker;
    if (insteads++ === INSTEADS) break;
  }
  if (late) assign(state, task, late, nowMs);
  else queueTask(state, task);
}

function assign(state: State, task: Task, worker: Worker, nowMs: number): void {
  const own = expectedTask(state, task.job, worker);
  const all = expectedTask(state, task.job);
  const taskMs = own && all && Math.min(own.meanMs, SLOW_LOT * all.meanMs);
  const untilMs = nowMs + (taskMs === undefined ? UNKNOWN_LOT_MS : Math.max(LOT_MS, LOT_TASKS * taskMs));
  task.lot = { worker, untilMs, proof: owe(worker) };
  worker.lots.push(task);
  state.deadlines.add(untilMs, task);
  state.called.add(worker);
}

/** It takes so long, or has so much drawn for it, that others would be done before. */
function isLate(state: State, job: Job, worker: Worker): boolean {
  const own = expectedTask(state, job, worker);
  const all = expectedTask(state, job);
  if (!own || !all) return false;
  return own.meanMs > SLOW * all.meanMs || (worker.lots.length > 0 && worker.lots.length * own.meanMs > LOADED_MS);
}

/** The drawn worker did not come in time. */
export function lotExpired(state: State, task: Task, nowMs: number): void {
  if (!task.lot || task.lot.untilMs > nowMs) return;
  unlot(state, task);
  wantAnother(state, task, nowMs);
}

function unlot(state: State, task: Task): void {
  if (task.lot) waive(state, task.lot.worker, task.lot.proof);
  task.lot = undefined;
}

/** A worker that is not at work, because it has paused, gone or been sent away: others are drawn. */
export function dropLots(state: State, worker: Worker, nowMs: number): void {
  for (const task of worker.lots.splice(0)) drop(state, task, worker, nowMs);
}

/** It cannot or need not be this worker: if the task still wants one, another is drawn. */
function drop(state: State, task: Task, worker: Worker, nowMs: number): void {
  if (task.lot?.worker !== worker) return;
  unlot(state, task);
  if (isOpen(task)) wantAnother(state, task, nowMs);
}

/** The job whose task was drawn for the worker first; tasks that need it no longer are dropped on the way. */
export function jobOfLots(state: State, worker: Worker, nowMs: number): Job | undefined {
  const { lots } = worker;
  for (let task = lots[0]; task; task = lots[0]) {
    if (isFor(task, worker)) return task.job;
    lots.shift();
    drop(state, task, worker, nowMs);
  }
  return undefined;
}

/** At most `most` tasks of a job that were drawn for the worker. */
export function takeLots(state: State, job: Job, worker: Worker, most: number, nowMs: number): Task[] {
  const taken: Task[] = [];
  for (const task of worker.lots.splice(0)) {
    if (!isFor(task, worker)) drop(state, task, worker, nowMs);
    else if (task.job !== job || taken.length >= most) worker.lots.push(task);
    else {
      task.taken = task.lot!.proof;
      task.lot = undefined;
      taken.push(task);
    }
  }
  return taken;
}

const isOpen = (task: Task): boolean => task.job.state === "running" && task.job.open.get(task.position) === task;

const isFor = (task: Task, worker: Worker): boolean =>
  task.lot?.worker === worker && isOpen(task) && wanted(task) > 0 && isFit(task, worker);

/** Asked again when it comes for the task: its machine, its address or what it can run may have changed since it was drawn. */
const isFit = (task: Task, worker: Worker): boolean =>
  !worker.banned &&
  !worker.failed.has(task.job.id) &&
  task.job.dispatch.clusters.has(worker.dispatch.cluster!) &&
  isStranger(task, worker) &&
  mayJoin(task, worker);

/** It computes, or waits for something to compute: a page that is paused would let the task wait. */
export const isAtWork = (state: State, worker: Worker): boolean =>
  worker.leased.size > 0 || worker.unrevealed > 0 || state.waiting.has(worker);

/** Fresh tasks of a job that may rest on the worker's word: few until it has passed some checks, or a fast one floods it. */
export const freshFor = (job: Job, worker: Worker): number =>
  !restsOnOne(job) || worker.standing.history >= PROVEN_CHECKS
    ? Number.POSITIVE_INFINITY
    : Math.max(0, UNPROVEN_TASKS - worker.pending.size - worker.leased.size);
