// Whether a task's revealed contributions satisfy the deal's law, and if not, how many more could.
import { certifiedDigest, MAX_CONTRIBUTIONS, type Vote } from "../../protocol/poco.ts";
import type { Contribution, Job } from "./state.ts";

export type Belief =
  /** `canonical` is the contribution whose bytes stand for the result. */
  | { believed: true; canonical: Contribution; agreeing: Contribution[] }
  /** Replicas that would settle it if they all agreed with the best group. */
  | { believed: false; missing: number };

/** The digest that stands for all that agree. */
const AGREED = "agreed";
/** What a replica not yet placed is assumed to bring. */
const NEWCOMER: Vote = { score: 0, digest: AGREED };

/**
 * The candidate with which most revealed contributions agree; ties go to the lowest commitment, which nobody could
 * choose knowing the others.
 */
function bestGroup(job: Job, revealed: Contribution[]): { canonical: Contribution; agreeing: Contribution[] } {
  let best: { canonical: Contribution; agreeing: Contribution[] } | undefined;
  for (const candidate of revealed) {
    const agreeing = revealed.filter((other) => agree(job, candidate, other));
    const better =
      !best ||
      agreeing.length > best.agreeing.length ||
      (agreeing.length === best.agreeing.length && candidate.commitment! < best.canonical.commitment!);
    if (better) best = { canonical: candidate, agreeing };
  }
  return best!;
}

const agree = (job: Job, a: Contribution, b: Contribution): boolean =>
  a.digest === b.digest ||
  (job.compare.kind === "tolerance" && !!a.output && !!b.output && job.compare.agree(a.output, b.output));

/** What the rule sees: those that agree as one digest, the others as their own. */
const votesOf = (agreeing: Contribution[], revealed: Contribution[]): Vote[] =>
  revealed.map((c) => ({ score: c.score, digest: agreeing.includes(c) ? AGREED : c.digest! }));

/** Law `poco` is the contract's integer rule; law `pool`, for now, a strict majority. Both want `replicas` agreeing. */
function satisfied({ law, trust, replicas }: Pick<Job, "law" | "trust" | "replicas">, votes: Vote[]): boolean {
  const agreeing = votes.filter((vote) => vote.digest === AGREED).length;
  if (agreeing < replicas) return false;
  switch (law) {
    case "poco":
      return certifiedDigest(votes, trust) === AGREED;
    case "pool":
      return agreeing > votes.length - agreeing;
  }
}

export function believe(job: Job, revealed: Contribution[]): Belief {
  if (revealed.length === 0) return { believed: false, missing: job.firstReplicas };
  const { canonical, agreeing } = bestGroup(job, revealed);
  const votes = votesOf(agreeing, revealed);
  if (satisfied(job, votes)) return { believed: true, canonical, agreeing };
  for (let missing = 1; votes.length < MAX_CONTRIBUTIONS; missing++) {
    votes.push(NEWCOMER);
    if (satisfied(job, votes)) return { believed: false, missing };
  }
  return { believed: false, missing: 1 };
}

/** Replicas a task gets when nothing is known of it yet: the law's demand of newcomers. */
export const firstReplicas = (job: Pick<Job, "law" | "trust" | "replicas">): number => newcomersFor(job).length;

/** Whether workers without reputation can satisfy the deal at all. */
export const canBeBelieved = (job: Pick<Job, "law" | "trust" | "replicas">): boolean =>
  satisfied(job, newcomersFor(job));

function newcomersFor(job: Pick<Job, "law" | "trust" | "replicas">): Vote[] {
  const votes: Vote[] = [];
  do votes.push(NEWCOMER);
  while (!satisfied(job, votes) && votes.length < MAX_CONTRIBUTIONS);
  return votes;
}
