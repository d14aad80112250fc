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
/** Apps and classes of which averages are kept; the oldest go first. */
const MAX_APPS = 1_000;
const MAX_CLASSES = 1_000;

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

export interface AppPace {
  all: Pace;
  byClass: Map<string, Pace>;
}

function note(paces: Map<string, AppPace>, app: string, name: string, ms: number): void {
  let pace = paces.get(app);
  if (pace) pace.all.learn(ms);
  else {
    pace = { all: new Pace(ms), byClass: new Map() };
    add(paces, app, pace, MAX_APPS);
  }
  const known = pace.byClass.get(name);
  if (known) known.learn(ms);
  else add(pace.byClass, name, new Pace(ms), MAX_CLASSES);
}

function add<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
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
  note(state.dispatch.paces, job.app, classOf(worker, job), itemMs);
}

/** Undefined if nobody has run the app. `worker`: of anybody if absent. */
export function expectedTask(state: State, job: Job, worker?: Worker): Expected | undefined {
  const own = worker?.itemMs.get(job.app);
  const known = state.dispatch.paces.get(job.app);
  const pace = known && ((worker && known.byClass.get(classOf(worker, job))) ?? known.all);
  const items = itemsOf(job);
  if (own !== undefined)
    return { meanMs: own * items, devMs: own * items * (pace && pace.meanMs > 0 ? pace.devMs / pace.meanMs : 0.5) };
  return pace && { meanMs: pace.meanMs * items, devMs: pace.devMs * items };
}
