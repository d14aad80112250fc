// Task-leases a second in process, through the scheduler's own `step`, with 100,000 workers and a million tasks of sixty
// jobs by twenty requesters; and what a waiting task costs in memory. Baseline of the same run: the plain way to do it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Address, Bytes32, JobId, TaskKey } from "../../protocol/ids.ts";
import type { Effect } from "../../relay/scheduler/events.ts";
import { laws } from "../../relay/scheduler/laws.ts";
import type { Needs } from "../../relay/scheduler/needs.ts";
import { newJob, newWorker } from "../../relay/scheduler/new.ts";
import type { Job, State, Worker } from "../../relay/scheduler/state.ts";
import { emptyState, step } from "../../relay/scheduler/step.ts";
import { seeded } from "../relay/random.ts";
import { round, spread } from "./figures.ts";
import { Naive, type NaiveJob, type NaiveWorker } from "./scheduler/naive.ts";

const WORKERS = 100_000;
const JOBS = 60;
const REQUESTERS = 20;
const TASKS = 1_000_000;
const APPS = 30;
const ROUNDS = 3;
const REPLICAS = 2;
/** The plain way looks at all workers for every lease: a few are enough to see how long that takes. */
const NAIVE_LEASES = 500;
const START_MS = 1_790_000_000_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
const COMMITMENT = hex(1, 32) as Bytes32;
const HEX_DIGITS = Buffer.from("0123456789abcdef");
const engineOf = (job: number) => (job % 3 === 0 ? ("wgsl" as const) : ("wasm" as const));
const enginesOf = (worker: number) => new Set(worker % 2 === 0 ? ["wasm"] : ["wasm", "wgsl"]);

/** As long as the relay's, and like those one piece of memory, not several joined. How keys are derived is not dispatch. */
function keysOf(job: number): (index: number) => TaskKey {
  const text = Buffer.from(hex(job, 32));
  return (index) => {
    for (let at = 10, rest = index; at < 18; at++, rest >>>= 4) text[at] = HEX_DIGITS[rest & 15]!;
    return text.toString("latin1") as TaskKey;
  };
}

const MUCH_MEMORY: Needs = {
  mentions: ["Memory"],
  admits: ({ Memory }) => Number(Memory) >= 8,
  ranking: { key: "any", engine: "wasm", by: () => 0 },
};

const makeJob = (n: number, replicas: number): Job =>
  newJob({
    id: hex(n, 32) as JobId,
    requester: hex(n % REQUESTERS, 20) as Address,
    ...(n % 4 === 0 && { needs: MUCH_MEMORY }),
    engine: engineOf(n),
    app: `app ${n % APPS}`,
    law: "poco",
    trust: replicas,
    replicas,
    firstReplicas: laws.poco!.first({ trust: replicas, replicas }),
    tasks: Math.floor(TASKS / JOBS),
    compare: { kind: "exact" },
    keyOf: keysOf(n),
  });

interface Scene {
  state: State;
  jobs: Job[];
  workers: Worker[];
}

/** Four clusters: with and without a GPU, little and much memory. Machines have run every app before. */
function setScene(replicas = REPLICAS): Scene {
  const random = seeded(7);
  const state = emptyState({ random });
  const workers = Array.from({ length: WORKERS }, (_, n) => {
    // Around a tenth of a second, nearly lognormal, as volunteers' machines are.
    const taskMs = 100 * Math.exp(2 * (random() + random() + random() - 1.5));
    return newWorker({
      address: hex(n, 20) as Address,
      subnet: `${n >> 8}`,
      engines: enginesOf(n),
      attributes: { Memory: n % 5 === 0 ? 4 : 16 },
      connected: true,
      itemMs: new Map(Array.from({ length: APPS }, (_, app) => [`app ${app}`, taskMs])),
    });
  });
  const jobs = Array.from({ length: JOBS }, (_, n) => makeJob(n, replicas));
  for (const job of jobs) step(state, { type: "jobAdded", job }, START_MS);
  for (const worker of workers) step(state, { type: "workerJoined", worker }, START_MS);
  return { state, jobs, workers };
}

type Lease = Extract<Effect, { type: "lease" }>;

/** Milliseconds of the main thread: what other programs take from it does not count. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Round {
  tasksPerS: number;
  tasksPerCpuS: number;
  messagesPerS: number;
  tasksPerMessage: number;
}

/** All workers ask in turn until everything is leased as often as it needs. */
function measureLeases(): Round {
  const { state, workers } = setScene();
  collect();
  let nowMs = START_MS + 3_600_000;
  let tasks = 0;
  let messages = 0;
  const startMs = performance.now();
  const startCpuMs = threadMs();
  const all = REPLICAS * JOBS * Math.floor(TASKS / JOBS);
  for (let before = -1; before < tasks && tasks < all; ) {
    before = tasks;
    nowMs += 1_000;
    for (const { address } of workers) {
      if (tasks === all) break;
      const [effect] = step(state, { type: "workRequested", worker: address, tasks: 64 }, nowMs);
      if (effect?.type !== "lease") continue;
      messages++;
      tasks += effect.tasks.length;
    }
  }
  const ms = performance.now() - startMs;
  const cpuMs = threadMs() - startCpuMs;
  if (tasks < all) throw new Error(`expected every task to be leased ${REPLICAS} times, found ${tasks} leases`);
  return {
    tasksPerS: (1000 * tasks) / ms,
    tasksPerCpuS: (1000 * tasks) / cpuMs,
    messagesPerS: (1000 * messages) / ms,
    tasksPerMessage: tasks / messages,
  };
}

/** On the heap and in typed arrays. */
function usedBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes a waiting task: never leased, leased in vain, and with one contribution that wants another. */
function measureMemory() {
  const { state, workers, jobs } = setScene(1);
  const none = usedBytes();
  for (let n = 0; n < JOBS; n++) step(state, { type: "jobAdded", job: makeJob(JOBS + n, 1) }, START_MS);
  const fresh = (usedBytes() - none) / TASKS;
  const leaseAll = (take: (lease: Lease) => void) => {
    for (let given = true; given; ) {
      given = false;
      for (const { address } of workers) {
        const [effect] = step(state, { type: "workRequested", worker: address, tasks: 64 }, START_MS);
        if (effect?.type !== "lease") continue;
        given = true;
        take(effect);
      }
    }
  };
  const before = usedBytes();
  // Handed back as soon as leased, they would be leased again: everything is leased first.
  leaseAll(() => {});
  for (const { address } of workers) step(state, { type: "workerLeft", worker: address }, START_MS);
  // What reminds of leases that have gone is due in minutes.
  step(state, { type: "ticked" }, START_MS + 24 * 3_600_000);
  const waiting = jobs.reduce((sum, job) => sum + job.dispatch.returned.size, 0) * 2;
  const returned = (usedBytes() - before) / waiting;
  return { fresh, returned, wanting: measureWanting() };
}

function measureWanting(): number {
  const { state, workers, jobs } = setScene();
  const before = usedBytes();
  let tasks = 0;
  for (let lease = 0; lease < 2; lease++)
    for (const worker of workers.slice(0, WORKERS / 4)) {
      const [effect] = step(state, { type: "workRequested", worker: worker.address, tasks: 64 }, START_MS);
      if (effect?.type !== "lease") continue;
      const committed = effect.tasks
        .filter((task) => task.contributions.length === 1)
        .map((task) => ({ task, commitment: COMMITMENT }));
      if (committed.length === 0) continue;
      step(state, { type: "committed", worker: worker.address, tasks: committed, busyMs: 1000 }, START_MS);
    }
  tasks = jobs.reduce((sum, job) => sum + job.open.size, 0);
  return (usedBytes() - before) / tasks;
}

function measureNaive(): { tasksPerS: number; messagesPerS: number } {
  const naive = new Naive();
  const random = seeded(7);
  for (let n = 0; n < JOBS; n++) {
    const job: NaiveJob = {
      engine: engineOf(n),
      tasks: Math.floor(TASKS / JOBS),
      replicas: REPLICAS,
      fresh: 0,
      again: [],
      open: new Map(),
      pass: 0,
      keyOf: keysOf(n),
    };
    naive.jobs.push(job);
  }
  const workers: NaiveWorker[] = Array.from({ length: WORKERS }, (_, n) => ({
    address: hex(n, 20) as Address,
    owner: hex(n, 20) as Address,
    subnet: `${n >> 8}`,
    engines: enginesOf(n),
    taskMs: 100 * Math.exp(2 * (random() + random() + random() - 1.5)),
    leased: new Set(),
  }));
  naive.workers.push(...workers);
  let tasks = 0;
  const startMs = performance.now();
  for (const worker of workers.slice(0, NAIVE_LEASES)) tasks += naive.lease(worker, START_MS);
  const ms = performance.now() - startMs;
  return { tasksPerS: (1000 * tasks) / ms, messagesPerS: (1000 * NAIVE_LEASES) / ms };
}

export async function run(): Promise<Record<string, unknown>> {
  const rounds = Array.from({ length: ROUNDS }, measureLeases);
  const naive = Array.from({ length: ROUNDS }, measureNaive);
  const bytes = measureMemory();
  const of = (key: keyof Round) => spread(rounds.map((each) => each[key]));
  const result = {
    workers: WORKERS,
    tasks: TASKS,
    jobs: JOBS,
    requesters: REQUESTERS,
    replicas: REPLICAS,
    tasksPerS: of("tasksPerS"),
    tasksPerCpuS: of("tasksPerCpuS"),
    messagesPerS: of("messagesPerS"),
    tasksPerMessage: of("tasksPerMessage"),
    naiveTasksPerS: spread(naive.map((each) => each.tasksPerS)),
    naiveMessagesPerS: spread(naive.map((each) => each.messagesPerS)),
    bytesAWaitingTask: {
      fresh: round(bytes.fresh),
      leasedInVain: round(bytes.returned),
      withOneContribution: round(bytes.wanting),
    },
  };
  const says = (label: string, { median, least, most }: { median: number; least: number; most: number }) =>
    console.log(`${label}: ${median} (${least}–${most})`);
  console.log(
    `${WORKERS} workers, ${TASKS} tasks in ${JOBS} jobs of ${REQUESTERS} requesters, ${REPLICAS} replicas each`,
  );
  says("  task-leases a second (a message that leases n tasks counts n)", result.tasksPerS);
  says("  … a second of the main thread's processor time", result.tasksPerCpuS);
  says("  lease messages a second", result.messagesPerS);
  says("  tasks a message", result.tasksPerMessage);
  says("  the plain way, task-leases a second", result.naiveTasksPerS);
  says("  … lease messages a second", result.naiveMessagesPerS);
  console.log("  bytes a waiting task", result.bytesAWaitingTask);
  return result;
}
