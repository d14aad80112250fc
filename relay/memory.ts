// What the relay knows without asking the disk: jobs, audit deals, every worker ever seen, and the scheduler's state.
// It may run ahead of the disk; what is told from it waits for the disk (see loop.ts).
import type { Address, JobId } from "../protocol/ids.ts";
import { Audits } from "./audits.ts";
import type { JobContext } from "./rows.ts";
import type { Task, Worker } from "./scheduler/state.ts";
import { emptyState } from "./scheduler/step.ts";
import type { Store } from "./store/store.ts";
import type { WorkerRow } from "./store/workers.ts";
import { uniform } from "./uniform.ts";

export class Memory {
  readonly state = emptyState({ random: uniform });
  /** All but audit deals. */
  readonly jobs = new Map<JobId, JobContext>();
  /** As stored, save for sequence and pay, which are counted here first. */
  readonly workers = new Map<Address, WorkerRow>();
  /** Deals that pay for spot checks. */
  readonly audits: Audits;

  constructor(store: Store) {
    this.audits = new Audits(store);
  }

  jobOf(task: Task): JobContext {
    return this.jobs.get(task.job.id)!;
  }

  /** Where the store keeps a task: a spot check is a task of its job's audit deal. */
  placeOf(task: Task): { context: JobContext; index: number } {
    return this.audits.placeOf(this.jobOf(task), task);
  }

  /** Every worker ever seen, as the scheduler knows it and as stored. */
  *seen(): Generator<{ row: WorkerRow; worker: Worker }> {
    for (const row of this.workers.values()) {
      const worker = this.state.workers.get(row.address);
      if (worker) yield { row, worker };
    }
  }
}
