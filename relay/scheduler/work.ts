// What of a job waits for workers, and which of it a worker gets. Three kinds, and their order:
//
//   again     tasks that have contributions and want another: first, so that results are certified early
//   returned  tasks whose only lease came to nothing: a number each
//   fresh     never leased: a counter for all of them
import { freshLeft } from "./freshLeft.ts";
import { auditHeld, auditOne } from "./holding.ts";
import { freshFor, takeLots } from "./lots.ts";
import { isBetterAtHome, mayBegin, mayJoin } from "./numericClass.ts";
import type { Job, State, Task, Worker } from "./state.ts";
import { isStranger } from "./strangers.ts";
import { openTask, wanted } from "./task.ts";

/** Waiting tasks looked at for one lease: a bound on the time a request takes, whoever owns the queue's head. */
const LOOKED_AT = 256;

/** Results of a new worker that are checked at once when it may begin no more. */
const PROVING_CHECKS = 4;

/** Whether a worker may find something in it. */
export const hasWork = (job: Job): boolean =>
  job.fresh < job.tasks || job.again.size > 0 || job.dispatch.returned.size > 0 || job.held > 0;

/** Contributions that wait to be leased, as far as is known. */
export const slotsWaiting = (job: Job): number => freshLeft(job) * job.firstReplicas + job.again.size;

export function pick(state: State, job: Job, worker: Worker, most: number, nowMs: number): Task[] {
  const picked = takeLots(state, job, worker, most, nowMs);
  const abroad = pickAgain(state, job, worker, most, picked);
  // Who may begin no more until something of it is checked is checked now.
  const allowed = freshFor(job, worker);
  for (let left = PROVING_CHECKS; allowed === 0 && left > 0 && auditOne(state, job, worker, nowMs); ) left--;
  let begun = 0;
  for (let fresh = allowed; fresh > 0 && picked.length < most && mayBegin(state, job, worker); fresh--) {
    const position = job.dispatch.returned.popFront() ?? (job.fresh < job.tasks ? job.fresh++ : undefined);
    if (position === undefined) break;
    const task = openTask(state, job, position);
    picked.push(task);
    begun++;
    if (job.firstReplicas > 1) {
      task.queued = true;
      job.again.pushBack(position);
    }
  }
  for (const task of abroad) {
    if (picked.length === most) break;
    picked.push(task);
    // Its number stays in line, and is passed over when it comes up.
    if (wanted(task) <= 1) task.queued = false;
  }
  // What waits for credibility at the end is checked by whom the lot falls on: maybe by this worker.
  auditHeld(state, job, freshLeft(job) > 0 ? begun : most - picked.length, nowMs);
  picked.push(...takeLots(state, job, worker, most - picked.length, nowMs));
  return picked;
}

/** Returns tasks that the worker may do, but that others may be better for: they stay in line unless it takes them. */
function pickAgain(state: State, job: Job, worker: Worker, most: number, picked: Task[]): Task[] {
  const { again } = job;
  const abroad: Task[] = [];
  if (again.size === 0) return abroad;
  const kept: number[] = [];
  let looked = 0;
  for (; looked < LOOKED_AT && picked.length < most; looked++) {
    const position = again.popFront();
    if (position === undefined) break;
    const task = job.open.get(position);
    // A number may be in line twice: what was taken elsewhere and came back.
    if (!task?.queued || abroad.includes(task)) continue;
    // Who was drawn for it may have taken it, or takes it now.
    const left = wanted(task) - (picked.includes(task) ? 1 : 0);
    if (left <= 0) {
      task.queued = false;
      continue;
    }
    if (picked.includes(task)) {
      kept.push(position);
      continue;
    }
    if (!isStranger(task, worker) || !mayJoin(task, worker)) {
      kept.push(position);
      continue;
    }
    if (isBetterAtHome(state, task, worker)) {
      abroad.push(task);
      kept.push(position);
      continue;
    }
    picked.push(task);
    if (left > 1) kept.push(position);
    else task.queued = false;
  }
  // What this worker may not do stays first in line for others, unless it fills the whole view: then the rest moves up.
  if (looked === LOOKED_AT && picked.length === 0) for (const position of kept) again.pushBack(position);
  else for (let i = kept.length - 1; i >= 0; i--) again.pushFront(kept[i]!);
  return abroad;
}
