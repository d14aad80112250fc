// How others decide what to believe, as laws of the same scheduler: what is compared is the rule, on the same volunteers,
// leases and failures.
import { bestGroup } from "../../relay/scheduler/belief.ts";
import type { Law, Reason } from "../../relay/scheduler/laws.ts";
import type { Contribution, State, Task } from "../../relay/scheduler/state.ts";
import type { Name } from "./people.ts";
import { draw } from "./random.ts";

const neverAsked = (): Reason => ({ reached: 0, needed: 0, parts: [] });

/** Two that agree, of as many as it takes; the usual quorum of volunteer computing. */
const majority: Law = {
  first: () => 2,
  least: () => 2,
  believe(_state, { job }, revealed) {
    const { canonical, agreeing, others } = bestGroup(job, revealed);
    if (agreeing.length >= 2 && agreeing.length > others.length) return { state: "believed", canonical, agreeing };
    return { state: "wanting", missing: Math.max(2 - agreeing.length, others.length + 1 - agreeing.length) };
  },
  explain: neverAsked,
};

/** Consecutive valid results after which BOINC trusts a host. */
const TRUSTED_AFTER = 10;

/**
 * BOINC's adaptive replication (https://github.com/BOINC/boinc/wiki/AdaptiveReplication): who has n ≥ 10 valid results in
 * a row is believed alone with probability 1 − 1/n; all others need a second that agrees. `seed` throws the dice.
 */
const boinc = (seed: number): Law => ({
  first: () => 1,
  least: () => 1,
  believe(state: State, task: Task, revealed: readonly Contribution[]) {
    const { canonical, agreeing, others } = bestGroup(task.job, revealed);
    if (revealed.length === 1) {
      const n = (state.workers.get(canonical.worker) as Name).validInARow;
      // One throw a task, however often it is looked at.
      if (n >= TRUSTED_AFTER && draw(seed, task.index, 0) < 1 - 1 / n)
        return { state: "believed", canonical, agreeing };
    } else if (agreeing.length >= 2 && agreeing.length > others.length)
      return { state: "believed", canonical, agreeing };
    return { state: "wanting", missing: Math.max(2 - agreeing.length, others.length + 1 - agreeing.length) };
  },
  explain: neverAsked,
});

/** Lead that makes the majority right with odds of T, if a share `f` lies and agrees: ((1 − f) / f)^d ≥ T. */
const leadFor = (trust: number, saboteurs: number): number =>
  Math.max(1, Math.ceil(Math.log(trust) / Math.log((1 - saboteurs) / saboteurs)));

/** Iterative redundancy (Brun, Edwards, Bang, Medvidovic, ICDCS 2011): as many more as the lead of the majority lacks. */
const iterative = (saboteurs: number): Law => ({
  first: ({ trust }) => leadFor(trust, saboteurs),
  least: ({ trust }) => leadFor(trust, saboteurs),
  believe(_state, { job }, revealed) {
    const { canonical, agreeing, others } = bestGroup(job, revealed);
    const lacking = leadFor(job.trust, saboteurs) - (agreeing.length - others.length);
    return lacking <= 0 ? { state: "believed", canonical, agreeing } : { state: "wanting", missing: lacking };
  },
  explain: neverAsked,
});

export const baselines = (seed: number, saboteurs: number): Readonly<Record<string, Law>> => ({
  majority,
  boinc: boinc(seed),
  iterative: iterative(saboteurs),
});
