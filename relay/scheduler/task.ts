import { wake } from "./feed.ts";
import { unhold } from "./holding.ts";
import type { Job, State, Task } from "./state.ts";

/** Starts keeping track of a task: until its first lease it is only a number. */
export function openTask(state: State, job: Job, index: number): Task {
  const least = state.laws[job.law]!.least(job, state);
  const target = job.firstReplicas;
  const task: Task = { job, index, key: job.keyOf(index), queued: false, target, least, contributions: [] };
  job.open.set(index, task);
  state.tasks.set(task.key, task);
  return task;
}

export function closeTask(state: State, task: Task): void {
  unhold(task);
  task.closed = true;
  for (const c of task.contributions) state.workers.get(c.worker)?.pending.delete(task);
  task.job.open.delete(task.index);
  state.tasks.delete(task.key);
}

/** Replicas still to be placed. While digests are unseen, those at work are assumed to agree. */
export function wanted(task: Task): number {
  return Math.max(0, task.target - task.contributions.length);
}

/** Puts a task that wants another replica in its job's queue: old ones first, as far as the ends of the queue allow. */
export function queueTask(state: State, task: Task): void {
  const { job, index } = task;
  // Who held a lease may still speak of a task that has become a number again, or is decided.
  if (task.queued || job.open.get(index) !== task) return;
  if (isUntouched(task)) {
    closeTask(state, task);
    job.dispatch.returned.pushFront(index);
  } else {
    task.queued = true;
    if (index < (job.again.first ?? 0)) job.again.pushFront(index);
    else job.again.pushBack(index);
  }
  wake(state, job);
}

/** Nothing is known of it that a task never leased does not have: it becomes a number again. */
const isUntouched = (task: Task): boolean =>
  task.contributions.length === 0 &&
  task.target === task.job.firstReplicas &&
  !(task.attempts || task.audited || task.refereeing || task.disputants || task.uploading || task.verdict);
