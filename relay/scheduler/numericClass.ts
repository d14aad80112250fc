// Floats of a GPU are the same on machines of one numeric class (kernels/probe), and others elsewhere. Kernels that compare
// exactly inside a class keep each task in the class it was begun in; those that compare within a tolerance prefer to, since
// results that are equal need not be compared.
import type { Job, State, Task, Worker } from "./state.ts";

export const isClassBound = ({ compare }: { compare: { kind: string; within?: "class" } }): boolean =>
  compare.within === "class";

/** Whether results of this worker can be compared bit for bit with those that the task has. */
const isAkin = (task: Task, { numericClass }: Pick<Worker, "numericClass">): boolean =>
  numericClass !== "" && task.contributions.every((c) => c.numericClass === numericClass);

export const mayJoin = (task: Task, worker: Worker): boolean => !isClassBound(task.job) || isAkin(task, worker);

/** Within a tolerance anybody may join, but a task waits for its own class, if there are others in it and other work. */
export function isBetterAtHome(state: State, task: Task, worker: Worker): boolean {
  const home = task.contributions[0]?.numericClass;
  return (
    task.job.compare.kind === "tolerance" && !!home && !isAkin(task, worker) && ownersOf(state, task.job, home) > 1
  );
}

/** Owners a class must have to begin a task: one alone can never certify it. */
export const ownersNeeded = (replicas: number): number => Math.max(2, replicas);

export const mayBegin = (state: State, job: Job, { numericClass }: Worker): boolean =>
  !isClassBound(job) ||
  (numericClass !== "" &&
    ownersOf(state, job, numericClass) >= ownersNeeded(Math.max(job.replicas, job.firstReplicas)));

/** Owners in the class that has most of them. */
export function mostOwners(workers: readonly Pick<Worker, "owner" | "numericClass">[]): number {
  const classes = Map.groupBy(
    workers.filter(({ numericClass }) => numericClass !== ""),
    ({ numericClass }) => numericClass,
  );
  return Math.max(0, ...[...classes.values()].map((members) => new Set(members.map(({ owner }) => owner)).size));
}

/** Owners in each class of the workers that may do a job. */
const counted = new WeakMap<Job, { moves: number; workers: number; owners: Map<string, number> }>();
/** Share of the workers that may have come or gone before they are counted anew. */
const INEXACT = 0.01;

function ownersOf(state: State, job: Job, numericClass: string): number {
  const { moves } = state.dispatch;
  let known = counted.get(job);
  if (!known || moves - known.moves > INEXACT * known.workers) {
    let workers = 0;
    const owners = new Map<string, Set<string>>();
    for (const cluster of job.dispatch.clusters)
      for (const worker of cluster.members) {
        const of = owners.get(worker.numericClass) ?? new Set();
        workers++;
        owners.set(worker.numericClass, of.add(worker.owner));
      }
    known = { moves, workers, owners: new Map([...owners].map(([name, { size }]) => [name, size])) };
    counted.set(job, known);
  }
  return known.owners.get(numericClass) ?? 0;
}
