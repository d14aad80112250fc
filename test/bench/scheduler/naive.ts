// The plain way to dispatch, as this project's scheduler did it at first: jobs sorted for every lease, workers counted for
// every lease, tasks that want another replica in an array, deadlines in a binary heap. The baseline of the benchmark.
import type { Address, TaskKey } from "../../../protocol/ids.ts";

export interface NaiveJob {
  engine: string;
  tasks: number;
  replicas: number;
  fresh: number;
  again: NaiveTask[];
  open: Map<number, NaiveTask>;
  pass: number;
  keyOf: (index: number) => TaskKey;
}

interface NaiveTask {
  job: NaiveJob;
  index: number;
  key: TaskKey;
  contributions: { worker: Address; owner: Address; subnet: string; state: "leased"; deadlineMs: number }[];
}

export interface NaiveWorker {
  address: Address;
  owner: Address;
  subnet: string;
  engines: ReadonlySet<string>;
  taskMs: number;
  leased: Set<NaiveTask>;
}

const LOOKED_AT = 1024;

export class Naive {
  readonly jobs: NaiveJob[] = [];
  readonly workers: NaiveWorker[] = [];
  readonly #tasks = new Map<TaskKey, NaiveTask>();
  readonly #deadlines: { atMs: number; task: NaiveTask }[] = [];

  /** How many tasks the worker got. */
  lease(worker: NaiveWorker, nowMs: number): number {
    for (const job of [...this.jobs].sort((a, b) => a.pass - b.pass)) {
      if (!worker.engines.has(job.engine)) continue;
      let helpers = 0;
      for (const other of this.workers) if (other.engines.has(job.engine)) helpers++;
      const slots = (job.tasks - job.fresh) * job.replicas + job.again.length;
      const most = Math.max(1, Math.min(5000 / worker.taskMs, Math.ceil(slots / (2 * helpers)), 64));
      const picked = this.#pick(job, worker, most);
      if (picked.length === 0) continue;
      const deadlineMs = nowMs + 20_000;
      const { address, owner, subnet } = worker;
      for (const task of picked) {
        task.contributions.push({ worker: address, owner, subnet, state: "leased", deadlineMs });
        worker.leased.add(task);
        this.#remind(deadlineMs, task);
      }
      job.pass += picked.length;
      return picked.length;
    }
    return 0;
  }

  #pick(job: NaiveJob, worker: NaiveWorker, most: number): NaiveTask[] {
    const picked: NaiveTask[] = [];
    const kept: NaiveTask[] = [];
    let looked = 0;
    for (; looked < job.again.length && looked < LOOKED_AT && picked.length < most; looked++) {
      const task = job.again[looked]!;
      const isStranger = task.contributions.every((c) => c.owner !== worker.owner && c.subnet !== worker.subnet);
      (isStranger ? picked : kept).push(task);
    }
    job.again.splice(0, looked);
    job.again.unshift(...kept);
    while (picked.length < most && job.fresh < job.tasks) {
      const index = job.fresh++;
      const task: NaiveTask = { job, index, key: job.keyOf(index), contributions: [] };
      job.open.set(index, task);
      this.#tasks.set(task.key, task);
      picked.push(task);
      if (job.replicas > 1) job.again.push(task);
    }
    return picked;
  }

  #remind(atMs: number, task: NaiveTask): void {
    const heap = this.#deadlines;
    let i = heap.push({ atMs, task }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.atMs <= heap[i]!.atMs) break;
      [heap[parent], heap[i]] = [heap[i]!, heap[parent]!];
      i = parent;
    }
  }
}
