// Which tasks a worker gets next, and how many.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { nextCheck } from "./checks.ts";
import type { Effect } from "./events.ts";
import { drawHeld } from "./holding.ts";
import type { Job, State, Task, Worker } from "./state.ts";
import { isStranger } from "./strangers.ts";
import { openTask } from "./task.ts";

/** A lease's length aimed at, milliseconds: a closed tab loses little, a commit's signature covers much. */
const LEASE_MS = 5_000;
/** Of a worker whose speed on the app is unknown: enough to learn it. */
const FIRST_LEASE_TASKS = 2;
/** A lease is given up at four times its expected length, within these bounds, milliseconds. */
const DEADLINE_FACTOR = 4;
const SHORTEST_DEADLINE_MS = 20_000;
const LONGEST_DEADLINE_MS = 600_000;
const UNKNOWN_DEADLINE_MS = 60_000;
/** One lease at work and one in hand: who asks for more without committing would keep work from others. */
const MAX_LEASED = 2 * MAX_BATCH_TASKS;
/** Waiting tasks looked at for one lease: a bound on the time a request takes, whoever owns the queue's head. */
const LOOKED_AT = 1024;

/** Gives `worker` one lease, or says why there is none. */
export function place(state: State, worker: Worker, nowMs: number): Effect {
  let reason = "No job is waiting for workers now.";
  if (worker.leased.size >= MAX_LEASED)
    return { type: "idle", worker, reason: `Commit first: ${worker.leased.size} tasks are leased to this worker.` };
  const jobs = [...state.jobs.values()].filter((job) => job.state === "running").sort((a, b) => a.pass - b.pass);
  for (const job of jobs) {
    if (!worker.engines.has(job.engine)) {
      reason = `A job is waiting, but it needs ${job.engine}, which this machine does not offer.`;
      continue;
    }
    if (worker.failed.has(job.id)) {
      reason = "A job is waiting, but its kernel failed on this machine.";
      continue;
    }
    const tasks = pick(state, job, worker, leaseSize(state, job, worker));
    if (tasks.length === 0) {
      reason = "Every waiting task already has a replica of yours, or is being worked on.";
      continue;
    }
    mixIn(state, job, worker, tasks);
    const deadlineMs = nowMs + deadline(worker.taskMs.get(job.app), tasks.length);
    for (const task of tasks) {
      task.contributions.push({
        worker: worker.address,
        owner: worker.owner,
        beneficiary: worker.beneficiary,
        subnet: worker.subnet,
        cohort: worker.cohort,
        score: worker.score,
        state: "leased",
        deadlineMs,
        leasedMs: nowMs,
        checksAt: worker.standing.checks,
        historyAt: worker.standing.history,
        failuresAt: worker.standing.failures,
      });
      worker.leased.add(task);
      state.deadlines.add(deadlineMs, task);
    }
    job.pass += tasks.length;
    return { type: "lease", worker, job, tasks, deadlineMs };
  }
  return { type: "idle", worker, reason };
}

/** Checks take places anywhere among the tasks. */
function mixIn(state: State, job: Job, worker: Worker, tasks: Task[]): void {
  for (let slots = tasks.length; slots > 0; slots--) {
    const check = tasks.length < MAX_BATCH_TASKS ? nextCheck(state, job, worker) : undefined;
    if (check) tasks.splice(Math.floor(state.random() * (tasks.length + 1)), 0, check);
  }
}

function leaseSize(state: State, job: Job, worker: Worker): number {
  const taskMs = worker.taskMs.get(job.app);
  const bySpeed = taskMs === undefined ? FIRST_LEASE_TASKS : Math.floor(LEASE_MS / Math.max(taskMs, 0.01));
  let helpers = 0;
  for (const other of state.workers.values()) if (other.connected && other.engines.has(job.engine)) helpers++;
  // Guided self-scheduling: the last tasks are spread over all helpers instead of queueing behind one.
  const slots = (job.tasks - job.fresh) * job.firstReplicas + job.again.length;
  const fair = Math.ceil(slots / (2 * Math.max(1, helpers)));
  return Math.max(1, Math.min(bySpeed, fair, worker.wants, MAX_BATCH_TASKS, MAX_LEASED - worker.leased.size));
}

const deadline = (taskMs: number | undefined, tasks: number): number =>
  taskMs === undefined
    ? UNKNOWN_DEADLINE_MS
    : Math.min(LONGEST_DEADLINE_MS, Math.max(SHORTEST_DEADLINE_MS, DEADLINE_FACTOR * taskMs * tasks));

/** Tasks that already have replicas come first, so that results are certified early. */
function pick(state: State, job: Job, worker: Worker, most: number): Task[] {
  const picked: Task[] = [];
  const kept: number[] = [];
  let looked = 0;
  for (; looked < job.again.length && looked < LOOKED_AT && picked.length < most; looked++) {
    const index = job.again[looked]!;
    const task = job.open.get(index);
    if (!task) continue;
    if (!isStranger(task, worker)) {
      kept.push(index);
      continue;
    }
    picked.push(task);
    if (wanted(task) > 1) kept.push(index);
    else task.queued = false;
  }
  // What this worker may not do stays first in line for others, unless it fills the whole view: then the rest moves up.
  job.again.splice(0, looked);
  if (looked === LOOKED_AT && picked.length === 0) job.again.push(...kept);
  else job.again.unshift(...kept);
  while (picked.length < most && job.fresh < job.tasks) {
    const task = openTask(state, job, job.fresh++);
    picked.push(task);
    if (job.firstReplicas > 1) {
      task.queued = true;
      job.again.push(task.index);
    }
  }
  for (let task = drawMore(); task; task = drawMore()) picked.push(task);
  return picked;

  function drawMore(): Task | undefined {
    return picked.length < most ? drawHeld(state, job, worker) : undefined;
  }
}

/** Replicas still to be placed. While digests are unseen, those at work are assumed to agree. */
export function wanted(task: Task): number {
  return Math.max(0, task.target - task.contributions.length);
}
