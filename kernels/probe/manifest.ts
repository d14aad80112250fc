import type { WgslManifest } from "../kernel.ts";
import { ROWS } from "./numbers.ts";

/** Answered by an f32, NaNs to be made canonical. The shader's FLOATS. */
export const FLOAT_QUESTIONS = 64;
/** Answered by a u32. */
const WORD_QUESTIONS = 10;
export const ANSWERS = ROWS * (FLOAT_QUESTIONS + WORD_QUESTIONS);

export const manifest: WgslManifest = {
  name: "probe",
  version: "1.0.0",
  title: "Numeric probe",
  description:
    "Asks a GPU what WGSL leaves to it: contraction, order, rounding, subnormal numbers, conversions. The hash of its answers is the machine's numeric class.",
  licence: "Apache-2.0",
  engine: "wgsl",
  params: [],
  inputs: [
    {
      name: "numbers",
      title: "Numbers",
      description: `${ROWS} rows of three 32-bit floats.`,
      maxBytes: 12 * ROWS,
    },
  ],
  output: { type: "u32", itemBytes: 4 },
  compare: { kind: "exact" },
  memoryBytes: "bytes_numbers + 8 * items + 65536",
  cost: "items",
  wgsl: {
    buffers: [],
    uniforms: [
      {
        name: "task",
        fields: [
          { type: "u32", value: "first" },
          { type: "u32", value: "items" },
        ],
      },
    ],
    bindings: [
      { group: 0, binding: 0, kind: "uniform", source: { uniform: "task" } },
      { group: 0, binding: 1, kind: "read-only-storage", source: { input: "numbers" } },
      { group: 0, binding: 2, kind: "storage", source: { output: true } },
    ],
    passes: [{ entryPoint: "answer", workgroups: ["ceil(items / 64)", 1, 1] }],
  },
};
