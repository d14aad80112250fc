// How long an item takes: running averages by app and class of machine, with their deviation, quick to grow and slow to
// shrink, as TCP estimates round trips (RFC 6298; Jacobson 1988). What a machine has shown itself counts before what its
// class has, and that before what the app has anywhere.
import type { Job, State, Task, Worker } from "./state.ts";

/** Weights of a new measurement: a slowdown is believed sooner than a speed-up, since a lease lost costs more than a wait. */
const SLOWER = 1 / 4;
const FASTER = 1 / 8;
const DEVIATION = 1 / 4;
/** Of the newest lease in a worker's own average. */
const OWN = 0.4;
/** One measurement counts as at most this many deviations above the average: who dawdles must not slow the clock for all. */
const MOST_DEVIATIONS = 8;
/** Averages kept; the oldest go first. */
const MAX_PACES = 10_000;

export class Pace {
  meanMs: number;
  devMs: number;

  constructor(ms: number) {
    this.meanMs = ms;
    this.devMs = ms / 2;
  }

  learn(ms: number): void {
    const error = Math.min(ms - this.meanMs, MOST_DEVIATIONS * this.devMs);
    this.devMs += DEVIATION * (Math.abs(error) - this.devMs);
    this.meanMs += (error > 0 ? SLOWER : FASTER) * error;
  }
}

/** Time of one task, milliseconds. */
export interface Expected {
  meanMs: number;
  devMs: number;
}

const itemsOf = (job: Job): number => job.itemsPerTask ?? 1;

/** Machines that round alike are built alike; of the others a rough speed is known, or nothing. */
const classOf = ({ numericClass, attributes }: Worker, { engine }: Job): string => {
  const speed = Number(attributes[engine === "wgsl" ? "GflopsF32" : "GflopsWasm"]);
  return speed > 0 ? `${numericClass}|${Math.round(2 * Math.log2(speed))}` : numericClass;
};

function note(paces: Map<string, Pace>, key: string, ms: number): void {
  const known = paces.get(key);
  if (known) return known.learn(ms);
  paces.set(key, new Pace(ms));
  if (paces.size > MAX_PACES) paces.delete(paces.keys().next().value!);
}

/**
 * A worker has committed to tasks of one job. They took as long as it says it worked, or, if that is longer, as has passed
 * since it got them or finished those before: a machine that rests in between is no faster for it.
 */
export function learnPace(
  state: State,
  worker: Worker,
  tasks: readonly Task[],
  { busyMs, leasedMs, nowMs }: { busyMs: number; leasedMs: number; nowMs: number },
): void {
  const { dispatch } = worker;
  const spanMs = nowMs - Math.max(leasedMs, dispatch.committedMs);
  dispatch.committedMs = nowMs;
  dispatch.patience = 1;
  const { job } = tasks[0]!;
  job.dispatch.patience = 1;
  const itemMs = Math.max(busyMs, spanMs) / tasks.length / itemsOf(job);
  const own = worker.itemMs.get(job.app);
  worker.itemMs.set(job.app, own === undefined ? itemMs : own + OWN * (itemMs - own));
  const { paces } = state.dispatch;
  note(paces, job.app, itemMs);
  note(paces, `${job.app}\n${classOf(worker, job)}`, itemMs);
}

/** Undefined if nobody has run the app. `worker`: of anybody if absent. */
export function expectedTask(state: State, job: Job, worker?: Worker): Expected | undefined {
  const { paces } = state.dispatch;
  const own = worker?.itemMs.get(job.app);
  const pace = (worker && paces.get(`${job.app}\n${classOf(worker, job)}`)) ?? paces.get(job.app);
  const items = itemsOf(job);
  if (own !== undefined)
    return { meanMs: own * items, devMs: own * items * (pace && pace.meanMs > 0 ? pace.devMs / pace.meanMs : 0.5) };
  return pace && { meanMs: pace.meanMs * items, devMs: pace.devMs * items };
}
