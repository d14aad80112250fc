// Kernels that do what a kernel must not.
import type { WasmManifest, WgslManifest } from "../../kernels/kernel.ts";
import { compileAssembly } from "../relay/assembly.ts";
import { squares } from "../relay/squares.ts";

const wasm = (name: string): WasmManifest => ({ ...squares, name, title: name, params: [] });

const wgsl = (name: string): WgslManifest => ({
  ...squares,
  name,
  title: name,
  engine: "wgsl",
  params: [],
  wgsl: {
    buffers: [],
    uniforms: [],
    bindings: [{ group: 0, binding: 0, kind: "storage", source: { output: true } }],
    passes: [{ entryPoint: "main", workgroups: [1, 1, 1] }],
  },
});

export interface BadKernel {
  manifest: WasmManifest | WgslManifest;
  code: Uint8Array | string;
}

/** Reads memory that the compiler cannot know to be there, for ever. */
export const endlessWasm = async (): Promise<BadKernel> => ({
  manifest: wasm("endless-wasm"),
  code: await compileAssembly(
    "export function run(args: i32): i32 { while (load<u8>(<usize>args) < 255) {} return 0; }",
  ),
});

export const trappingWasm = async (): Promise<BadKernel> => ({
  manifest: wasm("trapping-wasm"),
  code: await compileAssembly("export function run(args: i32): i32 { unreachable(); return 0; }"),
});

export const brokenWgsl = (): BadKernel => ({
  manifest: wgsl("broken-wgsl"),
  code: "@compute @workgroup_size(1) fn main() { there_is_no_such_function(); }",
});

/**
 * One dispatch of many seconds on a software GPU; each step needs the last, so that no compiler shortens it. It does end,
 * because nothing ends it: such a driver has no watchdog, and what comes after waits for it.
 */
export const endlessWgsl = (): BadKernel => ({
  manifest: wgsl("endless-wgsl"),
  code: `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() {
  var x = out[0] + 1u;
  for (var i = 0u; i < 600000000u; i++) { x = (x ^ (x << 13u)) * 1664525u + (x >> 17u) + out[x & 1u]; }
  out[0] = x;
}`,
});

/** Item i is i plus the number of calls before: what it answers depends on how its work was cut. */
export const countingWasm = async (): Promise<BadKernel> => ({
  manifest: wasm("counting-wasm"),
  code: await compileAssembly(`
let calls: u32 = 0;
export function run(args: i32): i32 {
  const block = <usize>args;
  const first = load<u32>(block, 8);
  const count = load<u32>(block, 12);
  const out = <usize>load<u32>(block, 16);
  for (let i: u32 = 0; i < count; i++) store<u32>(out + <usize>(4 * i), first + i + calls);
  calls++;
  return 0;
}`),
});

/** Asks for more memory than its manifest allows. */
export const greedyWasm = async (): Promise<BadKernel> => ({
  ...(await trappingWasm()),
  manifest: { ...wasm("greedy-wasm"), memoryBytes: 65_536 },
});

/** Every invocation takes the next number: which one gets which is a race. */
export const racingWgsl = (): BadKernel => {
  const manifest = wgsl("racing-wgsl") as WgslManifest;
  const counter = { group: 0, binding: 1, kind: "storage", source: { buffer: "counter" } } as const;
  return {
    manifest: {
      ...manifest,
      memoryBytes: 2 ** 22,
      wgsl: {
        ...manifest.wgsl,
        buffers: [{ name: "counter", bytes: 4 }],
        bindings: [...manifest.wgsl.bindings, counter],
        passes: [{ entryPoint: "main", workgroups: ["ceil(items / 64)", 1, 1] }],
      },
    },
    code: `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<storage, read_write> counter: atomic<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&out)) { out[id.x] = atomicAdd(&counter, 1u); }
}`,
  };
};
