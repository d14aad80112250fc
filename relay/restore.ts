// Builds the relay's memory from the store after a start. Leases are not stored: what was committed or revealed and not
// decided comes back, and its workers are asked for it when they do.
import { invariant } from "../protocol/errors.ts";
import type { Cid } from "../protocol/ids.ts";
import type { Memory } from "./memory.ts";
import { contributionOf, makeJob, workerOf } from "./rows.ts";
import type { Event } from "./scheduler/events.ts";
import { markOf } from "./scheduler/suspicion.ts";
import type { Store } from "./store/store.ts";

/**
 * Fills an empty memory. Each event is for the scheduler before the next is asked for: a job's checks come before the job.
 * `hasReferee`: the pool runs disputed tasks itself.
 */
export function* restore(store: Store, memory: Memory, hasReferee: boolean): Generator<Event> {
  const { state, jobs, workers, audits } = memory;
  for (const row of store.workers.all()) {
    workers.set(row.address, row);
    state.workers.set(row.address, workerOf(row, ""));
  }
  const byNumber = new Map([...workers.values()].map((row) => [row.n, row]));
  const rows = store.jobs.all();
  const auditOf = new Map(rows.flatMap((row) => (row.auditOf === undefined ? [] : [[row.auditOf, row] as const])));
  for (const row of rows) {
    if (row.auditOf !== undefined) continue;
    const app = store.apps.get(row.spec.app as Cid);
    invariant(app, `job ${row.id} has an app in the store`);
    const job = makeJob(row, app.manifest, hasReferee);
    job.state = row.state;
    if (row.spec.deadlineSeconds !== undefined) row.promise = store.promises.get(row.n);
    job.isUnstable = row.error?.code === "kernel-nondeterministic";
    const main = { row, manifest: app.manifest, job, contributions: store.contributions.count(row.n) };
    jobs.set(row.id, main);
    const certified = new Set(store.certified.indices(row.n));
    job.certified = certified.size;
    const audit = auditOf.get(row.n);
    if (audit) audits.attach(main, audit);
    const restored = (n: number) =>
      store.contributions.open(n).map((c) => {
        const contribution = contributionOf(c, job, byNumber.get(c.worker)!.address);
        if (job.compare.kind === "exact") contribution.output = undefined;
        return { index: c.task, contribution };
      });
    if (audit) yield { type: "checksRestored", checks: audits.restored(main, restored(audit.n)) };
    if (row.state !== "running") continue;
    for (const { worker, count } of store.contributions.rejected(row.n))
      job.marks.set(state.workers.get(byNumber.get(worker)!.address)!, markOf(count));
    yield { type: "jobRestored", job, certified, contributions: restored(row.n) };
  }
}
