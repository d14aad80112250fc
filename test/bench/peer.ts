// A blob from tab to tab: `Swarm.get` over an open connection, against a bare RTCDataChannel carrying as many bytes,
// nothing parsed or verified. Same browser, same run, in turns; medians. Processor time tells where the cost lies, and
// is steadier than wall time on a busy machine.
import { randomBytes } from "node:crypto";
import type { Page } from "playwright";
import { type Grid, startGrid, type Volunteer } from "../peer/grid.ts";
import { round, type Spread, spread } from "./figures.ts";
import { descendantsCpuMs } from "./peer/browserTime.ts";

const BYTES = 48 * 1024 * 1024;
const ROUNDS = 5;

/** One transfer: its speed in MB/s (10^6 bytes), and processor milliseconds per MB by kind of process. */
interface Sample {
  mbPerS: number;
  cpuMsPerMb: Map<string, number>;
}

export async function run(): Promise<Record<string, unknown>> {
  const grid = await startGrid();
  try {
    return await measure(grid);
  } finally {
    await grid.close();
  }
}

async function measure(grid: Grid): Promise<Record<string, unknown>> {
  const large = (await grid.seed(randomBytes(BYTES))).cid;
  const small = (await grid.seed(randomBytes(1000))).cid;
  const holder = await join(grid);
  for (const cid of [large, small]) await get(holder, cid);
  const connectMs: number[] = [];
  const verifyMbPerS: number[] = [];

  const ways: Record<string, () => Promise<Sample>> = {
    raw64KiB: () => rawTransfer(grid, 64 * 1024),
    raw256KiB: () => rawTransfer(grid, 256 * 1024),
    async swarm() {
      const asker = await join(grid);
      // The small blob opens the connection, so that both sides of the comparison start on an open one.
      connectMs.push(await get(asker, small));
      const transfer = await sample(() => get(asker, large));
      const { bytesFromPeers } = await asker.page.evaluate(() => window.volunteer.stats());
      if (bytesFromPeers !== BYTES + 1000) throw new Error(`expected all bytes from the peer, found ${bytesFromPeers}`);
      verifyMbPerS.push(speed(await asker.page.evaluate((bytes) => window.volunteer.verify(bytes), BYTES)));
      await leave(asker);
      return transfer;
    },
  };
  const names = Object.keys(ways);
  const samples = new Map(names.map((name) => [name, [] as Sample[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!;
      samples.get(name)!.push(await ways[name]!());
    }

  const speeds = Object.fromEntries(names.map((name) => [name, spread(samples.get(name)!.map((its) => its.mbPerS))]));
  const cpu = Object.fromEntries(names.map((name) => [name, cpuOf(samples.get(name)!)]));
  const bestRaw = names
    .filter((name) => name !== "swarm")
    .toSorted((a, b) => speeds[b]!.median - speeds[a]!.median)[0]!;
  const result = {
    blobMib: BYTES / 2 ** 20,
    rounds: ROUNDS,
    mbPerS: speeds,
    /** The swarm's median speed against the better median of the bare channel. */
    ratio: round(speeds.swarm!.median / speeds[bestRaw]!.median),
    cpuMsPerMb: cpu,
    /** The bare channel's processor time against the swarm's. */
    cpuRatio: round(total(cpu[bestRaw]!) / total(cpu.swarm!)),
    connectMs: spread(connectMs),
    verifyMbPerS: spread(verifyMbPerS),
  };
  report(result);
  return result;
}

function report(result: {
  mbPerS: Record<string, Spread>;
  cpuMsPerMb: Record<string, Record<string, number>>;
  ratio: number;
  cpuRatio: number;
  connectMs: Spread;
  verifyMbPerS: Spread;
}): void {
  for (const [name, { median, least, most }] of Object.entries(result.mbPerS)) {
    const cpu = Object.entries(result.cpuMsPerMb[name]!).map(([type, ms]) => `${type} ${ms}`);
    console.log(`${name}: ${median} MB/s (${least} to ${most}); processor ms per MB: ${cpu.join(", ")}`);
  }
  console.log(`ratio ${result.ratio} by time, ${result.cpuRatio} by processor time`);
  console.log(`connecting and a first small blob: ${result.connectMs.median} ms`);
  console.log(`verifying alone: ${result.verifyMbPerS.median} MB/s`);
}

async function join(grid: Grid): Promise<Volunteer> {
  const volunteer = await grid.open();
  await volunteer.page.evaluate(() =>
    window.volunteer.start({
      peers: "on",
      limits: { uploadBytesPerSecond: Number.POSITIVE_INFINITY, patienceMs: 10_000, slowChunkMs: 10_000 },
    }),
  );
  return volunteer;
}

/** Milliseconds. */
const get = async ({ page }: Volunteer, cid: string): Promise<number> =>
  (await page.evaluate((its) => window.volunteer.get(its), cid)).ms;

/** Closes the connections first, so that the other end need not find out by itself. */
async function leave({ page }: Volunteer): Promise<void> {
  await page.evaluate(() => window.volunteer.close());
  await page.context().close();
}

async function rawTransfer(grid: Grid, messageBytes: number): Promise<Sample> {
  const [sender, receiver] = [await grid.open(), await grid.open()];
  await connectWires(sender.page, receiver.page);
  const transfer = await sample(async () => {
    const [ms] = await Promise.all([
      receiver.page.evaluate((bytes) => window.volunteer.rawReceive(bytes), BYTES),
      sender.page.evaluate(([bytes, size]) => window.volunteer.rawSend(bytes!, size!), [BYTES, messageBytes]),
    ]);
    return ms;
  });
  await Promise.all([sender, receiver].map(leave));
  return transfer;
}

/** What one page says the other hears. */
async function connectWires(...pages: [Page, Page]): Promise<void> {
  const heard = pages.map(() => Promise.withResolvers<string>());
  for (const [at, page] of pages.entries()) {
    await page.exposeFunction("rawSay", (line: string) => heard[1 - at]!.resolve(line));
    await page.exposeFunction("rawHear", () => heard[at]!.promise);
  }
}

/** `transfer` moves the whole blob and returns its milliseconds. */
async function sample(transfer: () => Promise<number>): Promise<Sample> {
  const before = descendantsCpuMs();
  const ms = await transfer();
  const after = [...(descendantsCpuMs() ?? [])];
  const cpu = after.map(([type, sum]) => [type, (sum - (before?.get(type) ?? 0)) / (BYTES / 1e6)] as const);
  return { mbPerS: speed(ms), cpuMsPerMb: new Map(cpu) };
}

const speed = (ms: number) => BYTES / ms / 1000;
const total = (cpu: Record<string, number>) => Object.values(cpu).reduce((sum, ms) => sum + ms, 0);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** The medians, of kinds of process that matter at all. */
function cpuOf(samples: Sample[]): Record<string, number> {
  const types = new Set(samples.flatMap(({ cpuMsPerMb }) => [...cpuMsPerMb.keys()]));
  const medians = [...types].map(
    (type) => [type, median(samples.map((its) => its.cpuMsPerMb.get(type) ?? 0))] as const,
  );
  return Object.fromEntries(medians.filter(([, ms]) => ms >= 1).map(([type, ms]) => [type, round(ms)]));
}
