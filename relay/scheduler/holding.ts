// Results that lack nothing but their workers' credibility. They wait until the worker has passed enough checks; when a
// job comes to its end, some of them, drawn at random, are done once more by strangers, which checks the rest. That begins
// while there are fresh tasks: left to the end, it would be all that the last part of a job's time is spent on.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { freshLeft } from "./freshLeft.ts";
import { Heap } from "./heap.ts";
import { LEASE_MS } from "./leaseSize.ts";
import { wantAnother } from "./lots.ts";
import { NOTHING_HELD } from "./new.ts";
import { expectedTask } from "./pace.ts";
import type { Job, State, Task, Worker } from "./state.ts";

/** Holders looked at for one draw: a bound on the time of a request. */
const HOLDERS_LOOKED_AT = 16;
/**
 * Audits that may be left when the last fresh task has been given out, of a job's tasks: there they count for most, since
 * they speak for all that is held, and this few do not hold the job up.
 */
const AT_END = 0.05;
/** For one fresh task. */
const MOST_AUDITS = 2;
/** What an audit adds to the checks of a worker: it is confirmed, and confirms others in its turn. */
const CHECKS_AN_AUDIT = 1.6;

/** A result that waits: believed when its worker's checks reach `at`. */
export interface Held {
  at: number;
  task: Task;
}

export function hold(task: Task, worker: Worker, checks: number): void {
  const { job } = task;
  let waiting = worker.held.get(job.id);
  if (!waiting) {
    waiting = new Heap<Held>((entry) => entry.at);
    worker.held = new Map(worker.held).set(job.id, waiting);
    job.holders.add(worker);
  }
  const entry = { at: worker.standing.checks + checks, task };
  waiting.push(entry);
  task.hold = { worker, entry };
  job.held++;
}

/** The task waits no longer: decided, doubted, or to be done once more. */
export function unhold(task: Task): void {
  const { hold: held, job } = task;
  if (!held) return;
  task.hold = undefined;
  job.held--;
  const waiting = held.worker.held.get(job.id)!;
  waiting.delete(held.entry);
  dropIfEmpty(held.worker, job);
}

function dropIfEmpty(worker: Worker, job: Job): void {
  if (worker.held.get(job.id)?.size !== 0) return;
  const others = [...worker.held].filter(([id]) => id !== job.id);
  worker.held = others.length === 0 ? NOTHING_HELD : new Map(others);
  job.holders.delete(worker);
}

/** Takes one task whose time has come. */
export function nextDue(worker: Worker): Task | undefined {
  if (worker.standing.disputes > 0) return undefined;
  for (const waiting of worker.held.values()) {
    const first = waiting.first;
    if (!first || first.at > worker.standing.checks) continue;
    unhold(first.task);
    return first.task;
  }
  return undefined;
}

/**
 * Has some held tasks of a job done once more: when nothing fresh is left, at most `given`; before, for `given` fresh tasks
 * that are given out, as many as are needed for all to be believed soon after the last.
 */
export function auditHeld(state: State, job: Job, given: number, nowMs: number): void {
  if (job.held === 0 || given === 0) return;
  const isEnd = freshLeft(job) === 0;
  const most = mostAudits(state, job);
  let left = given;
  for (let turns = Math.min(isEnd ? HOLDERS_LOOKED_AT : given, job.holders.size); turns > 0 && left > 0; turns--) {
    const holder = job.holders.next();
    if (!holder) return;
    for (let due = isEnd ? 1 : auditsDue(state, job, holder); due > 0; due--) {
      if (job.audits >= most || !auditOne(state, job, holder, nowMs)) break;
      if (isEnd) left--;
    }
  }
}

/** At one time: what all owners do in the time of a lease. More would only wait, and some of it with the slow ones. */
function mostAudits(state: State, job: Job): number {
  const expected = expectedTask(state, job);
  const each = expected ? Math.max(1, Math.min(MAX_BATCH_TASKS, LEASE_MS / Math.max(expected.meanMs, 1))) : 1;
  return each * state.roll.owners;
}

/** Audits for each fresh task that is given out now, by the holder whose turn it is: a whole number, by chance. */
function auditsDue(state: State, job: Job, holder: Worker): number {
  const left = freshLeft(job);
  // As if all lacked as much as this one: over the turns that is their sum.
  const tooMany = job.holders.size * auditsLacking(job, holder) - AT_END * job.tasks;
  if (tooMany <= 0) return 0;
  return Math.floor(Math.min(MOST_AUDITS, tooMany / left) + state.random());
}

/** Audits after which all that it holds would be believed, if they confirm it. */
function auditsLacking(job: Job, { held, standing }: Worker): number {
  const waiting = held.get(job.id);
  if (!waiting) return 0;
  return Math.max(
    0,
    Math.min(waiting.size, (waiting.last.at - standing.checks) / CHECKS_AN_AUDIT) - standing.beingChecked,
  );
}

/** Has one held task of a worker done once more, drawn at random. False if enough of them are being checked. */
export function auditOne(state: State, job: Job, holder: Worker, nowMs: number): boolean {
  const waiting = holder.held.get(job.id);
  if (!waiting) return false;
  const { standing } = holder;
  // Nothing lacks but the end of a dispute, which may never come: one at a time.
  const needed = Math.max(1, Math.ceil(waiting.last.at - standing.checks));
  if (standing.beingChecked >= Math.min(needed, state.rules.checkedAtOnce)) return false;
  const { task } = waiting.at(Math.floor(state.random() * waiting.size));
  unhold(task);
  task.audited = holder;
  standing.beingChecked++;
  job.audits++;
  // A copy that somebody is still at does for it, if it comes.
  task.least = task.contributions.filter((c) => c.state !== "leased").length + 1;
  task.target = task.least;
  wantAnother(state, task, nowMs);
  return true;
}
