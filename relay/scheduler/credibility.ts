// How far the pool believes a worker under law `pool`: the credibility of L. Sarmenta, "Sabotage-tolerance mechanisms for
// volunteer computing systems" (https://doi.org/10.1016/S0167-739X(01)00077-2), with two changes, argued in
// docs/verification.md: what a worker passed before a contribution counts e times less than what it passes afterwards
// (a liar may build trust first), and agreement with a stranger counts by how far the stranger is believed.
//
//   credibility after k checks   c = 1 − (f / (1 − f)) / (e k), at least 1 − f        odds = c / (1 − c)
//   m that agree, k1 … km        W = ((1 − f) / f)^m · max(1, e Σ k)                   believed ⇔ W ≥ (T − 1)(1 + Σ other W)
//
// Sarmenta multiplies odds, Π c / (1 − c). That holds if liars lie on tasks of their own choice. If they have agreed on
// the tasks, all m survive what any one of them survives, and the best lie rate leaves f^m / (e Σ k): the second line. For
// one contributor both are the same. `collusion` says which is assumed. Both take it that a liar cannot tell a
// check from a task; docs/verification.md says how far that holds.

/** What the pool assumes of the world, and how it spends work on checking. Shares are of 1. */
export interface Rules {
  /** Share of workers assumed to be bad and to agree with each other (f). */
  saboteurs: number;
  /** Whether bad workers have only agreed on wrong answers, or also on the tasks to lie on. */
  collusion: "answers" | "tasks";
  /** Share of tasks under law `pool` that get a second contribution from a stranger whoever computed them. */
  auditRate: number;
  /** Share of leased tasks that are spot checks: past certified tasks under fresh keys. */
  checkRate: number;
  /** Checks passed are forgotten as if only the newest so many had been made. */
  memory: number;
  /** A contribution that would need more checks than this to be believed gets another replica at once. */
  holdChecks: number;
  /** Tasks of a job that may wait for their workers' credibility; beyond, they are replicated. */
  maxHeld: number;
  /** Results of one worker that are checked after the fact at one time. */
  checkedAtOnce: number;
}

export const defaultRules: Rules = {
  saboteurs: 0.2,
  collusion: "tasks",
  auditRate: 0.05,
  checkRate: 0.02,
  memory: 2000,
  holdChecks: 600,
  maxHeld: 100_000,
  checkedAtOnce: 64,
};

/** What a worker has shown. Weights are of checks: 1 for a known answer, less for agreement with somebody less known. */
export interface Standing {
  /** Weight of all checks passed: only differences mean anything. */
  checks: number;
  /** The same since the last failure, forgotten slowly. */
  history: number;
  /** Checks failed. What was committed before the newest failure speaks for nobody. */
  failures: number;
  /** Undecided tasks in which somebody disagrees with it: until they are decided nothing is believed on its word alone. */
  disputes: number;
  /** Results of it that are being checked after the fact. */
  beingChecked: number;
}

export const newStanding = (): Standing => ({ checks: 0, history: 0, failures: 0, disputes: 0, beingChecked: 0 });

/** A worker's standing when it committed. */
export interface StandingAt {
  checksAt: number;
  historyAt: number;
  failuresAt: number;
}

/** Odds that a result of a worker nobody knows is right. */
export const newcomerOdds = ({ saboteurs }: Pick<Rules, "saboteurs">): number => (1 - saboteurs) / saboteurs;

/** Odds that a result is right whose worker passed `checks` checks. */
export const oddsAfter = (checks: number, rules: Pick<Rules, "saboteurs">): number =>
  Math.max(newcomerOdds(rules), Math.E * checks * newcomerOdds(rules) - 1);

/** Checks after which a result has at least these odds. */
export const checksFor = (odds: number, rules: Pick<Rules, "saboteurs">): number =>
  odds <= newcomerOdds(rules) ? 0 : (odds + 1) / (Math.E * newcomerOdds(rules));

/** Checks that speak for a contribution; undefined if its worker failed one since, and it speaks for nobody. */
export const checksOf = (standing: Standing, at: StandingAt): number | undefined =>
  standing.failures === at.failuresAt ? standing.checks - at.checksAt + at.historyAt / Math.E : undefined;

/** Odds of a group that agrees, whose members passed so many checks each. Empty: 1, as good as nothing. */
export function groupOdds(checks: readonly number[], rules: Pick<Rules, "saboteurs" | "collusion">): number {
  if (checks.length === 0) return 1;
  if (rules.collusion === "answers") return checks.reduce((odds, k) => odds * oddsAfter(k, rules), 1);
  const newcomers = newcomerOdds(rules) ** checks.length;
  const sum = checks.reduce((a, b) => a + b, 0);
  return Math.max(newcomers, Math.E * sum * newcomers - 1);
}

/** Checks that every one of a group of `size` must have passed, on average, for the group to have these odds. */
export function checksEach(odds: number, size: number, rules: Pick<Rules, "saboteurs" | "collusion">): number {
  if (rules.collusion === "answers") return checksFor(odds ** (1 / size), rules);
  const newcomers = newcomerOdds(rules) ** size;
  return odds <= newcomers ? 0 : (odds + 1) / (Math.E * newcomers) / size;
}

/** Odds that a contribution is right; 1, as good as nothing, once its worker was found wrong. */
export function oddsOf(standing: Standing, at: StandingAt, rules: Rules): number {
  const checks = checksOf(standing, at);
  return checks === undefined ? 1 : oddsAfter(checks, rules);
}

export function passed(standing: Standing, weight: number, { memory }: Rules): void {
  standing.checks += weight;
  standing.history += weight * (1 - standing.history / memory);
}

export function failed(standing: Standing): void {
  standing.failures++;
  standing.history = 0;
}

/** That the next result of a worker is right, as far as is known now, 0..1. */
export function credibilityOf({ history }: Standing, rules: Rules): number {
  const odds = oddsAfter(history / Math.E, rules);
  return odds / (1 + odds);
}

/** Odds a group must reach, if nobody disagrees, for trust T. */
export const oddsForTrust = (trust: number): number => Math.max(0, trust - 1);

export interface Outlook {
  /** Contributions a certified task takes on average, checks included. */
  redundancy: number;
  /** Contributions that must agree, of workers with that many checks. */
  group: number;
}

/**
 * What a certified task will take under law `pool`, if nobody lies: of workers that do `tasksPerWorker` tasks of the job
 * and start with `history` checks. A forecast for the requester, from the same formulas; not a promise.
 */
export function expectedRedundancy(
  terms: { trust: number; replicas: number; tasksPerWorker: number; history: number },
  rules: Rules,
): Outlook {
  const need = oddsForTrust(terms.trust);
  const agreement = 1 - rules.saboteurs;
  for (let group = terms.replicas; group <= MAX_GROUP; group++) {
    const rate = rules.checkRate + (group > 1 ? agreement * group : 2 * agreement * rules.auditRate);
    const own = checksEach(need, group, rules) - terms.history / Math.E;
    const audits = group > 1 ? 0 : rules.auditRate;
    if (own <= 0) return { redundancy: group + audits + rules.checkRate, group };
    if (own > rules.holdChecks) continue;
    // Those of the end have no work left to be checked by: some of them are done once more.
    const tail = own / (2 * agreement) / Math.max(1, terms.tasksPerWorker);
    if (tail < 1 || rate * terms.tasksPerWorker >= own)
      return { redundancy: group + audits + rules.checkRate + Math.min(1, tail), group };
  }
  const group = Math.ceil(Math.log(Math.max(need, 1)) / Math.log(newcomerOdds(rules)));
  return { redundancy: Math.max(group, terms.replicas) + rules.checkRate, group };
}
const MAX_GROUP = 16;
