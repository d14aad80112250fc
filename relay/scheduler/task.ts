import { bestGroup } from "./belief.ts";
import { NO_CONTRIBUTIONS } from "./contribution.ts";
import { wake } from "./feed.ts";
import { unhold } from "./holding.ts";
import type { Job, State } from "./state.ts";
import { Task } from "./taskRecord.ts";

/** Starts keeping track of a task: until its first lease it is only a number. */
export function openTask(state: State, job: Job, position: number): Task {
  const least = state.laws[job.law]!.least(job, state);
  const task = new Task(job, job.order.indexAt(position), position, job.firstReplicas, least);
  job.open.set(position, task);
  return task;
}

export function closeTask(state: State, task: Task): void {
  unhold(task);
  task.closed = true;
  for (const c of task.contributions) c.who?.pending.delete(task);
  task.job.open.delete(task.position);
  state.names.forget(task);
}

/**
 * The contributions of a task have changed: proven workers settle it with fewer than newcomers. What is not seen yet is
 * taken to agree. A copy of a late one is one more than needed and is not waited for.
 */
export function aim(state: State, task: Task): void {
  const { job, contributions, target } = task;
  const law = state.laws[job.law]!;
  if (!law.aim || task.check) return;
  const revealed = contributions.filter(({ state }) => state === "revealed");
  const others = revealed.length < 2 ? NO_CONTRIBUTIONS : bestGroup(job, revealed).others;
  const unopposed = others.length === 0 ? contributions : contributions.filter((c) => !others.includes(c));
  const needed = law.aim(
    job,
    unopposed.map(({ score }) => score),
    others.map(({ score, digest }) => ({ score, digest: digest! })),
  );
  task.target = needed > contributions.length ? needed : Math.min(target, needed);
}

/** Replicas still to be placed. While digests are unseen, those at work are assumed to agree. */
export function wanted(task: Task): number {
  return Math.max(0, task.target - task.contributions.length);
}

/** Puts a task that wants another replica in its job's queue: old ones first, as far as the ends of the queue allow. */
export function queueTask(state: State, task: Task): void {
  const { job, position } = task;
  // Who held a lease may still speak of a task that has become a number again, or is decided.
  if (task.queued || job.open.get(position) !== task) return;
  if (isUntouched(task)) {
    closeTask(state, task);
    job.dispatch.returned.pushFront(position);
  } else {
    task.queued = true;
    if (position < (job.again.first ?? 0)) job.again.pushFront(position);
    else job.again.pushBack(position);
  }
  wake(state, job);
}

/** Nothing is known of it that a task never leased does not have: it becomes a number again. */
const isUntouched = (task: Task): boolean =>
  task.contributions.length === 0 &&
  task.target === task.job.firstReplicas &&
  !(task.attempts > 1 || task.audited || task.refereeing || task.disputants || task.uploading || task.verdict);
