// Spot checks are paid by the pool, from a deal of its own for each job that wants them: to a worker, key and pay of a
// check look like those of any task. In the store a check is a task of that deal, under its number.
import { randomBytes } from "node:crypto";
import { type JobSpec, restsOnOne } from "../protocol/api.ts";
import type { Address, JobId } from "../protocol/ids.ts";
import { MAX_JOB_ITEMS, MAX_JOB_TASKS } from "../protocol/limits.ts";
import { type JobContext, makeJob } from "./rows.ts";
import type { Check } from "./scheduler/checks.ts";
import type { Contribution, Job } from "./scheduler/state.ts";
import { Task } from "./scheduler/taskRecord.ts";
import type { JobRow } from "./store/jobs.ts";
import type { Store } from "./store/store.ts";

/** Opens a deal of the pool with itself; undefined if the pool cannot or does not want to pay for checks. */
export type OpenAudit = (
  job: JobId,
  spec: JobSpec,
  priceWei: bigint,
) => Promise<{ dealId: JobId; feeBps: number } | undefined>;

interface OpenOptions {
  /** Without it there are no checks. */
  openAudit?: OpenAudit | undefined;
  pool: Address;
  now: () => number;
  log: (event: string, fields: Record<string, unknown>) => void;
}

/** Checks a small job may come to need, beyond twice the rate. Machines that do a disputed task again are not paid for it. */
const SPARE_CHECKS = 16;

export class Audits {
  readonly #store: Store;
  readonly #deals = new Map<JobId, { main: JobContext; context: JobContext }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Every audit deal, as a job that the scheduler does not know: it ends with its job and the last check of it. */
  *all(): Generator<JobContext> {
    for (const { main, context } of this.#deals.values()) {
      const { row } = context;
      if (row.state === "running" && main.job.state !== "running" && main.job.openChecks === 0) {
        row.state = "done";
        this.#store.group.write(() => this.#store.jobs.finish(row.n, "done", undefined, Date.now()));
      }
      yield context;
    }
  }

  /** Where the store keeps a task: by its job and index, or by the audit deal's and its number there. */
  placeOf(job: JobContext, task: Task): { context: JobContext; index: number } {
    const deal = task.check && this.#deals.get(task.job.id);
    return deal ? { context: deal.context, index: task.check!.number } : { context: job, index: task.index };
  }

  /** The job does not wait for its checks: they begin once the pool's deal for them is on chain. Does not throw. */
  async open(main: JobContext, checkRate: number, { openAudit, pool, now, log }: OpenOptions): Promise<void> {
    const { row, job } = main;
    if (!openAudit || !wantsAudit(row, job)) return;
    const spec = auditSpec(row, job.tasks, checkRate);
    if (spec.items === 0) return;
    const { group, jobs } = this.#store;
    try {
      const deal = await openAudit(row.id, spec, row.priceWei);
      if (!deal) return;
      const audit = auditRow(row, spec, deal, pool, now());
      let n = 0;
      group.write(() => {
        n = jobs.insert(audit);
      });
      await new Promise<void>((resolve) => group.afterwards(resolve));
      this.attach(main, { ...audit, n, state: "running", mismatches: 0, spentSeconds: 0 });
      log("job is checked", { job: row.id, deal: deal.dealId, checks: job.audit?.most });
    } catch (error) {
      log("no spot checks for this job", { job: row.id, error: String((error as Error).message) });
    }
  }

  /** From now on the job's workers are checked. */
  attach(main: JobContext, row: JobRow): void {
    const job = makeJob(row, main.manifest, false);
    this.#deals.set(main.row.id, { main, context: { row, manifest: main.manifest, job, contributions: 0 } });
    const perTask = checksPaidBy(main.row);
    main.job.audit = { keyOf: job.keyOf, next: this.#store.spots.next(row.n), most: job.tasks, perTask };
  }

  /** Written down with the commit, so that a check survives a crash. */
  note(job: Job, { number, digest, self }: Check, task: number): void {
    this.#store.spots.insert({ job: this.#deals.get(job.id)!.context.row.n, number, task, digest, self });
  }

  /** Checks that were committed to before a restart and not decided: `open` are the deal's open contributions. */
  restored(main: JobContext, open: readonly { index: number; contribution: Contribution }[]): Task[] {
    const byNumber = new Map(open.map(({ index, contribution }) => [index, contribution]));
    const tasks: Task[] = [];
    for (const { number, task: index, digest, self } of this.#store.spots.of(
      this.#deals.get(main.row.id)!.context.row.n,
    )) {
      const contribution = byNumber.get(number);
      if (!contribution) continue;
      const check = { number, digest, self };
      const key = main.job.audit!.keyOf(number);
      const task = Task.check(main.job, index, key, check);
      task.contributions = [contribution];
      tasks.push(task);
    }
    return tasks;
  }
}

/** Whether workers need checking, and can be, bit for bit. */
const wantsAudit = ({ spec }: Pick<JobRow, "spec">, job: Pick<Job, "compare">): boolean =>
  restsOnOne(spec) && job.compare.kind === "exact";

/**
 * Checks that the pool's fee for one certified task of the job pays for. The requester names the price, and may own the
 * machines: a pool that paid for more could be emptied by jobs made for that.
 */
const checksPaidBy = ({ feeBps }: Pick<JobRow, "feeBps">): number => feeBps / (10_000 - feeBps);

/** What the audit deal binds: the same app and inputs, as many tasks as there may be checks, each believed by itself. */
export function auditSpec(main: Pick<JobRow, "spec" | "feeBps">, tasks: number, checkRate: number): JobSpec {
  const { spec } = main;
  const wanted = Math.min(Math.ceil(2 * checkRate * tasks) + SPARE_CHECKS, Math.floor(checksPaidBy(main) * tasks));
  const checks = Math.min(wanted, MAX_JOB_TASKS, Math.floor(MAX_JOB_ITEMS / spec.itemsPerTask));
  const { app, params, inputs, itemsPerTask } = spec;
  return { app, params, inputs, items: checks * itemsPerTask, itemsPerTask, law: "pool", trust: 1, replicas: 1 };
}

/** The audit deal as the store keeps it. */
function auditRow(
  main: JobRow,
  spec: JobSpec,
  { dealId, feeBps }: { dealId: JobId; feeBps: number },
  requester: JobRow["requester"],
  createdMs: number,
): Omit<JobRow, "n" | "state" | "mismatches" | "spentSeconds"> {
  const secret = new Uint8Array(randomBytes(32));
  const { priceWei, n } = main;
  return { id: dealId, title: "", spec, requester, priceWei, assetsWei: 0n, feeBps, secret, createdMs, auditOf: n };
}
