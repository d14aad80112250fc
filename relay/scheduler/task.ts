import { unhold } from "./holding.ts";
import type { Job, State, Task } from "./state.ts";

/** Starts keeping track of a task: until its first lease it is only a number below `job.fresh`. */
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
  for (const c of task.contributions) state.workers.get(c.worker)?.pending.delete(task);
  task.job.open.delete(task.index);
  state.tasks.delete(task.key);
}

/** Puts a task that wants another replica in its job's queue. */
export function queueTask(task: Task): void {
  if (task.queued) return;
  task.queued = true;
  task.job.again.push(task.index);
}
