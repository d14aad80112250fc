// Whether a deal on chain pays for this job at this pool.
import type { JobSpec } from "../protocol/api.ts";
import { LAW_NUMBER, tasksOf, wholeTasksOf } from "../protocol/api.ts";
import type { DealTerms } from "../protocol/epoch.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Address, Cid, JobId } from "../protocol/ids.ts";
import { appHash, jobHash } from "../protocol/job.ts";
import type { Origin } from "./orders/market.ts";

/** Throws `bad-deal` with the first term that differs. */
export function checkDeal(terms: DealTerms | undefined, id: JobId, spec: JobSpec, pool: Address): DealTerms {
  if (!terms) throw new SuperEdgeError("bad-deal", `there is no open deal ${id} on chain`);
  const differences: [string, unknown, unknown][] = [
    ["pool", pool, terms.pool],
    ["app hash", appHash(spec.app as Cid), terms.appHash],
    ["job hash", jobHash(spec), terms.jobHash],
    ["law", LAW_NUMBER[spec.law], LAW_NUMBER[terms.law]],
    ["trust", spec.trust, terms.trust],
    ["replicas", spec.replicas, terms.replicas],
    ["tasks", tasksOf(spec), terms.tasks],
  ];
  for (const [what, wanted, found] of differences)
    if (wanted !== found) throw new SuperEdgeError("bad-deal", `${what}: the job has ${wanted}, the deal ${found}`);
  return terms;
}

/**
 * The job with what the deal pays for of it: where a request was filled by several deals, each has the tasks that follow
 * those of the deals before it. `origin` is undefined for a deal that no order became. Throws `bad-deal` if the job names
 * another part.
 */
export function partFor(spec: JobSpec, origin: Origin | undefined): JobSpec {
  const { part: named, ...whole } = spec;
  const isWhole = !origin || (origin.firstTask === 0 && origin.tasks === wholeTasksOf(spec));
  const part = isWhole ? undefined : { firstTask: origin.firstTask, tasks: origin.tasks };
  if (named && (named.firstTask !== part?.firstTask || named.tasks !== part.tasks))
    throw new SuperEdgeError(
      "bad-deal",
      `part: the job names ${named.tasks} tasks from ${named.firstTask}, the deal pays for ${part ? `${part.tasks} from ${part.firstTask}` : "all"}`,
    );
  return part ? { ...whole, part } : whole;
}
