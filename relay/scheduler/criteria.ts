// What a worker scores on the five criteria, from what it has shown and, where nothing else tells, from what its page says.
// docs/matchmaking.md works an example by hand. Scores steer who is asked first; pay and belief do not depend on them.
import type { Attributes } from "../../protocol/ads.ts";
import type { ReadCriterion } from "./promethee.ts";

/** What ranking needs to know of a worker. */
export interface WorkerRecord {
  /** That its next result is right, 0..1. */
  credibility: number;
  /** Contributions that agreed, that did not, and that were never shown. */
  good: number;
  bad: number;
  lapsed: number;
  /** Of its machine: see protocol/ads.ts. */
  attributes: Attributes;
}

/** cost, speed, trust, reliability, energy. */
export type Scores = [number, number, number, number, number];

/**
 * How differences count: not below q, fully from p on, in proportion between. Speed and energy are powers of two, trust
 * powers of ten, so that their differences are ratios: a tenth faster is no difference, twice as fast a full one.
 */
export const FUNCTIONS: readonly Omit<ReadCriterion, "share">[] = [
  { sign: -1, preference: { type: "linear", q: 0.1, p: 1 } },
  { sign: 1, preference: { type: "linear", q: 0.14, p: 1 } },
  { sign: 1, preference: { type: "linear", q: 0.1, p: 1 } },
  { sign: 1, preference: { type: "linear", q: 0.02, p: 0.2 } },
  { sign: -1, preference: { type: "linear", q: 0.14, p: 1 } },
];

/** Speed of a machine that has not measured itself, 10⁹ operations a second: what a modest laptop does. */
const UNMEASURED_GFLOPS = { wgsl: 200, wasm: 0.5 } as const;
/** Trust at which cost is reckoned: that of an ordinary job. */
const COST_TRUST = 1000;
/** A worker whose results are hardly worth a vote costs no more than a task may take. */
const MAX_COST = 16;
/** Credibility beyond this makes no difference: nobody has passed that many checks. */
const MAX_CREDIBILITY = 1 - 1e-6;
/** What a newcomer is taken to have done: nine contributions shown of ten. */
const PRIOR = { shown: 9, lapsed: 1 } as const;
/** Watts under load, by kind of machine: rough figures, good enough to tell a phone from a workstation. */
const WATTS = { discrete: 150, integrated: 25, core: 6 } as const;
/** Charging and discharging lose about a fifth. */
const BATTERY_FACTOR = 1.25;

export function scoresOf(record: WorkerRecord, engine: "wgsl" | "wasm"): Scores {
  const { attributes } = record;
  const credibility = Math.min(MAX_CREDIBILITY, Math.max(0, record.credibility));
  const measured = attributes[engine === "wgsl" ? "GflopsF32" : "GflopsWasm"];
  const gflops = typeof measured === "number" && measured > 0 ? measured : UNMEASURED_GFLOPS[engine];
  const shown = record.good + record.bad + PRIOR.shown;
  const reliability = shown / (shown + record.lapsed + PRIOR.lapsed);
  return [
    Math.min(MAX_COST, resultsFor(credibility) / reliability),
    Math.log2(gflops),
    -Math.log10(1 - credibility),
    reliability,
    Math.log2(wattsOf(attributes, engine) / gflops),
  ];
}

/** How many results like its own must agree to be believed at trust `COST_TRUST`: odds multiply. At least 1. */
function resultsFor(credibility: number): number {
  const odds = credibility / (1 - credibility);
  return odds <= 1 ? MAX_COST : Math.max(1, Math.log(COST_TRUST - 1) / Math.log(odds));
}

/** GPUs that come as cards of their own; those of all others share the processor's power. */
const DISCRETE = /nvidia|amd/i;

function wattsOf(attributes: WorkerRecord["attributes"], engine: "wgsl" | "wasm"): number {
  const { GpuVendor, GpuIsSoftware, Cores, OnBattery } = attributes;
  const cores = typeof Cores === "number" ? Math.max(1, Cores) : 1;
  let watts: number = WATTS.core;
  if (engine === "wgsl" && GpuIsSoftware === true) watts = WATTS.core * cores;
  else if (engine === "wgsl") watts = DISCRETE.test(String(GpuVendor)) ? WATTS.discrete : WATTS.integrated;
  return OnBattery === true ? watts * BATTERY_FACTOR : watts;
}
