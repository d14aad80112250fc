// How many tasks one lease takes, and how long it may take.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { helpers } from "./clusters.ts";
import type { Job, State, Worker } from "./state.ts";
import { slotsWaiting } from "./work.ts";

/** A lease's length aimed at, milliseconds: a closed tab loses little, a commit's signature covers much. */
export const LEASE_MS = 5_000;
/** Of a worker whose speed on the app is unknown: enough to learn it. */
const FIRST_LEASE_TASKS = 2;
/** A lease is given up at four times its expected length, within these bounds, milliseconds. */
const DEADLINE_FACTOR = 4;
const SHORTEST_DEADLINE_MS = 20_000;
const LONGEST_DEADLINE_MS = 600_000;
const UNKNOWN_DEADLINE_MS = 60_000;
/** One lease at work and one in hand: who asks for more without committing would keep work from others. */
export const MAX_LEASED = 2 * MAX_BATCH_TASKS;

export function leaseSize(state: State, job: Job, worker: Worker): number {
  const taskMs = worker.taskMs.get(job.app);
  const bySpeed = taskMs === undefined ? FIRST_LEASE_TASKS : Math.floor(LEASE_MS / Math.max(taskMs, 0.01));
  // Guided self-scheduling: the last tasks are spread over all helpers instead of queueing behind one.
  const fair = Math.ceil(slotsWaiting(job) / (2 * Math.max(1, helpers(state, job))));
  return Math.max(1, Math.min(bySpeed, fair, worker.wants, MAX_BATCH_TASKS, MAX_LEASED - worker.leased.size));
}

/** Milliseconds from now. */
export const deadlineFor = (taskMs: number | undefined, tasks: number): number =>
  taskMs === undefined
    ? UNKNOWN_DEADLINE_MS
    : Math.min(LONGEST_DEADLINE_MS, Math.max(SHORTEST_DEADLINE_MS, DEADLINE_FACTOR * taskMs * tasks));
