// Whether a deal on chain pays for this job at this pool.
import type { JobSpec } from "../protocol/api.ts";
import { LAW_NUMBER, tasksOf } from "../protocol/api.ts";
import type { DealTerms } from "../protocol/epoch.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Address, Cid, JobId } from "../protocol/ids.ts";
import { appHash, jobHash } from "../protocol/job.ts";

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
