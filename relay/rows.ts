// From what is stored to what the scheduler works with.
import { agreement } from "../kernels/agreement.ts";
import type { Manifest } from "../kernels/kernel.ts";
import { rangeOf, restsOnOne, tasksOf } from "../protocol/api.ts";
import { type Address, hex32 } from "../protocol/ids.ts";
import { MAX_INLINE_OUTPUT_BYTES } from "../protocol/limits.ts";
import { isSampled } from "./scheduler/belief.ts";
import { newSpending } from "./scheduler/category.ts";
import { newStanding } from "./scheduler/credibility.ts";
import { laws } from "./scheduler/laws.ts";
import { needsOf } from "./scheduler/needs.ts";
import { newJob, newWorker } from "./scheduler/new.ts";
import type { Contribution, Job, Worker } from "./scheduler/state.ts";
import type { ContributionRow } from "./store/contributions.ts";
import type { JobRow } from "./store/jobs.ts";
import { CONTRIBUTION } from "./store/open.ts";
import type { WorkerRow } from "./store/workers.ts";
import { keyMaker, orderOf } from "./taskKeys.ts";

/** A job as the relay knows it: its row, its app, and its place in the scheduler. */
export interface JobContext {
  row: JobRow;
  manifest: Manifest;
  job: Job;
  /** Committed so far. */
  contributions: number;
}

/** `hasReferee`: the pool runs disputed tasks itself. What it finds can be held against workers if results compare exactly everywhere. */
export function makeJob(
  row: Pick<JobRow, "id" | "requester" | "spec" | "secret" | "priceWei"> & Partial<Pick<JobRow, "spentSeconds">>,
  { name, engine, compare, output, requirements }: Manifest,
  hasReferee: boolean,
): Job {
  const { law, trust, replicas } = row.spec;
  const job = newJob({
    id: row.id,
    requester: row.requester,
    itemsPerTask: row.spec.itemsPerTask,
    engine,
    app: row.spec.app,
    law,
    trust,
    replicas,
    firstReplicas: laws[law]!.first({ trust, replicas }),
    tasks: tasksOf(row.spec),
    compare:
      compare.kind === "exact"
        ? compare
        : {
            kind: "tolerance",
            agree: (a, b) => agreement(compare, output.type, a, b),
            isSampled: (index) => rangeOf(row.spec, index).count * output.itemBytes > MAX_INLINE_OUTPUT_BYTES,
          },
    needs: needsOf({ ...row, name, engine, requirements }),
    keyOf: keyMaker(row.id, row.secret),
    ...(restsOnOne(row.spec) && { order: orderOf(tasksOf(row.spec), row.secret) }),
    ...(row.spec.category && { spending: newSpending(row.spec.category, row.spentSeconds ?? 0) }),
  });
  job.referee = hasReferee && compare.kind === "exact" && !compare.within;
  return job;
}

/** Not connected. */
export const workerOf = (row: WorkerRow, subnet: string): Worker => {
  const { address, owner, beneficiary, score, good, bad, lapsed, suspicion, banned, checks, history, failures } = row;
  return newWorker({
    ...{ address, owner, beneficiary, subnet, score, good, bad, lapsed, suspicion, banned },
    engines: new Set(row.engines),
    standing: { ...newStanding(), checks, history, failures },
  });
};

/** Of a task not yet certified. */
export const contributionOf = (row: ContributionRow, job: Job, worker: Address): Contribution => ({
  worker,
  owner: row.owner,
  beneficiary: row.beneficiary,
  subnet: row.subnet,
  cohort: row.cohort,
  numericClass: row.numericClass,
  score: row.score,
  // Leaves that were shown are not kept: its worker is asked again.
  state: row.state === CONTRIBUTION.revealed && !isSampled({ job, index: row.task }) ? "revealed" : "committed",
  deadlineMs: 0,
  leasedMs: 0,
  commitment: hex32(row.commitment),
  digest: row.digest ? hex32(row.digest) : undefined,
  output: row.output ?? undefined,
  inline: row.output !== null,
  checksAt: row.checksAt,
  historyAt: row.historyAt,
  failuresAt: row.failuresAt,
});
