// From what is stored to what the scheduler works with.
import { agreement } from "../kernels/agreement.ts";
import type { Manifest } from "../kernels/kernel.ts";
import { tasksOf } from "../protocol/api.ts";
import { type Address, hex32 } from "../protocol/ids.ts";
import { firstReplicas } from "./scheduler/belief.ts";
import type { Contribution, Job, Worker } from "./scheduler/state.ts";
import type { ContributionRow } from "./store/contributions.ts";
import type { JobRow } from "./store/jobs.ts";
import { CONTRIBUTION } from "./store/open.ts";
import type { WorkerRow } from "./store/workers.ts";
import { keyMaker } from "./taskKeys.ts";

/** A job as the relay knows it: its row, its app, and its place in the scheduler. */
export interface JobContext {
  row: JobRow;
  manifest: Manifest;
  job: Job;
  /** Committed so far. */
  contributions: number;
}

export function makeJob(row: Pick<JobRow, "id" | "spec" | "secret">, { engine, compare, output }: Manifest): Job {
  const { law, trust, replicas } = row.spec;
  return {
    id: row.id,
    engine,
    app: row.spec.app,
    law,
    trust,
    replicas,
    firstReplicas: firstReplicas({ law, trust, replicas }),
    tasks: tasksOf(row.spec),
    compare:
      compare.kind === "exact"
        ? compare
        : { kind: "tolerance", agree: (a, b) => agreement(compare, output.type, a, b) },
    fresh: 0,
    again: [],
    open: new Map(),
    certified: 0,
    state: "running",
    failures: new Map(),
    pass: 0,
    keyOf: keyMaker(row.id, row.secret),
  };
}

/** Not connected. */
export const workerOf = (row: WorkerRow, subnet: string): Worker => ({
  address: row.address,
  owner: row.owner,
  beneficiary: row.beneficiary,
  subnet,
  score: row.score,
  engines: new Set(row.engines),
  connected: false,
  wants: 0,
  leased: new Set(),
  taskMs: new Map(),
  good: row.good,
  bad: row.bad,
  lapsed: row.lapsed,
  suspicion: row.suspicion,
  banned: row.banned,
  failed: new Set(),
});

/** Of a task not yet certified. */
export const contributionOf = (row: ContributionRow, worker: Address): Contribution => ({
  worker,
  owner: row.owner,
  beneficiary: row.beneficiary,
  subnet: row.subnet,
  score: row.score,
  state: row.state === CONTRIBUTION.revealed ? "revealed" : "committed",
  deadlineMs: 0,
  leasedMs: 0,
  commitment: hex32(row.commitment),
  digest: row.digest ? hex32(row.digest) : undefined,
  output: row.output ?? undefined,
});
