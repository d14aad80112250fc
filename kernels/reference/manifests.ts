import type { Param, WasmManifest, WgslManifest } from "../kernel.ts";

/** Loops of an item, as the kernels have them. */
export const F32_ROUNDS = 8192;
export const I32_ROUNDS = 4096;
export const WASM_ROUNDS = 8192;

/** Operations of an item, counted: the loop's, and the sum at its end. Nothing else is, no index and no loop counter. */
export const F32_ITEM_OPS = F32_ROUNDS * 32 + 15;
export const I32_ITEM_OPS = I32_ROUNDS * 64 + 15;
export const WASM_ITEM_OPS = WASM_ROUNDS * 16 + 5;

/** Items of a dispatch: 4.3e9 operations, some milliseconds of a GPU that does 1e12 in a second. */
const CHUNK = 16_384;
/** Of the module's memory, as `tools/build-kernels.ts` sets it. */
const WASM_MEMORY_BYTES = 16 * 1024 * 1024;

// Given as parameters so that no compiler can work the loops out beforehand.
const scale: Param = {
  name: "scale",
  type: "f64",
  default: 0.9990234375,
  min: 0,
  max: 1,
  title: "Scale",
  description: "What each chain of floats is multiplied by; exact in 32 bits.",
};
const factor: Param = {
  name: "factor",
  type: "u32",
  default: 1_664_525,
  min: 1,
  max: 2 ** 32 - 1,
  title: "Factor",
  description: "What each chain of integers is multiplied by.",
};

const base = {
  version: "1.0.0",
  licence: "Apache-2.0",
  inputs: [],
  cost: "items",
};

function onGpu(own: Pick<WgslManifest, "name" | "title" | "description" | "output" | "compare">, param: Param) {
  const manifest: WgslManifest = {
    ...base,
    ...own,
    engine: "wgsl",
    params: [param],
    memoryBytes: "8 * items + 65536",
    wgsl: {
      buffers: [],
      uniforms: [
        {
          name: "task",
          fields: [
            { type: "u32", value: "first" },
            { type: "u32", value: "items" },
            { type: "u32", value: "step" },
            { type: param.type === "u32" ? "u32" : "f32", value: param.name },
          ],
        },
      ],
      bindings: [
        { group: 0, binding: 0, kind: "uniform", source: { uniform: "task" } },
        { group: 0, binding: 1, kind: "storage", source: { output: true } },
      ],
      passes: [
        {
          entryPoint: param.type === "u32" ? "mix32" : "multiplyAdd",
          workgroups: [`ceil(min(items, ${CHUNK}) / 64)`, 1, 1],
          repeat: `ceil(items / ${CHUNK})`,
        },
      ],
    },
  };
  return manifest;
}

export const f32Manifest = onGpu(
  {
    name: "reference-f32",
    title: "Reference work, f32",
    description: "Multiplications and additions of 32-bit floats on a GPU, counted, to tell how fast it is.",
    output: { type: "f32", itemBytes: 4 },
    compare: { kind: "tolerance", abs: 0, rel: 1e-5, ulp: 0 },
  },
  scale,
);

export const i32Manifest = onGpu(
  {
    name: "reference-i32",
    title: "Reference work, i32",
    description: "Operations on 32-bit integers on a GPU, counted, to tell how fast it is.",
    output: { type: "u32", itemBytes: 4 },
    compare: { kind: "exact" },
  },
  factor,
);

export const wasmManifest: WasmManifest = {
  ...base,
  name: "reference",
  title: "Reference work, WebAssembly",
  description: "Operations on 64-bit floats and 32-bit integers on one core, counted, to tell how fast it is.",
  engine: "wasm",
  params: [scale, factor],
  output: { type: "f64", itemBytes: 8 },
  compare: { kind: "exact" },
  memoryBytes: WASM_MEMORY_BYTES,
};
