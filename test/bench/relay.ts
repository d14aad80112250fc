// Tasks certified a second by one relay process: real sockets, every batch signed and checked, every ack and verdict on
// the disk before it is sent, two contributions a task. Baselines of the same run: the same frames to a bare echo server,
// and a bare SQLite job queue.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Wallet } from "ethers";
import { Grid, type Job } from "../../client/index.ts";
import type { Manifest } from "../../kernels/kernel.ts";
import { toAddress } from "../../protocol/ids.ts";
import { startRelay } from "../../tools/relayProcess.ts";
import { round, spread } from "./figures.ts";
import { Contributor, OUTPUT_BYTES } from "./relay/contributor.ts";
import { cpuSeconds } from "./relay/cpuSeconds.ts";
import { echoed } from "./relay/echoed.ts";
import { jobQueueRate } from "./relay/jobQueue.ts";

const WORKERS = 16;
const BATCHES = [64, 8];
const ROUNDS = 3;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 4_000;
/** More than any machine certifies in the time. */
const TASKS = 1_000_000;
const PRICE_WEI = 10n ** 12n;
const QUEUE_TASKS = 20_000;

/** The relay stores code and never runs it: a module with nothing in it will do. */
const CODE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const manifest: Manifest = {
  name: "bench-relay",
  version: "1.0.0",
  title: "Relay benchmark",
  description: "The output of an item is its number.",
  licence: "Apache-2.0",
  engine: "wasm",
  params: [],
  inputs: [],
  output: { type: "u8", itemBytes: OUTPUT_BYTES },
  compare: { kind: "exact" },
  memoryBytes: 65_536,
  cost: "items",
};

interface Round {
  /** Certified a second. */
  rate: number;
  /** Of the relay's process, microseconds of processor time a certified task. */
  cpuMicros: number | undefined;
  /** Frames sent by each worker in the window, and the tasks certified in it. */
  frames: number[][];
  tasks: number;
  receivedBytes: number;
}

export async function run(): Promise<Record<string, unknown>> {
  const results = [];
  for (const batch of BATCHES) results.push(await measureBatch(batch));
  return { workers: WORKERS, replicas: 2, outputBytes: OUTPUT_BYTES, batches: results };
}

async function measureBatch(batch: number) {
  const relay: number[] = [];
  const cpu: number[] = [];
  const echo: number[] = [];
  const queue: number[] = [];
  const groupedQueue: number[] = [];
  let sent = 0;
  let sentBytes = 0;
  let receivedBytes = 0;
  let tasks = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const measured = await measureRelay(batch);
    relay.push(measured.rate);
    if (measured.cpuMicros !== undefined) cpu.push(measured.cpuMicros);
    echo.push(measured.tasks / (await echoed(measured.frames)));
    const file = join(tmpdir(), `superedge-bench-${randomBytes(6).toString("hex")}.db`);
    queue.push(jobQueueRate(file, QUEUE_TASKS, batch));
    groupedQueue.push(jobQueueRate(file, QUEUE_TASKS, batch * WORKERS));
    tasks += measured.tasks;
    sent += measured.frames.reduce((sum, frames) => sum + frames.length, 0);
    sentBytes += measured.frames.flat().reduce((sum, bytes) => sum + bytes, 0);
    receivedBytes += measured.receivedBytes;
  }
  const result = {
    batch,
    certifiedPerS: spread(relay),
    relayCpuMicrosPerTask: cpu.length > 0 ? spread(cpu) : undefined,
    framesPerTask: round(sent / tasks),
    bytesPerTask: round((sentBytes + receivedBytes) / tasks),
    echoTasksPerS: spread(echo),
    queueTasksPerS: spread(queue),
    groupedQueueTasksPerS: spread(groupedQueue),
    ratioToEcho: round(spread(relay).median / spread(echo).median),
    ratioToQueue: round(spread(relay).median / spread(queue).median),
    ratioToGroupedQueue: round(spread(relay).median / spread(groupedQueue).median),
  };
  const says = (label: string, { median, least, most }: { median: number; least: number; most: number }) =>
    console.log(`${label}: ${median} (${least}–${most})`);
  console.log(`batches of ${batch}, ${WORKERS} workers, 2 contributions a task`);
  says("  relay, tasks certified a second", result.certifiedPerS);
  if (result.relayCpuMicrosPerTask) says("  its processor time a task, µs", result.relayCpuMicrosPerTask);
  says("  bare echo of the same frames, as tasks a second", result.echoTasksPerS);
  says(`  bare SQLite queue, ${batch} tasks a transaction`, result.queueTasksPerS);
  says(`  bare SQLite queue, ${batch * WORKERS} tasks a transaction`, result.groupedQueueTasksPerS);
  return result;
}

async function measureRelay(batch: number): Promise<Round> {
  const data = mkdtempSync(join(tmpdir(), "superedge-bench-"));
  const profile = process.env.SUPEREDGE_BENCH_PROFILE;
  const relay = await startRelay(
    ["--port", "0", "--data", data, "--messages-per-second", "1000000", "--epoch-seconds", "86400"],
    profile ? ["--cpu-prof", `--cpu-prof-dir=${profile}`] : [],
  );
  let failure: Error | undefined;
  const workers: Contributor[] = [];
  try {
    const job = await submit(relay.url);
    for (let i = 0; i < WORKERS; i++)
      workers.push(
        new Contributor(relay.url, randomBytes(32), batch, (error) => {
          failure ??= error;
        }),
      );
    await sleep(WARM_UP_MS);
    const certified = () => workers.reduce((sum, worker) => sum + worker.certified, 0) / 2;
    for (const worker of workers) worker.counting = true;
    const before = { tasks: certified(), atMs: performance.now(), cpu: cpuSeconds(relay.process.pid!) };
    await sleep(MEASURED_MS);
    const after = { tasks: certified(), atMs: performance.now(), cpu: cpuSeconds(relay.process.pid!) };
    for (const worker of workers) worker.counting = false;
    if (failure) throw failure;
    const tasks = after.tasks - before.tasks;
    if (tasks === 0) throw new Error("expected the relay to certify tasks, found none certified");
    await checkCount(job, after.tasks);
    return {
      rate: (1000 * tasks) / (after.atMs - before.atMs),
      cpuMicros:
        after.cpu === undefined || before.cpu === undefined ? undefined : ((after.cpu - before.cpu) * 1e6) / tasks,
      frames: workers.map((worker) => worker.sentBytes),
      tasks,
      receivedBytes: workers.reduce((sum, worker) => sum + worker.received.bytes, 0),
    };
  } finally {
    for (const worker of workers) worker.close();
    await relay.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function submit(url: string): Promise<Job> {
  const grid = await Grid.connect(url);
  const requester = Wallet.createRandom();
  await grid.fund(toAddress(requester.address));
  const app = await grid.publish(manifest, CODE);
  const terms = { items: TASKS, itemsPerTask: 1, law: "poco", trust: 2, replicas: 2 } as const;
  const job = await grid.submit({ app: app.id, params: {}, inputs: [], ...terms, priceWei: PRICE_WEI }, requester);
  grid.close();
  return job;
}

/** What the workers were told must be what the relay holds. */
async function checkCount(job: Job, told: number): Promise<void> {
  const { certified } = await job.view();
  if (certified < told) throw new Error(`workers were told of ${told} certified tasks, the relay holds ${certified}`);
}
