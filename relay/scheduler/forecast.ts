// How long a job will take, as far as can be said before it runs: the work there is, over the speed of those who could do
// it, with the share of them that stride scheduling would give it.
//
//   T₅₀ = tasks × redundancy / (Σ 1 / task time × share) + the last task's replicas, one after the other
//
// What a task takes on a machine is what lay between its commits (see pace.ts): its rests and pauses are in it.
//
// The real time is taken to be log-normal about that, because what goes wrong multiplies: machines that sleep, a pool
// that shrinks. Its spread is wider the fewer of the machines have run the app. A rule of thumb, not a law.
import type { Worker } from "./state.ts";

export interface Forecast {
  p50Ms: number;
  p90Ms: number;
  /** Of being done within so many milliseconds. */
  within: (ms: number) => number;
}

export interface Load {
  app: string;
  tasks: number;
  /** Contributions for one certified task. */
  redundancy: number;
  /** Items of a task. */
  size: number;
  /** Requesters with running jobs for the same engine, this one not counted. */
  rivals: number;
}

/** No machine is faster than a billion items a second, whatever it says. */
const LEAST_ITEM_MS = 1e-6;
/** From a commit to its verdict, milliseconds: a reveal asked for and answered. */
const SETTLE_MS = 1_000;
/** Standard deviation of the logarithm, where all machines have run the app, and what is added where none has. */
const SPREAD_KNOWN = 0.4;
const SPREAD_UNKNOWN = 0.3;
/** 90 % point of the standard normal distribution. */
const NINETY = 1.2816;

/** Undefined where nobody has run the app yet, or nobody could. */
export function forecastOf(load: Load, eligible: readonly Worker[]): Forecast | undefined {
  const known: number[] = [];
  for (const { itemMs } of eligible) {
    const ms = itemMs.get(load.app);
    if (ms !== undefined) known.push(Math.max(ms, LEAST_ITEM_MS) * load.size);
  }
  if (known.length === 0) return undefined;
  known.sort((a, b) => a - b);
  // A machine that has not run it is taken to be as fast as the middle one of those that have.
  const middle = known[known.length >> 1]!;
  const rate = known.reduce((sum, ms) => sum + 1 / ms, 0) + (eligible.length - known.length) / middle;
  const work = load.tasks * load.redundancy;
  const tail = Math.ceil(load.redundancy) * (middle + SETTLE_MS);
  const p50Ms = (work / rate) * (1 + load.rivals) + tail;
  const spread = SPREAD_KNOWN + SPREAD_UNKNOWN * (1 - known.length / eligible.length);
  return {
    p50Ms,
    p90Ms: p50Ms * Math.exp(NINETY * spread),
    within: (ms) => (ms > 0 ? normal(Math.log(ms / p50Ms) / spread) : 0),
  };
}

/**
 * The standard normal distribution function, to 7.5e-8: M. Abramowitz, I. Stegun, Handbook of Mathematical Functions,
 * formula 26.2.17.
 */
export function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return x >= 0 ? 1 - upper : upper;
}
