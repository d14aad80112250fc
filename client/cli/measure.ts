// `superedge measure`: what a volunteer's browser measures of its machine, of this one: for pools that set a price.
import { parseArgs } from "node:util";
import { loadProbe, loadReference } from "../../kernels/load.ts";
import { answersOf, numericClassOf } from "../../kernels/probe/probe.ts";
import { measureGpu, measureWasm } from "../../kernels/reference/measure.ts";
import { machineFactor, REFERENCE_SPEEDS, type Speeds } from "../../protocol/categories.ts";
import { clockFor } from "./clock.ts";
import type { Command } from "./command.ts";
import { openNodeGpu } from "./nodeGpu.ts";

export const command: Command = {
  summary: "measure this machine by the reference kernels",
  usage: `
superedge measure [--json]

Runs the reference kernels on this machine, one core and the GPU, and the numeric probe on the GPU. Tells how many
reference seconds it does in a second: what a price for a category is reckoned by. A GPU needs the package webgpu.

  --json  speeds in 10^9 operations a second, factors, numeric class
`,
  async run(args) {
    const { values } = parseArgs({ args, options: { json: { type: "boolean", default: false } } });
    const machine = await measureMachine();
    process.stdout.write(values.json ? `${JSON.stringify(machine, undefined, 2)}\n` : describe(machine));
    return 0;
  },
};

export interface Machine {
  speeds: Speeds;
  /** Reference seconds in a second of this machine; absent where its engine is. */
  factors: { wasm?: number | undefined; wgsl?: number | undefined };
  /** Of the GPU's arithmetic. */
  numericClass?: string;
  /** The GPU as its driver names it, or why there is none. */
  gpu: string;
}

async function measureMachine(): Promise<Machine> {
  const reference = await loadReference();
  const onCore = await measureWasm(reference.wasm, { nowMs: clockFor(undefined) });
  const gpu = await measureOwnGpu(reference).catch((error: Error) => ({ gpu: error.message, speeds: {} }));
  const speeds = { ...onCore, ...gpu.speeds };
  return {
    ...gpu,
    speeds,
    factors: { wasm: machineFactor("wasm", speeds), wgsl: machineFactor("wgsl", speeds) },
  };
}

async function measureOwnGpu(reference: Awaited<ReturnType<typeof loadReference>>) {
  const device = await openNodeGpu();
  try {
    const { vendor, architecture, description } = device.adapterInfo;
    const speeds = await measureGpu(device, reference, { nowMs: clockFor(device) });
    const numericClass = await numericClassOf("dawn-node", await answersOf(device, await loadProbe()));
    return { gpu: description || `${vendor} ${architecture}`.trim(), speeds, numericClass };
  } finally {
    device.destroy();
  }
}

function describe({ speeds, factors, numericClass, gpu }: Machine): string {
  const speed = (value: number | undefined, unit: string, reference: number) =>
    value === undefined ? "not measured" : `${digits(value)} ${unit} (the reference machine: ${reference})`;
  const factor = (value: number | undefined) =>
    value === undefined ? "" : `, ${digits(value)} reference seconds a second`;
  const rows = [
    ["one core", `${speed(speeds.wasm, "Gop/s", REFERENCE_SPEEDS.wasm)}${factor(factors.wasm)}`],
    ["GPU", gpu],
    ["  f32", speed(speeds.f32, "GFLOP/s", REFERENCE_SPEEDS.f32)],
    ["  i32", `${speed(speeds.i32, "Gop/s", REFERENCE_SPEEDS.i32)}${factor(factors.wgsl)}`],
    ["  class", numericClass ?? "unknown"],
  ];
  return `${rows.map(([name, text]) => `${name!.padEnd(10)}${text}`).join("\n")}\n`;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
