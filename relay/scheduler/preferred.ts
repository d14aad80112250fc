// A requester may prefer some machines (see bands.ts). A worker of a lesser band gets a job's fresh tasks only if the better
// ones cannot do them within a short time. If they have not after twice the time that they should need, everybody may for
// a while: nothing starves. Tasks that want another contribution are for whoever is a stranger to them.
import { helpers } from "./clusters.ts";
import { expectedTask } from "./pace.ts";
import type { Job, State, Worker } from "./state.ts";
import { slotsWaiting } from "./work.ts";

const HORIZON_MS = 30_000;
/** How long everybody may, once the better ones have not done it in time. */
const OPEN_MS = 10 * HORIZON_MS;
/** How long they are given at least: to come back from what they do now. */
const LEAST_MS = 1_000;
/** How often it is counted who is in which band, and among how many. */
const COUNTED_EVERY_MS = 5_000;
const SAMPLE = 512;
const BANDS = 4;

export interface Preferred {
  countedMs: number;
  /** Share of the job's workers in better bands than this one. */
  better: number[];
  /** Since when, and when last, tasks were kept from somebody. */
  keptFromMs: number;
  keptMs: number;
  openUntilMs: number;
}

/** Whether the job's tasks are better left to workers its requester prefers to this one. */
export function isForBetter(state: State, job: Job, worker: Worker, nowMs: number): boolean {
  const key = job.needs?.ranking.key;
  const band = key === undefined ? undefined : worker.bands.get(key);
  const pace = band ? expectedTask(state, job) : undefined;
  if (!band || !pace) return false;
  const preferred = counted(job, key!, nowMs);
  if (nowMs < preferred.openUntilMs || job.again.size > 0) return false;
  const theirs =
    (helpers(state, job) * preferred.better[band]!) / Math.max(1, worker.dispatch.cluster?.offers.size ?? 1);
  const neededMs = (slotsWaiting(job) * pace.meanMs) / theirs;
  if (!(neededMs <= HORIZON_MS)) return false;
  if (nowMs - preferred.keptMs > HORIZON_MS) preferred.keptFromMs = nowMs;
  preferred.keptMs = nowMs;
  if (nowMs - preferred.keptFromMs < Math.min(HORIZON_MS, LEAST_MS + 2 * neededMs)) return true;
  preferred.openUntilMs = nowMs + OPEN_MS;
  return false;
}

function counted(job: Job, key: string, nowMs: number): Preferred {
  const never = Number.NEGATIVE_INFINITY;
  const known = job.dispatch.preferred;
  const preferred = known ?? { countedMs: never, better: [], keptFromMs: never, keptMs: never, openUntilMs: never };
  job.dispatch.preferred = preferred;
  if (nowMs - preferred.countedMs < COUNTED_EVERY_MS) return preferred;
  preferred.countedMs = nowMs;
  const counts = new Array<number>(BANDS).fill(0);
  let seen = 0;
  for (const { members } of job.dispatch.clusters)
    for (const { bands } of members) {
      if (seen === SAMPLE) break;
      seen++;
      counts[bands.get(key) ?? BANDS - 1]!++;
    }
  let sum = 0;
  preferred.better = counts.map((count) => {
    const share = sum / Math.max(1, seen);
    sum += count;
    return share;
  });
  return preferred;
}
