// How many tasks one lease takes, and how long it may take.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { helpers } from "./clusters.ts";
import type { Expected } from "./pace.ts";
import type { Job, State, Worker } from "./state.ts";
import { slotsWaiting } from "./work.ts";

/** A lease's length aimed at, milliseconds: a closed tab loses little, a commit's signature covers much. */
export const LEASE_MS = 5_000;
/** A lease should be finished before the worker leaves, this surely. */
const FINISHED = 0.9;
/** Of an app whose pace is unknown: enough to learn it. */
const FIRST_LEASE_TASKS = 2;
/** One lease at work and one in hand: who asks for more without committing would keep work from others. */
export const MAX_LEASED = 2 * MAX_BATCH_TASKS;

export function leaseSize(
  state: State,
  job: Job,
  worker: Worker,
  expected: Expected | undefined,
  nowMs: number,
): number {
  const { dispatch, itemMs } = worker;
  const stayMs = state.dispatch.sessions.stayMs(nowMs - dispatch.joinedMs, FINISHED);
  const bySpeed = expected
    ? Math.floor(Math.min(LEASE_MS, stayMs) / Math.max(expected.meanMs, 0.01))
    : FIRST_LEASE_TASKS;
  // Guided self-scheduling: the last tasks are spread over all helpers instead of queueing behind one. They are shared
  // with every other job that has something for them.
  const share = helpers(state, job) / Math.max(1, dispatch.cluster?.offers.size ?? 1);
  const fair = Math.ceil(slotsWaiting(job) / Math.max(1, 2 * share));
  const most = itemMs.has(job.app) ? MAX_BATCH_TASKS : FIRST_LEASE_TASKS;
  return Math.max(1, Math.min(bySpeed, fair, worker.wants, most, MAX_LEASED - worker.leased.size));
}

/** Deviations a task may take longer than expected. */
const DEVIATIONS = 4;
/** Whatever is expected, there is time to fetch inputs, to rest, and to be looked at late by a hidden tab, milliseconds. */
const SHORTEST_DEADLINE_MS = 20_000;
/** Of an app whose pace nobody knows. */
const UNKNOWN_DEADLINE_MS = 60_000;
/** The longest category's ten hours, and as much again. */
const LONGEST_DEADLINE_MS = 20 * 3_600_000;

/**
 * Milliseconds from now within which `tasks` more should be committed: mean + 4 deviations for each, after what the worker
 * holds already. Every lease that ran out in vain doubles it, until one is committed.
 */
export function deadlineFor(job: Job, worker: Worker, expected: Expected | undefined, tasks: number): number {
  const patience = Math.max(worker.dispatch.patience, job.dispatch.patience);
  if (!expected) return Math.min(LONGEST_DEADLINE_MS, patience * UNKNOWN_DEADLINE_MS);
  const ms = worker.leased.size * expected.meanMs + tasks * (expected.meanMs + DEVIATIONS * expected.devMs);
  return Math.min(LONGEST_DEADLINE_MS, patience * Math.max(SHORTEST_DEADLINE_MS, ms));
}

/** A lease ran out: what was expected was wrong, or the worker is slow, or it is gone. */
export function beMorePatient(job: Job, worker: Worker, nowMs: number): void {
  // Its tasks run out together, and count once.
  if (worker.dispatch.ranOutMs === nowMs) return;
  worker.dispatch.ranOutMs = nowMs;
  worker.dispatch.patience = Math.min(64, 2 * worker.dispatch.patience);
  if (job.certified === 0) job.dispatch.patience = Math.min(1024, 2 * job.dispatch.patience);
}
