// Spot checks: past certified tasks leased once more, under fresh keys, among ordinary ones. Whoever gets one cannot tell
// it from work. Two kinds: of a worker against what is known, and, where digests differ and nobody can say who erred, of a
// machine against itself.
import type { Address, Bytes32, TaskKey } from "../../protocol/ids.ts";
import { isClassBound } from "./numericClass.ts";
import type { Contribution, Job, State, Worker } from "./state.ts";
import { Task } from "./taskRecord.ts";

/** Certified tasks of a job kept for checking: enough that two workers seldom get the same ones. */
const MAX_KNOWN = 512;
/** Owners whose machine must disagree with itself before the kernel is blamed. */
const UNSTEADY_TO_STOP = 3;
/** Known tasks looked at for one that the worker has not done itself. */
const DRAWS = 4;

export interface Check {
  /** Its number among the checks of the job. */
  number: number;
  digest: Bytes32;
  /** The worker's own digest is compared with what it says now. */
  self: boolean;
}

/** A check that was leased and came back unanswered. */
export interface Owed {
  index: number;
  key: TaskKey;
  check: Check;
}

export interface Known {
  index: number;
  digest: Bytes32;
  owners: readonly Address[];
}

/** What at least two strangers agreed on, or the referee confirmed, may be asked again. */
export function learn(state: State, task: Task, agreeing: readonly Contribution[]): void {
  const { job, index } = task;
  if (job.law !== "pool" || job.compare.kind !== "exact" || isClassBound(job)) return;
  if (agreeing.length < 2 && !task.verdict) return;
  const known = { index, digest: agreeing[0]!.digest!, owners: agreeing.map((c) => c.owner) };
  if (job.known.length < MAX_KNOWN) job.known.push(known);
  else job.known[Math.floor(state.random() * MAX_KNOWN)] = known;
}

/** Who is asked again for what everybody can look up as certified knows that it is being checked. */
export function forget(job: Job, indices: ReadonlySet<number>): void {
  job.known = job.known.filter(({ index }) => !indices.has(index));
  for (const [worker, owed] of job.owed) {
    const left = owed.filter(({ index, check }) => check.self || !indices.has(index));
    if (left.length > 0) job.owed.set(worker, left);
    else job.owed.delete(worker);
  }
}

/** The machine is asked to do this task again, when it next asks for work. */
export function recheck(job: Job, c: Contribution, index: number): void {
  if (!job.audit || job.compare.kind !== "exact") return;
  job.rechecks.set(c.worker, { index, digest: c.digest! });
  job.rechecking.set(c.worker, c.owner);
}

/**
 * Whether so many machines contradicted themselves that it is the kernel and not they. Unless the kernel is to blame a dispute
 * has somebody in it whose machine agrees with itself, or will. Liars outnumber those two to one only if they all meet the same few.
 */
export function isKernelUnsteady(state: State, { unsteady, steady, rechecking }: Job): boolean {
  const others = new Set(steady);
  for (const [worker, owner] of rechecking) if (state.workers.get(worker)?.connected) others.add(owner);
  for (const owner of unsteady) others.delete(owner);
  return unsteady.size >= UNSTEADY_TO_STOP && unsteady.size > 2 * others.size;
}

/** A check came back unanswered, by a hand that may not have liked it: it comes again, under the same key, as work does. */
export function oweCheck(worker: Worker, { job, index, key, check }: Task): void {
  if (!check) return;
  const owed = job.owed.get(worker.address) ?? [];
  owed.push({ index, key, check });
  job.owed.set(worker.address, owed);
}

/** A check to mix into the lease of `worker`, by chance; undefined most of the time. */
export function nextCheck(state: State, job: Job, worker: Worker): Task | undefined {
  const { audit } = job;
  if (!audit) return undefined;
  const owed = job.owed.get(worker.address);
  if (owed) {
    const check = owed.pop()!;
    if (owed.length === 0) job.owed.delete(worker.address);
    return leaseCheck(job, check);
  }
  // Nobody is paid for doing a task again, so this takes nothing of what fees allow for.
  const again = job.rechecks.get(worker.address);
  if (again) {
    job.rechecks.delete(worker.address);
    return openCheck(job, again, true);
  }
  if (audit.next >= audit.most) return undefined;
  if (audit.perTask !== undefined && audit.next >= Math.floor(audit.perTask * job.certified)) return undefined;
  if (job.known.length === 0 || state.random() >= state.rules.checkRate) return undefined;
  for (let draw = 0; draw < DRAWS; draw++) {
    const known = job.known[Math.floor(state.random() * job.known.length)]!;
    if (!known.owners.includes(worker.owner)) return openCheck(job, known, false);
  }
  return undefined;
}

function openCheck(job: Job, { index, digest }: Pick<Known, "index" | "digest">, self: boolean): Task {
  const number = job.audit!.next++;
  return leaseCheck(job, { index, key: job.audit!.keyOf(number), check: { number, digest, self } });
}

function leaseCheck(job: Job, { index, key, check }: Owed): Task {
  const task = Task.check(job, index, key, check);
  trackCheck(task);
  return task;
}

export function trackCheck(task: Task): void {
  task.job.openChecks++;
}

export const closeCheck = (state: State, task: Task): void => {
  if (task.closed) return;
  task.closed = true;
  state.names.forget(task);
  task.job.openChecks--;
  for (const c of task.contributions) c.who?.pending.delete(task);
};
