// A kernel of floats whose results agree within a tolerance: item i is the square root of i.
import type { WasmManifest } from "../../kernels/kernel.ts";
import { compileAssembly } from "./assembly.ts";
import { squares } from "./squares.ts";

export const roots: WasmManifest = {
  ...squares,
  name: "roots",
  title: "Roots",
  description: "Item i is the square root of i.",
  params: [],
  output: { type: "f32", itemBytes: 4 },
  compare: { kind: "tolerance", abs: 0, rel: 1e-4, ulp: 0 },
};

export const compileRoots = (): Promise<Uint8Array> =>
  compileAssembly(`
export function run(args: i32): i32 {
  const block = <usize>args;
  const first = load<u32>(block, 8);
  const count = load<u32>(block, 12);
  const out = <usize>load<u32>(block, 16);
  for (let i: u32 = 0; i < count; i++) store<f32>(out + <usize>(4 * i), sqrt<f32>(<f32>(first + i)));
  return 0;
}`);

/** What the kernel answers, times `factor`: another machine's rounding, if it is near 1. */
export function rootsOf({ first, count }: { first: number; count: number }, factor = 1): Uint8Array<ArrayBuffer> {
  const values = Float32Array.from({ length: count }, (_, i) => Math.sqrt(first + i) * factor);
  return new Uint8Array(values.buffer);
}
