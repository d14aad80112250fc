// Results that lack nothing but their workers' credibility. They wait until the worker has passed enough checks; when a
// job has no fresh tasks left, some of them, drawn at random, are done once more by strangers, which checks the rest.
import { Heap } from "./heap.ts";
import { wantAnother } from "./lots.ts";
import { NOTHING_HELD } from "./new.ts";
import type { Job, State, Task, Worker } from "./state.ts";

/** Holders looked at for one draw: a bound on the time of a request. */
const HOLDERS_LOOKED_AT = 16;

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
 * Has one held task of a job that has come to its end done once more: no more of a worker's results at a time than could
 * make the rest believed. False if there is none now.
 */
export function auditHeld(state: State, job: Job, nowMs: number): boolean {
  if (job.held === 0 || job.fresh < job.tasks) return false;
  for (let looked = Math.min(HOLDERS_LOOKED_AT, job.holders.size); looked > 0; looked--) {
    const holder = job.holders.next();
    if (holder && auditOne(state, job, holder, nowMs)) return true;
  }
  return false;
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
  task.least = task.contributions.length + 1;
  task.target = task.least;
  wantAnother(state, task, nowMs);
  return true;
}
