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
