// The laws by which results are believed, behind one interface. A deal names one. The simulator adds others to compare.
import type { Address } from "../../protocol/ids.ts";
import { certifiedDigest, MAX_CONTRIBUTIONS, type Vote, weigh, weightOf } from "../../protocol/poco.ts";
import { type Agreement, type Belief, bestGroup, groupOf } from "./belief.ts";
import { checksEach, checksOf, groupOdds, oddsForTrust, oddsOf } from "./credibility.ts";
import type { Contribution, Job, State, Task, Worker } from "./state.ts";

export interface Law {
  /** Contributions a fresh task gets at once. */
  first(job: Pick<Job, "trust" | "replicas">): number;
  /**
   * Contributions that will settle a task: those that agree or are not seen yet (`scores`), as many newcomers as are still
   * needed to agree with them, and those that are seen to be `against`. What `first` says if absent.
   */
  aim?(job: Pick<Job, "trust" | "replicas">, scores: readonly number[], against?: readonly Vote[]): number;
  /** Contributions a fresh task must have before it is looked at, whoever made them. */
  least(job: Pick<Job, "trust" | "replicas">, state: State): number;
  /** `revealed`: at least one. Those still at work do not count. */
  believe(state: State, task: Task, revealed: readonly Contribution[]): Belief;
  /** Why these are believed against those, in figures. */
  explain(state: State, task: Task, agreeing: readonly Contribution[], others: readonly Contribution[]): Reason;
}

/** What speaks for a certified result. */
export interface Reason {
  /** Credibility of those who agree, from 0 to 1. */
  reached: number;
  /** 1 − 1/T: what the deal asked for. */
  needed: number;
  /** The pool has run the task itself. */
  referee?: { agrees: boolean };
  parts: {
    worker: Address;
    /** Law poco: the factor it multiplies its group with. */
    weight?: number;
    /** Law pool: how far its result was believed by itself, 0 to 1, and the weight of checks passed behind that. */
    credibility?: number;
    checks?: number;
  }[];
}

const neededFor = (trust: number): number => 1 - 1 / Math.max(1, trust);

/** The digest that stands for all that agree. */
const AGREED = "agreed";
/** What a replica not yet placed is assumed to bring. */
const NEWCOMER: Vote = { score: 0, digest: AGREED };

/** Whether votes satisfy the integer rule, and enough of them agree. */
const isPocoSatisfied = ({ trust, replicas }: Pick<Job, "trust" | "replicas">, votes: readonly Vote[]): boolean =>
  votes.filter((vote) => vote.digest === AGREED).length >= replicas && certifiedDigest(votes, trust) === AGREED;

function newcomersFor(job: Pick<Job, "trust" | "replicas">): Vote[] {
  const votes: Vote[] = [];
  do votes.push(NEWCOMER);
  while (!isPocoSatisfied(job, votes) && votes.length < MAX_CONTRIBUTIONS);
  return votes;
}

/** The integer rule that the contract recomputes; see protocol/poco.ts. */
export const poco: Law = {
  first: (job) => newcomersFor(job).length,
  least: (job) => job.replicas,
  aim: ({ trust, replicas }, scores, against = []) => {
    // A group is certified when its weight is above (T − 1)(1 + the others'). Beyond 2^53 that is rounded, and only a guess.
    const others = against.length === 0 ? 1 : Number(weigh(against).total);
    const most = MAX_CONTRIBUTIONS - against.length;
    let group = scores.reduce((product, score) => product * weightOf(score), 1);
    let count = scores.length;
    for (; count < most && (count < replicas || group <= (Math.max(trust, 1) - 1) * others); count++)
      group *= weightOf(NEWCOMER.score);
    return count + against.length;
  },
  believe(_state, { job }, contributions) {
    const { canonical, agreeing } = bestGroup(job, contributions);
    const votes: Vote[] = contributions.map((c) => ({
      score: c.score,
      digest: agreeing.includes(c) ? AGREED : c.digest!,
    }));
    if (isPocoSatisfied(job, votes)) return { state: "believed", canonical, agreeing };
    for (let missing = 1; votes.length < MAX_CONTRIBUTIONS; missing++) {
      votes.push(NEWCOMER);
      if (isPocoSatisfied(job, votes)) return { state: "wanting", missing };
    }
    return { state: "wanting", missing: 1 };
  },
  explain(_state, { job }, agreeing, others) {
    const votes = [...agreeing.map((c) => ({ ...c, digest: AGREED })), ...others].map(({ score, digest }) => ({
      score,
      digest: digest!,
    }));
    const { groups, total } = weigh(votes);
    return {
      reached: Number((groups.get(AGREED)! * PRECISION) / total) / Number(PRECISION),
      needed: neededFor(job.trust),
      parts: [...agreeing, ...others].map((c) => ({ worker: c.worker, weight: weightOf(c.score) })),
    };
  },
};
const PRECISION = 1_000_000_000n;

const standingOf = (c: Contribution): Worker["standing"] => c.who!.standing;

/** Checks that speak for those of a group whose word still counts. */
const checksOfGroup = (group: readonly Contribution[]): number[] =>
  group.flatMap((c) => checksOf(standingOf(c), c) ?? []);

/** Odds that all of these are right, if they agree. */
const oddsOfGroup = (state: State, group: readonly Contribution[]): number =>
  groupOdds(checksOfGroup(group), state.rules);

/** Odds of the others, group by group. Within a tolerance those are a group that agree with one of them. */
function oddsAgainst(state: State, job: Job, others: readonly Contribution[]): number {
  let sum = 0;
  for (let rest = others; rest.length > 0; ) {
    const group = bestGroup(job, rest);
    sum += oddsOfGroup(state, group.agreeing);
    rest = group.others;
  }
  return sum;
}

/**
 * Credibility (see credibility.ts), and never against a majority: receipt and contract ask for that much. Replicas are
 * placed one after the other, so that who lies first cannot know whether a friend comes second.
 */
export const pool: Law = {
  first: () => 1,
  least: ({ trust, replicas }, state) =>
    trust > 1 && replicas < 2 && state.random() < state.rules.auditRate ? 2 : replicas,
  believe(state, task, revealed) {
    const { job, verdict } = task;
    const best = verdict
      ? groupOf(verdict, revealed)
      : bestGroup(job, revealed, (agreeing) => oddsOfGroup(state, agreeing));
    if (!best) return { state: "wanting", missing: 1 };
    const { canonical, agreeing, others } = best;
    const lacking = Math.max(task.least - agreeing.length, others.length + 1 - agreeing.length);
    if (lacking > 0) return { state: "wanting", missing: lacking };
    if (verdict) return { state: "believed", canonical, agreeing };
    const need = oddsForTrust(job.trust) * (1 + oddsAgainst(state, job, others));
    const isAlone = agreeing.length === 1 && job.trust > 1;
    const disputed = isAlone && standingOf(canonical).disputes > 0;
    if (oddsOfGroup(state, agreeing) >= need && !disputed) return { state: "believed", canonical, agreeing };
    return (others.length === 0 && heldBy(state, best, need)) || { state: "wanting", missing: 1 };
  },
  explain(state, { job }, agreeing, others) {
    const group = oddsOfGroup(state, agreeing);
    return {
      reached: group / (1 + group + oddsAgainst(state, job, others)),
      needed: neededFor(job.trust),
      parts: [...agreeing, ...others].map((c) => {
        const standing = standingOf(c);
        const odds = oddsOf(standing, c, state.rules);
        return { worker: c.worker, credibility: odds / (1 + odds), checks: checksOf(standing, c) ?? 0 };
      }),
    };
  },
};

/** Whether those who agree may wait until they are believed, and whose checks to wait for. */
function heldBy(state: State, { agreeing }: Agreement, need: number): Belief | undefined {
  const checks = checksOfGroup(agreeing);
  if (checks.length === 0) return undefined;
  const lacking = checksEach(need, checks.length, state.rules) - checks.reduce((a, b) => a + b, 0) / checks.length;
  // Who was found wrong since may pass what it likes: it no longer speaks for this result.
  const speaking = agreeing.filter((c) => checksOf(standingOf(c), c) !== undefined);
  const known = speaking.map((c) => c.who!).filter((worker) => !worker.banned);
  const worker = known.find((w) => w.connected) ?? known[0];
  if (!worker || lacking > state.rules.holdChecks) return undefined;
  // At least a little: what is held is looked at again when its worker has passed one more check.
  return { state: "held", worker, checks: Math.max(lacking, MIN_HELD_CHECKS) };
}
const MIN_HELD_CHECKS = 1e-6;

export const laws: Readonly<Record<string, Law>> = { poco, pool };

/** Whether workers without reputation can satisfy the deal at all. */
export function canBeBelieved({ law, trust, replicas }: Pick<Job, "law" | "trust" | "replicas">): boolean {
  return law === "poco" ? isPocoSatisfied({ trust, replicas }, newcomersFor({ trust, replicas })) : true;
}
