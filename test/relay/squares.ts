// The smallest honest kernel: item i is (i + offset)², exact on every machine, and known without running it.
import type { WasmManifest } from "../../kernels/kernel.ts";
import { compileAssembly } from "./assembly.ts";

export const squares: WasmManifest = {
  name: "squares",
  version: "1.0.0",
  title: "Squares",
  description: "Item i is the square of i + offset.",
  licence: "Apache-2.0",
  engine: "wasm",
  params: [
    { name: "offset", type: "u32", default: 0, min: 0, max: 1000, title: "Offset", description: "Added first." },
  ],
  inputs: [],
  output: { type: "u32", itemBytes: 4 },
  compare: { kind: "exact" },
  memoryBytes: 4 * 65_536,
  cost: "items",
};

// {paramsPtr, inputCount = 0, first, count, outPtr, outBytes}
export const compileSquares = (): Promise<Uint8Array> =>
  compileAssembly(`
export function run(args: i32): i32 {
  const block = <usize>args;
  const offset = <u32>load<f64>(<usize>load<u32>(block));
  const first = load<u32>(block, 8);
  const count = load<u32>(block, 12);
  const out = <usize>load<u32>(block, 16);
  for (let i: u32 = 0; i < count; i++) {
    const x = first + i + offset;
    store<u32>(out + <usize>(4 * i), x * x);
  }
  return 0;
}`);

/** What the kernel must answer. */
export function squaresOf({ first, count }: { first: number; count: number }, offset = 0): Uint8Array<ArrayBuffer> {
  const values = Uint32Array.from({ length: count }, (_, i) => (first + i + offset) ** 2);
  return new Uint8Array(values.buffer);
}
