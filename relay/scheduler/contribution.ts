// What is kept of a worker's part in a task. While tasks are only leased, one record serves all of a lease: millions are
// leased, and nothing is known of one that is not of the others. Each gets its own when the worker commits to it.
import type { Bytes32 } from "../../protocol/ids.ts";
import type { Standing } from "./credibility.ts";
import type { Contribution, Task, Worker } from "./state.ts";

/** Shared by all tasks that nobody has been given. */
export const NO_CONTRIBUTIONS: readonly Contribution[] = [];

/** `isShared`: the record is of several tasks. */
export const leaseTo = (who: Worker, leasedMs: number, deadlineMs: number, isShared = false): Contribution => ({
  who,
  worker: who.address,
  owner: who.owner,
  beneficiary: who.beneficiary,
  subnet: who.subnet,
  cohort: who.cohort,
  numericClass: who.numericClass,
  score: who.score,
  state: "leased",
  isShared,
  counted: false,
  inline: false,
  deadlineMs,
  leasedMs,
  checksAt: who.standing.checks,
  historyAt: who.standing.history,
  failuresAt: who.standing.failures,
  // What will be known of it has its place from the beginning: objects that grow cost twice.
  commitment: undefined,
  digest: undefined,
  output: undefined,
  proof: undefined,
});

/** Of the same shape, so that what reads them need not tell two kinds of object apart. */
const ownCopy = (c: Contribution): Contribution => ({
  who: c.who,
  worker: c.worker,
  owner: c.owner,
  beneficiary: c.beneficiary,
  subnet: c.subnet,
  cohort: c.cohort,
  numericClass: c.numericClass,
  score: c.score,
  state: c.state,
  isShared: false,
  counted: c.counted,
  inline: c.inline,
  deadlineMs: c.deadlineMs,
  leasedMs: c.leasedMs,
  checksAt: c.checksAt,
  historyAt: c.historyAt,
  failuresAt: c.failuresAt,
  commitment: c.commitment,
  digest: c.digest,
  output: c.output,
  proof: c.proof,
});

/** The worker has committed to one of the tasks of a lease: from here on it has a record of its own. */
export function commit(task: Task, lease: Contribution, commitment: Bytes32, standing: Standing): Contribution {
  const committed = ownRecord(task, lease);
  committed.state = "committed";
  committed.commitment = commitment;
  committed.checksAt = standing.checks;
  committed.historyAt = standing.history;
  committed.failuresAt = standing.failures;
  return committed;
}

/** A record that can be written to without others of the lease being changed with it. */
export function ownRecord(task: Task, c: Contribution): Contribution {
  if (!c.isShared) return c;
  const own = ownCopy(c);
  // Arrays are shared, too.
  task.contributions = task.contributions.map((other) => (other === c ? own : other));
  return own;
}
