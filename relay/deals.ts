// Whether a deal on chain pays for this job at this pool.
import { type JobSpec, tasksOf, wholeTasksOf } from "../protocol/api.ts";
import type { DealTerms } from "../protocol/epoch.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Address, Cid, JobId } from "../protocol/ids.ts";
import { appHash, jobHash } from "../protocol/job.ts";
import type { Origin } from "./orders/market.ts";

/** Throws `bad-deal` with the first term that differs. */
export function checkDeal(terms: DealTerms | undefined, id: JobId, spec: JobSpec, pool: Address): DealTerms {
  if (!terms) throw new SuperEdgeError("bad-deal", `there is no open deal ${id} on chain`);
  checkSame(terms, spec, pool, "deal");
  return terms;
}

type Paid = Pick<DealTerms, "pool" | "appHash" | "jobHash" | "law" | "trust" | "replicas" | "tasks">;

/** That a deal, or an order for one, is for this job at this pool. Throws `bad-deal` with the first term that differs. */
export function checkSame(paid: Paid, spec: JobSpec, pool: Address, what: "deal" | "order"): void {
  const terms: [string, unknown, unknown][] = [
    ["pool", pool, paid.pool],
    ["app hash", appHash(spec.app as Cid), paid.appHash],
    ["job hash", jobHash(spec), paid.jobHash],
    ["law", spec.law, paid.law],
    ["trust", spec.trust, paid.trust],
    ["replicas", spec.replicas, paid.replicas],
    ["tasks", tasksOf(spec), paid.tasks],
  ];
  for (const [term, wanted, found] of terms)
    if (wanted !== found) throw new SuperEdgeError("bad-deal", `${term}: the job has ${wanted}, the ${what} ${found}`);
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
