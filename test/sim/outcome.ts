// What a simulation has shown, in the figures that are published. docs/verification.md defines each of them.
import { clopperPearson, type RateBounds } from "./binomial.ts";
import { Grid } from "./grid.ts";
import type { Policy, Scenario, Variant } from "./scenario.ts";
import type { Tally } from "./tally.ts";

export interface Outcome {
  policy: Policy;
  trust: number;
  lieRate: number;
  seed: number;
  tasks: number;
  certified: number;
  wrong: number;
  /** Of them, those for which one worker's word was enough. */
  wrongAlone: number;
  /** Wrong of certified. */
  error: number;
  /** 95 % bounds of the rate behind it. */
  bounds: RateBounds;
  /** Contributions committed, spot checks and wasted ones included, a certified task. */
  redundancy: number;
  makespanSeconds: number;
  /** Makespan over the time in which all would have been done at the pace of the first nine tenths. */
  tailSlowdown: number;
  /** Speculative copies a certified task. */
  extraWork: number;
  /** Honest machines banned; their right results that were rejected. */
  wrongfulBans: number;
  rightRejected: number;
  /** Names under which somebody lied, those of them that were banned, and contributions they made until then (mean). */
  liars: number;
  caught: number;
  contributionsUntilBan: number | undefined;
  /** Mean of committed contributions a name. */
  tasksPerName: number;
  /** Why it ended before all was certified. */
  stopped: string | undefined;
  counts: Omit<Tally, "curveMs" | "certify" | "timeOf" | "stopped">;
  /** Seconds at which each two hundredth of the tasks was certified. */
  curveSeconds: number[];
  /** Replicas of a task that met inside one owner, subnet or cohort. */
  meetings: number;
}

function outcomeOf(grid: Grid, scenario: Scenario, policy: Policy, seed: number): Outcome {
  const { tally, job } = grid;
  const { curveMs, stopped, ...counts } = tally;
  const done = tally.certified === job.tasks;
  return {
    policy,
    trust: job.trust,
    lieRate: scenario.adversary?.lieRate ?? 0,
    seed,
    tasks: job.tasks,
    certified: tally.certified,
    wrong: tally.wrong,
    wrongAlone: tally.wrongAlone,
    error: tally.wrong / Math.max(1, tally.certified),
    bounds: clopperPearson(tally.wrong, tally.certified),
    redundancy: (tally.committed + 2 * tally.referees) / Math.max(1, tally.certified),
    makespanSeconds: tally.endMs / 1000,
    tailSlowdown: done ? tally.endMs / (tally.timeOf(0.9) / 0.9) : Number.POSITIVE_INFINITY,
    extraWork: job.dispatch.copies / Math.max(1, tally.certified),
    wrongfulBans: tally.honestBans,
    rightRejected: tally.rightRejected,
    liars: tally.liars,
    caught: tally.badBans,
    contributionsUntilBan: tally.badBans > 0 ? tally.untilBan / tally.badBans : undefined,
    tasksPerName: tally.committed / Math.max(1, tally.identities),
    stopped,
    counts: counts as Outcome["counts"],
    meetings: tally.meetings,
    curveSeconds: [...curveMs].map((ms) => ms / 1000),
  };
}

/** One run. */
export function simulate(scenario: Scenario, policy: Policy, seed: number): Outcome {
  const grid = new Grid(scenario, policy, seed);
  grid.run();
  return outcomeOf(grid, scenario, policy, seed);
}

/** All that a scenario stands for, policy after policy, and what distinguishes each run. */
export function* simulateAll(variants: readonly Variant[], seed: number, policies?: readonly Policy[]): Generator<Run> {
  for (const policy of policies ?? variants[0]!.scenario.policies)
    for (const { scenario, varied } of variants) yield { scenario, varied, outcome: simulate(scenario, policy, seed) };
}

export interface Run extends Variant {
  outcome: Outcome;
}
