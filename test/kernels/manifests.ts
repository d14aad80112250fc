// Manifests for tests, with what the test is about filled in.
import type { WasmManifest, Wgsl, WgslManifest } from "../../kernels/kernel.ts";

const about = {
  name: "test-kernel",
  version: "1.0.0",
  title: "Test kernel",
  description: "For tests.",
  licence: "Apache-2.0",
  params: [],
  inputs: [],
  output: { type: "u32", itemBytes: 4 },
  compare: { kind: "exact" },
  memoryBytes: 2 ** 24,
  cost: "items",
} as const;

export const wgslManifest = (wgsl: Partial<Wgsl>, rest: Partial<WgslManifest> = {}): WgslManifest => ({
  ...structuredClone({ ...about, params: [...about.params], inputs: [...about.inputs] }),
  engine: "wgsl",
  wgsl: { buffers: [], uniforms: [], bindings: [], passes: [], ...wgsl },
  ...rest,
});

export const wasmManifest = (rest: Partial<WasmManifest> = {}): WasmManifest => ({
  ...structuredClone({ ...about, params: [...about.params], inputs: [...about.inputs] }),
  engine: "wasm",
  ...rest,
});

/** An input of the ABI under test. */
export const input = (name: string, maxBytes = 2 ** 20) => ({ name, title: name, description: name, maxBytes });

/** A u32 parameter. */
export const param = (name: string, initial: number, rest: { min?: number; max?: number } = {}) => ({
  name,
  type: "u32" as const,
  default: initial,
  min: rest.min ?? 0,
  max: rest.max ?? 2 ** 32 - 1,
  title: name,
  description: name,
});
