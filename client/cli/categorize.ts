// `superedge categorize`: runs an app on sample input here, measures it and this machine, and says which category it is.
import { parseArgs } from "node:util";
import { formatEther, parseEther } from "ethers";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Program } from "../../kernels/execute/program.ts";
import { type JobSize, jobSize } from "../../kernels/jobSize.ts";
import { loadReference } from "../../kernels/load.ts";
import { measureGpu, measureWasm } from "../../kernels/reference/measure.ts";
import {
  type Category,
  type CategoryLimits,
  categoryOf,
  type Engine,
  limitsOf,
  machineFactor,
  priceRange,
  type Speeds,
} from "../../protocol/categories.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_OUTPUT_BYTES } from "../../protocol/limits.ts";
import { clockFor } from "./clock.ts";
import { type Command, UsageError } from "./command.ts";
import { openNodeGpu } from "./nodeGpu.ts";
import { type SampleAsk, type SampleJob, sampleJob } from "./sampleJob.ts";
import { type Timed, timeItems } from "./timeItems.ts";

/** A task's length aimed at where nothing else is said, seconds of this machine. */
const TASK_SECONDS = 1;
/** From here to the limit a job may fall into the next category on another machine. */
const NEAR = 0.8;
const DEFAULT_PRICE = "0.01";

const usage = `
superedge categorize APP [--input [NAME=]FILE ...] [--params JSON] [--items N] [--items-per-task N]
                         [--code FILE] [--price ECT] [--json]

Runs an app on sample input on this machine, measures it, and names its category: how much of the reference machine's
time, memory and data a job of it takes, and what it costs.

APP is the name of an app that comes with SuperEdge (option-pricing, protein-search, render), a manifest's file, or a
folder with a manifest.json. The kernel lies beside it as kernel.wgsl or kernel.wasm, or where --code says.

  --input           a file for each input, in the manifest's order or by name; the built-in apps have samples
  --params          parameters as JSON: '{"paths": 1000000}'
  --items           items of the whole job; the built-in apps know those of their input
  --items-per-task  otherwise about a second's worth
  --price           a pool's price of a reference second, in ECT; ${DEFAULT_PRICE} unless told
  --json            everything that was found, as JSON
`;

export const command: Command = {
  summary: "measure an app on sample input and name its category and price",
  usage,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        input: { type: "string", multiple: true, default: [] },
        params: { type: "string", default: "{}" },
        items: { type: "string" },
        "items-per-task": { type: "string" },
        code: { type: "string" },
        price: { type: "string", default: DEFAULT_PRICE },
        json: { type: "boolean", default: false },
      },
    });
    const [app, ...more] = positionals;
    if (app === undefined || more.length > 0)
      throw new UsageError(`expected one app, found ${positionals.length}; superedge categorize --help says more`);
    const report = await categorize({
      app,
      inputs: values.input,
      params: parseParamsText(values.params),
      items: parseCount("items", values.items),
      itemsPerTask: parseCount("items-per-task", values["items-per-task"]),
      code: values.code,
      weiPerReferenceSecond: parsePrice(values.price),
    });
    process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : describe(report));
    return 0;
  },
};

export interface Report {
  app: { name: string; version: string; title: string; engine: Engine };
  items: number;
  itemsPerTask: number;
  /** What was run to find out. */
  sample: Timed;
  /** Of this machine. */
  speeds: Speeds;
  /** Reference seconds in a second of this machine. */
  factor: number;
  referenceSeconds: number;
  size: JobSize;
  category: Category;
  limits: CategoryLimits;
  /** Each task computed once, wei, decimal. */
  price: { perReferenceSecond: string; estimate: string; least: string; most: string };
}

/** Throws `bad-app`, `bad-job`, `too-large`, `no-engine`, the kernel's own errors, or a UsageError. */
async function categorize(ask: SampleAsk & { weiPerReferenceSecond: bigint }): Promise<Report> {
  const job = await sampleJob(ask);
  const { manifest } = job;
  const { engine } = manifest;
  const device = engine === "wgsl" ? await openNodeGpu() : undefined;
  try {
    const program = device
      ? await loadWgsl(device, manifest, new TextDecoder().decode(job.code))
      : await loadWasm(manifest, job.code);
    const nowMs = clockFor(device);
    const sample = await timeSample(program, job, nowMs);
    const reference = await loadReference();
    const speeds = device
      ? await measureGpu(device, reference, { nowMs })
      : await measureWasm(reference.wasm, { nowMs });
    const factor = machineFactor(engine, speeds);
    if (factor === undefined)
      throw new SuperEdgeError("no-engine", "this machine's speed could not be measured: its reference kernels fail");
    const secondsPerItem = sample.seconds / sample.items;
    const itemsPerTask = job.itemsPerTask ?? itemsIn(TASK_SECONDS, secondsPerItem, job);
    const size = jobSize(manifest, { ...job, itemsPerTask });
    const referenceSeconds = secondsPerItem * job.items * factor;
    const category = categoryOf({
      engine,
      referenceSeconds,
      memoryBytes: size.memoryBytes,
      dataBytes: size.inputBytes + size.outputBytes,
    });
    const { leastWei, mostWei } = priceRange(category, ask.weiPerReferenceSecond);
    const microseconds = BigInt(Math.ceil(referenceSeconds * 1e6));
    return {
      app: { name: manifest.name, version: manifest.version, title: manifest.title, engine },
      items: job.items,
      itemsPerTask,
      sample,
      speeds,
      factor,
      referenceSeconds,
      size,
      category,
      limits: limitsOf(category, engine),
      price: {
        perReferenceSecond: String(ask.weiPerReferenceSecond),
        estimate: String((microseconds * ask.weiPerReferenceSecond) / 1_000_000n),
        least: String(leastWei),
        most: String(mostWei),
      },
    };
  } finally {
    device?.destroy();
  }
}

async function timeSample(program: Program, job: SampleJob, nowMs: () => number): Promise<Timed> {
  try {
    const bound = await program.bind(job.params, job.inputs);
    try {
      return await timeItems(bound, {
        items: job.sampleItems,
        fewest: job.itemsPerTask ?? 1,
        most: mostItems(job),
        nowMs,
      });
    } finally {
      bound.dispose();
    }
  } finally {
    program.dispose();
  }
}

function itemsIn(seconds: number, secondsPerItem: number, job: SampleJob): number {
  return Math.max(1, Math.min(Math.round(seconds / secondsPerItem), mostItems(job), job.items));
}

/** In one task: its output is bounded. */
const mostItems = ({ manifest }: SampleJob): number => Math.floor(MAX_OUTPUT_BYTES / manifest.output.itemBytes);

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1)
    throw new UsageError(`--${name}: expected a whole number of at least 1, found ${text}`);
  return count;
}

function parseParamsText(text: string): Record<string, number> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, number>;
  } catch {}
  throw new UsageError(`--params: expected a JSON object like {"seed": 1}, found ${text.slice(0, 80)}`);
}

function parsePrice(text: string): bigint {
  try {
    const wei = parseEther(text);
    if (wei >= 0n) return wei;
  } catch {}
  throw new UsageError(`--price: expected an amount of ECT like 0.01, found ${text.slice(0, 40)}`);
}

function describe(report: Report): string {
  const { app, sample, size, category, limits, price, speeds, factor, referenceSeconds } = report;
  const perItemMs = (1000 * sample.seconds) / sample.items;
  const speed =
    app.engine === "wasm"
      ? `${digits(speeds.wasm!)} Gop/s`
      : `${digits(speeds.f32 ?? 0)} GFLOP/s f32, ${digits(speeds.i32 ?? 0)} Gop/s i32`;
  const near = referenceSeconds > NEAR * limits.seconds ? ", close to its end: name the next one to be safe" : "";
  const rows: [string, string][] = [
    ["measured", `${sample.items} items in ${digits(sample.seconds)} s, ${digits(perItemMs)} ms an item`],
    ["this machine", `${speed}: ${digits(factor)} of the reference machine`],
    ["work", `${digits(referenceSeconds)} reference seconds`],
    ["memory", `${bytes(size.memoryBytes)} a task of ${report.itemsPerTask} items`],
    ["data moved", `${bytes(size.inputBytes)} in, ${bytes(size.outputBytes)} out`],
    [
      "category",
      `${category} (up to ${limits.seconds} reference seconds, ${bytes(limits.memoryBytes)} a task, ${bytes(limits.dataBytes)} of data)${near}`,
    ],
    [
      "price",
      `about ${formatEther(rounded(price.estimate))} ECT; category ${category}: ${ect(price.least)} to ${ect(price.most)} ECT`,
    ],
    ["", `each task computed once, at ${ect(price.perReferenceSecond)} ECT a reference second`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
  return `${app.title} (${app.name} ${app.version}), ${app.engine}, ${report.items} items\n${lines.join("\n")}\n`;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
const ect = (wei: string): string => formatEther(wei).replace(/\.0$/, "");
/** Three digits: no more are known. */
const rounded = (wei: string): bigint => {
  const rest = 10n ** BigInt(Math.max(0, wei.length - 3));
  return (BigInt(wei) / rest) * rest;
};
function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`;
  for (const [unit, size] of [
    ["KiB", 2 ** 10],
    ["MiB", 2 ** 20],
  ] as const)
    if (count < 1024 * size) return `${digits(count / size)} ${unit}`;
  return `${digits(count / 2 ** 30)} GiB`;
}
