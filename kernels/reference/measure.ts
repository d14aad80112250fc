// How fast a machine is at the reference kernels, in 10⁹ operations a second: the same code in a volunteer's sandbox and
// in Node, where pools measure themselves.
import type { Speeds } from "../../protocol/categories.ts";
import { type ErrorCode, SuperEdgeError } from "../../protocol/errors.ts";
import { loadWasm } from "../execute/loadWasm.ts";
import { loadWgsl } from "../execute/loadWgsl.ts";
import type { Bound, Program } from "../execute/program.ts";
import { parseParams } from "../kernel.ts";
import { F32_ITEM_OPS, f32Manifest, I32_ITEM_OPS, i32Manifest, WASM_ITEM_OPS, wasmManifest } from "./manifests.ts";

/** The kernels' code: kernels/reference/f32.wgsl and i32.wgsl as text, build/kernel.wasm. */
export interface ReferenceCode {
  f32: string;
  i32: string;
  wasm: Uint8Array;
}

/** A run that is timed, beyond the shortest: far above a clock's grain and a dispatch's own cost, milliseconds. */
const RUN_MS = 15;
/** Timed runs; the median is taken, so that two disturbed ones do no harm. */
const RUNS = 5;
/** Of work; no run is repeated beyond that, milliseconds: with compiling, three kernels stay near 300 ms. */
const BUDGET_MS = 90;
/** Beyond that no larger run is tried, milliseconds. */
const TRIAL_BUDGET_MS = 1500;
/** One workgroup. */
const FEWEST_ITEMS = 64;
/** 7e10 operations: 7 ms of a GPU that does 1e13 in a second, and 1 MiB of output. */
const MOST_ITEMS = 2 ** 18;
/** How much larger the next trial may be: one run on a machine misjudged by this much still ends soon. */
const GROWTH = 4;

/** Between two runs, with the milliseconds of the last: a volunteer's share of time is kept to here as in tasks. */
export type Pace = (busyMs: number) => Promise<void> | undefined;

export interface Measuring {
  pace?: Pace | undefined;
  /** Milliseconds: wall time unless told. */
  nowMs?: () => number;
  /** Told why a figure is left out. */
  failed?: (code: ErrorCode, message: string) => void;
}

/**
 * 10⁹ operations a second; `fewest` is where trials begin. What a run takes however short it is, is taken off: Firefox
 * tells that a GPU has finished only every 100 ms. Throws what `run` throws.
 */
export async function speedOf(
  bound: Pick<Bound, "run">,
  itemOps: number,
  fewest: number,
  { pace, nowMs = () => performance.now() }: Measuring,
): Promise<number> {
  let busyMs = 0;
  const time = async (count: number) => {
    const startMs = nowMs();
    await bound.run({ first: 0, count });
    const tookMs = nowMs() - startMs;
    busyMs += tookMs;
    await pace?.(tookMs);
    return tookMs;
  };
  // The first run warms up: buffers are made, code is compiled.
  await time(fewest);
  const shortestMs = Math.min(await time(fewest), await time(fewest));
  // Twice the shortest at least, where that is long: a run that was held up for once must not pass for what all take.
  const enoughMs = Math.max(RUN_MS / 2, shortestMs);
  const beyondMs = (tookMs: number) => Math.max(tookMs - shortestMs, 0.1);
  let count = fewest;
  let tookMs = shortestMs;
  while (beyondMs(tookMs) < enoughMs && count < MOST_ITEMS && busyMs < TRIAL_BUDGET_MS) {
    const growth = Math.min(GROWTH, Math.max(2, (2 * enoughMs) / beyondMs(tookMs)));
    count = Math.min(MOST_ITEMS, Math.ceil(count * growth));
    tookMs = await time(count);
  }
  const runs = [tookMs];
  while (runs.length < RUNS && busyMs + tookMs < BUDGET_MS) runs.push(await time(count));
  runs.sort((a, b) => a - b);
  const medianMs = runs[Math.floor(runs.length / 2)]!;
  // Where even the largest run takes no longer than the shortest, all that is known is that it is as fast as this.
  const least = (count * itemOps) / Math.max(medianMs, 0.1);
  const beyond = ((count - fewest) * itemOps) / beyondMs(medianMs);
  return (beyondMs(medianMs) < enoughMs / 2 ? least : Math.max(least, beyond)) / 1e6;
}

async function measure(
  load: () => Promise<Program>,
  params: Record<string, number>,
  itemOps: number,
  fewest: number,
  how: Measuring,
): Promise<number> {
  const program = await load();
  try {
    const bound = await program.bind(params, []);
    try {
      return await speedOf(bound, itemOps, fewest, how);
    } finally {
      bound.dispose();
    }
  } finally {
    program.dispose();
  }
}

/** f32 and i32 of one GPU. A kernel that fails leaves its figure out. */
export async function measureGpu(
  device: GPUDevice,
  code: Pick<ReferenceCode, "f32" | "i32">,
  how: Measuring = {},
): Promise<Speeds> {
  const speeds: Speeds = {};
  for (const [name, manifest, text, itemOps] of [
    ["f32", f32Manifest, code.f32, F32_ITEM_OPS],
    ["i32", i32Manifest, code.i32, I32_ITEM_OPS],
  ] as const)
    try {
      const load = () => loadWgsl(device, manifest, text);
      speeds[name] = await measure(load, parseParams(manifest, {}), itemOps, FEWEST_ITEMS, how);
    } catch (error) {
      how.failed?.(...reason(error));
    }
  return speeds;
}

/** wasm, of the core this runs on. */
export async function measureWasm(code: Uint8Array, how: Measuring = {}): Promise<Speeds> {
  try {
    const load = () => loadWasm(wasmManifest, code);
    return { wasm: await measure(load, parseParams(wasmManifest, {}), WASM_ITEM_OPS, 1, how) };
  } catch (error) {
    how.failed?.(...reason(error));
    return {};
  }
}

const reason = (error: unknown): [ErrorCode, string] =>
  error instanceof SuperEdgeError ? [error.code, error.message] : ["kernel-trap", String(error)];
