// Which of a task's revealed results agree, and what a law makes of them.
import type { Bytes32 } from "../../protocol/ids.ts";
import type { Contribution, Job, Task, Worker } from "./state.ts";

export type Belief =
  /** `canonical` is the contribution whose bytes stand for the result. */
  | { state: "believed"; canonical: Contribution; agreeing: Contribution[] }
  /** Replicas that would settle it if they all agreed with the best group. */
  | { state: "wanting"; missing: number }
  /** Nobody disagrees; it is believed once `worker` has passed that much more of checks. */
  | { state: "held"; worker: Worker; checks: number };

export interface Agreement {
  canonical: Contribution;
  agreeing: Contribution[];
  others: Contribution[];
}

/**
 * The result with which most revealed contributions agree, by `weight` if as many agree with another; what is left is
 * decided by the lowest commitment, which nobody could choose knowing the others.
 */
export function bestGroup(
  job: Job,
  revealed: readonly Contribution[],
  weight: (agreeing: readonly Contribution[]) => number = () => 0,
): Agreement {
  const [first] = revealed as [Contribution];
  if (revealed.every((c) => c.digest === first.digest)) {
    let canonical = first;
    for (const c of revealed) if (c.commitment! < canonical.commitment!) canonical = c;
    return { canonical, agreeing: [...revealed], others: [] };
  }
  let best: { canonical: Contribution; agreeing: Contribution[]; weight: number } | undefined;
  for (const candidate of revealed) {
    const agreeing = revealed.filter((other) => agree(job, candidate, other));
    const group = { canonical: candidate, agreeing, weight: weight(agreeing) };
    if (!best || isBetter(group, best)) best = group;
  }
  const { canonical, agreeing } = best!;
  return { canonical, agreeing, others: revealed.filter((c) => !agreeing.includes(c)) };
}

/** Those whose digest is the referee's; undefined if nobody's is. */
export function groupOf(digest: Bytes32, revealed: readonly Contribution[]): Agreement | undefined {
  const agreeing = revealed.filter((c) => c.digest === digest);
  const [canonical] = agreeing;
  return canonical && { canonical, agreeing, others: revealed.filter((c) => c.digest !== digest) };
}

function isBetter(a: { canonical: Contribution; agreeing: Contribution[]; weight: number }, b: typeof a): boolean {
  if (a.agreeing.length !== b.agreeing.length) return a.agreeing.length > b.agreeing.length;
  if (a.weight !== b.weight) return a.weight > b.weight;
  return a.canonical.commitment! < b.canonical.commitment!;
}

function agree({ compare }: Job, a: Contribution, b: Contribution): boolean {
  if (a.digest === b.digest) return true;
  const [x, y] = [a.output ?? a.sample, b.output ?? b.sample];
  return compare.kind === "tolerance" && !!x && !!y && compare.agree(x, y);
}

/** Whether results of this task are compared by leaves of them, because they are too large to be compared whole. */
export const isSampled = ({ job, index }: Pick<Task, "job" | "index">): boolean =>
  job.compare.kind === "tolerance" && job.compare.isSampled(index);
