// How fast the built-in kernels run in Node without browser and grid; protein-search against its reference in JavaScript.
// Each kernel computes its sample in tasks as `prepare` suggests them, picked evenly over the job because tasks differ,
// for at least two seconds after one task to warm up. Processor time stands beside wall time, since a machine is seldom
// alone.
import type { Builtin, Prepared } from "../../kernels/builtin.ts";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Bound } from "../../kernels/execute/program.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { referenceScores } from "../../kernels/protein-search/reference.ts";
import { builtins } from "../../kernels/registry.ts";
import { openGpu } from "../kernels/openGpu.ts";
import { round } from "./figures.ts";

const LEAST_MS = 2000;

export async function run(): Promise<Record<string, unknown>> {
  const device = await openGpu();
  const { vendor, architecture } = device.adapterInfo;
  const figures: Record<string, unknown> = { gpu: `${vendor} ${architecture}` };
  for (const builtin of builtins) {
    const job = builtin.prepare(await loadSamples(builtin), {});
    const startMs = performance.now();
    const bound = await bind(device, builtin, job);
    const loadMs = round(performance.now() - startMs);
    const measured = { loadMs, ...(await measureTasks(bound, job)) };
    const whole = builtin.manifest.name === "protein-search" ? await measureCells(bound, job) : {};
    bound.dispose();
    figures[builtin.manifest.name] = { ...measured, ...whole };
    process.stdout.write(`${builtin.manifest.name}: ${JSON.stringify(figures[builtin.manifest.name])}\n`);
  }
  device.destroy();
  return figures;
}

async function bind(device: GPUDevice, builtin: Builtin, { params, inputs }: Prepared): Promise<Bound> {
  const code = await loadCode(builtin);
  const program =
    builtin.manifest.engine === "wgsl"
      ? await loadWgsl(device, builtin.manifest, new TextDecoder().decode(code))
      : await loadWasm(builtin.manifest, code);
  return program.bind(params, inputs);
}

async function measureTasks(bound: Bound, { items, itemsPerTask }: Prepared) {
  const tasks = Math.floor(items / itemsPerTask);
  const task = (i: number) => bound.run({ first: ((i * 37) % tasks) * itemsPerTask, count: itemsPerTask });
  await task(1);
  const processor = process.cpuUsage();
  const beginMs = performance.now();
  let done = 0;
  while (done < tasks && performance.now() - beginMs < LEAST_MS) await task(done++);
  const wallMs = performance.now() - beginMs;
  const { user, system } = process.cpuUsage(processor);
  return {
    itemsPerTask,
    tasks: done,
    taskMs: round(wallMs / done),
    itemMs: round(wallMs / done / itemsPerTask),
    itemProcessorMs: round((user + system) / 1000 / done / itemsPerTask),
  };
}

/** The whole sample, and the same on one core in JavaScript, where the mirror image of a pair is not computed again. */
async function measureCells(bound: Bound, job: Prepared) {
  const beginMs = performance.now();
  for (let first = 0; first < job.items; first += job.itemsPerTask)
    await bound.run({ first, count: Math.min(job.itemsPerTask, job.items - first) });
  const wholeMs = performance.now() - beginMs;
  const referenceBeginMs = performance.now();
  referenceScores(job);
  const referenceMs = performance.now() - referenceBeginMs;
  const cells = job.params.mean_cells! * job.items;
  return {
    wholeSampleMs: round(wholeMs),
    millionCellsPerSecond: round(cells / wholeMs / 1000),
    referenceMillionCellsPerSecond: round(cells / 2 / referenceMs / 1000),
  };
}
