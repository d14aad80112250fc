// What is kept of a worker's part in a task. While tasks are only leased, one record serves all of a lease: millions are
// leased, and nothing is known of one that is not of the others. Each gets its own when the worker commits to it.
import type { Bytes32 } from "../../protocol/ids.ts";
import type { Standing } from "./credibility.ts";
import type { Contribution, Task, Worker } from "./state.ts";

/** Shared by all tasks that nobody has been given. */
export const NO_CONTRIBUTIONS: readonly Contribution[] = [];

export const leaseTo = (worker: Worker, leasedMs: number, deadlineMs: number): Contribution => ({
  worker: worker.address,
  owner: worker.owner,
  beneficiary: worker.beneficiary,
  subnet: worker.subnet,
  cohort: worker.cohort,
  numericClass: worker.numericClass,
  score: worker.score,
  state: "leased",
  deadlineMs,
  leasedMs,
  checksAt: worker.standing.checks,
  historyAt: worker.standing.history,
  failuresAt: worker.standing.failures,
});

/** The worker has committed to one of the tasks of a lease: from here on it has a record of its own. */
export function commit(task: Task, lease: Contribution, commitment: Bytes32, standing?: Standing): Contribution {
  const committed: Contribution = {
    worker: lease.worker,
    owner: lease.owner,
    beneficiary: lease.beneficiary,
    subnet: lease.subnet,
    cohort: lease.cohort,
    numericClass: lease.numericClass,
    score: lease.score,
    state: "committed",
    deadlineMs: lease.deadlineMs,
    leasedMs: lease.leasedMs,
    checksAt: standing?.checks ?? lease.checksAt,
    historyAt: standing?.history ?? lease.historyAt,
    failuresAt: standing?.failures ?? lease.failuresAt,
    commitment,
    // What will be known of it has its place from the beginning: objects that grow cost twice.
    digest: undefined,
    inline: false,
    output: undefined,
    proof: lease.proof,
    counted: false,
  };
  replace(task, lease, committed);
  return committed;
}

/** A record that can be written to without others of the lease being changed with it. */
export function ownRecord(task: Task, c: Contribution): Contribution {
  if (c.state !== "leased") return c;
  const own = { ...c };
  replace(task, c, own);
  return own;
}

/** Arrays are shared, too. */
function replace(task: Task, before: Contribution, after: Contribution): void {
  task.contributions = task.contributions.map((c) => (c === before ? after : c));
}
