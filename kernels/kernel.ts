// What an app says about its kernel. The manifest is all that a scheduler, a worker and a page know of a kernel: what it
// asks of the user, what it reads, how its items map to output bytes, how two outputs compare, what it costs and, for
// WGSL, how its bindings are fed. ABI.md says the same for those who write kernels.
import type { Cid } from "../protocol/ids.ts";
import type { FieldType, OutputType, ParamType } from "./dataTypes.ts";
import type { Expr } from "./expression.ts";

export { canonicalJson } from "../protocol/canonicalJson.ts";
export type { FieldType, OutputType, ParamType } from "./dataTypes.ts";
export type { Expr } from "./expression.ts";
export { parseApp, parseManifest } from "./parseManifest.ts";
export { parseParams } from "./parseParams.ts";

export interface Param {
  /** Also its name in expressions. */
  name: string;
  type: ParamType;
  default: number;
  /** Inclusive. */
  min: number;
  max: number;
  title: string;
  description: string;
  /** As shown after the value: "%", "days". */
  unit?: string;
  /** Set by the kernel's `prepare`, not asked of the user. */
  derived?: true;
  /** What a form's control steps by; no other values are forbidden by it. */
  step?: number;
}

/** One blob, given whole to the kernel. */
export interface Input {
  /** `bytes_NAME` is its size in expressions. */
  name: string;
  title: string;
  description: string;
  maxBytes: number;
}

export interface Output {
  type: OutputType;
  /** Bytes of one item: a task's output is count × itemBytes, items in order, elements little-endian. */
  itemBytes: number;
}

/**
 * Whether two outputs of one task are the same result. Exact: every byte, on every machine or, `within` a numeric class
 * (see probe/), on machines of one class. Within tolerance: every element within `abs`, `rel` or `ulp`.
 */
export type Compare =
  | { kind: "exact"; within?: "class" }
  | { kind: "tolerance"; abs: number; rel: number; ulp: number };

/** What a machine must offer beyond the engine itself. */
export interface Requirements {
  /** GPU feature names, as `GPUFeatureName`. */
  features?: string[];
  /** GPU limits by name, as `GPUSupportedLimits`: least values, and most values for the two alignments. */
  limits?: Record<string, number>;
}

interface ManifestBase {
  /** Lower case, digits, hyphens. */
  name: string;
  version: string;
  title: string;
  description: string;
  /** SPDX expression. */
  licence: string;
  /** In the order of the ABI's parameter block. */
  params: Param[];
  /** In the order of the job's input blobs. */
  inputs: Input[];
  output: Output;
  compare: Compare;
  /** Bytes a task may use: all GPU buffers together, or the WASM memory's maximum. Of params, items, `bytes_*`. */
  memoryBytes: Expr;
  requirements?: Requirements;
  /** Rough units of work of a range, for sizing tasks; only ratios matter. Of params, items, `bytes_*`. */
  cost: Expr;
}

export interface WasmManifest extends ManifestBase {
  engine: "wasm";
}

export interface WgslManifest extends ManifestBase {
  engine: "wgsl";
  wgsl: Wgsl;
}

export type Manifest = WgslManifest | WasmManifest;

/**
 * How a shader is fed and run. Expressions may use params, `first`, `items`, `bytes_NAME` and `word_NAME(i)` of inputs and,
 * where said, `step` and `round`.
 */
export interface Wgsl {
  /** Intermediate buffers, fresh for every task. */
  buffers: ScratchBuffer[];
  uniforms: Uniform[];
  /** What passes bind unless they list their own. */
  bindings: Binding[];
  passes: (Pass | Loop)[];
  /** What the output holds before the first pass; zero if absent. For shaders that work in place. */
  outputFrom?: Slice;
}

/** A piece of an input, beginning at `offset` bytes (a multiple of 4); what reaches past its end is zero. */
export interface Slice {
  input: string;
  offset: Expr;
}

export interface ScratchBuffer {
  name: string;
  /** Rounded up to a multiple of 4, at least 4. */
  bytes: Expr;
  /** What it holds at the task's start; zero if absent. */
  from?: Slice;
}

/** One member of a uniform struct; a vector or matrix takes a list of values, columns first. May use `step`, `round`. */
export interface Field {
  type: FieldType;
  value: Expr | Expr[];
}

/** A uniform struct, laid out by WGSL's rules for its members in order. */
export interface Uniform {
  name: string;
  fields: Field[];
}

export type BindingKind = "uniform" | "storage" | "read-only-storage";
export type BindingSource = { uniform: string } | { input: string } | { buffer: string } | { output: true };

export interface Binding {
  group: number;
  binding: number;
  kind: BindingKind;
  source: BindingSource;
}

/** One entry point, dispatched `repeat` times (1 if absent). */
export interface Pass {
  entryPoint: string;
  /** May use `step`, `round`. A dispatch with a zero is skipped. */
  workgroups: [Expr, Expr, Expr];
  /** `step` counts from 0. May use `round`. */
  repeat?: Expr;
  /** Pipeline-overridable constants. May use params and `bytes_*` only: a pipeline is compiled once a job. */
  constants?: Record<string, Expr>;
  /** Instead of the shader's common bindings: for passes that swap buffers, or reuse a binding number. */
  bindings?: Binding[];
}

/** Passes run in turn, `rounds` times over; `round` counts from 0. */
export interface Loop {
  rounds: Expr;
  passes: Pass[];
}

/** A published app: its blob is `canonicalJson(app)`, and the CID of that blob is the app's id. */
export interface App {
  manifest: Manifest;
  /** CID of the kernel's code: WGSL text in UTF-8, or a WASM module. */
  code: Cid;
}
