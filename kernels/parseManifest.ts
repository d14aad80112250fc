// What a stranger says of a kernel, believed only after this.
import * as v from "valibot";
import { canonicalJson } from "../protocol/canonicalJson.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { isCid } from "../protocol/ids.ts";
import { MAX_JOB_INPUTS, MAX_MANIFEST_BYTES, MAX_OUTPUT_BYTES } from "../protocol/limits.ts";
import { ELEMENT_BYTES, FIELD_TYPES, type FieldType } from "./dataTypes.ts";
import { type Expr, MAX_EXPRESSION_CHARS, parseExpression } from "./expression.ts";
import { isReserved, jobNames, roundNames, sizeNames, stepNames, taskNames } from "./expressionNames.ts";
import type { App, Binding, Manifest, Pass, Slice, WgslManifest } from "./kernel.ts";
import { parse } from "./parseJson.ts";
import { offRange } from "./parseParams.ts";

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const finite = v.pipe(v.number(), v.finite());
const notNegative = v.pipe(finite, v.minValue(0));
const identifier = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, "expected an identifier"));
const expression: v.GenericSchema<unknown, Expr> = v.union([finite, text(MAX_EXPRESSION_CHARS)]);
/** Items of any list in a manifest: far above any real kernel, low enough to check at once. */
const MAX_LIST = 64;
const list = <T>(item: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T[]> =>
  v.pipe(v.array(item), v.maxLength(MAX_LIST));

const param = v.strictObject({
  name: identifier,
  type: v.picklist(["u32", "i32", "f32", "f64"]),
  default: finite,
  min: finite,
  max: finite,
  title: text(100),
  description: text(1000),
  unit: v.exactOptional(text(20)),
  derived: v.exactOptional(v.literal(true)),
  step: v.exactOptional(v.pipe(finite, v.gtValue(0))),
});

const slice = v.strictObject({ input: identifier, offset: expression });

const binding = v.strictObject({
  group: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3)),
  binding: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999)),
  kind: v.picklist(["uniform", "storage", "read-only-storage"]),
  source: v.union([
    v.strictObject({ uniform: identifier }),
    v.strictObject({ input: identifier }),
    v.strictObject({ buffer: identifier }),
    v.strictObject({ output: v.literal(true) }),
  ]),
});

const pass = v.strictObject({
  entryPoint: text(100),
  workgroups: v.strictTuple([expression, expression, expression]),
  repeat: v.exactOptional(expression),
  constants: v.exactOptional(v.record(identifier, expression)),
  bindings: v.exactOptional(list(binding)),
});

const loop = v.strictObject({ rounds: expression, passes: v.pipe(list(pass), v.minLength(1)) });
const isLoop = (entry: unknown) => typeof entry === "object" && entry !== null && "passes" in entry;

const base = {
  name: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,62}$/, "expected lower-case letters, digits and hyphens")),
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]{1,32})?$/, "expected a version like 1.2.3")),
  title: text(100),
  description: text(4000),
  licence: text(100),
  params: list(param),
  inputs: v.pipe(
    v.array(
      v.strictObject({
        name: identifier,
        title: text(100),
        description: text(1000),
        maxBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      }),
    ),
    v.maxLength(MAX_JOB_INPUTS),
  ),
  output: v.strictObject({
    type: v.picklist(["u8", "i32", "u32", "f32", "f64"]),
    itemBytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_OUTPUT_BYTES)),
  }),
  compare: v.variant("kind", [
    v.strictObject({ kind: v.literal("exact"), within: v.exactOptional(v.literal("class")) }),
    v.strictObject({ kind: v.literal("tolerance"), abs: notNegative, rel: notNegative, ulp: notNegative }),
  ]),
  memoryBytes: expression,
  requirements: v.exactOptional(
    v.strictObject({
      features: v.exactOptional(list(text(64))),
      limits: v.exactOptional(v.record(identifier, notNegative)),
    }),
  ),
  cost: expression,
};

const manifestSchema: v.GenericSchema<unknown, Manifest> = v.variant("engine", [
  v.strictObject({ ...base, engine: v.literal("wasm") }),
  v.strictObject({
    ...base,
    engine: v.literal("wgsl"),
    wgsl: v.strictObject({
      buffers: list(v.strictObject({ name: identifier, bytes: expression, from: v.exactOptional(slice) })),
      uniforms: list(
        v.strictObject({
          name: identifier,
          fields: list(
            v.strictObject({
              type: v.picklist(Object.keys(FIELD_TYPES) as FieldType[]),
              value: v.union([expression, v.pipe(v.array(expression), v.maxLength(16))]),
            }),
          ),
        }),
      ),
      bindings: list(binding),
      passes: v.pipe(list(v.lazy((entry) => (isLoop(entry) ? loop : pass))), v.minLength(1)),
      outputFrom: v.exactOptional(slice),
    }),
  }),
]);

const appSchema = v.strictObject({ manifest: v.unknown(), code: v.string() });

/** Parses what a stranger says of a kernel. Throws `bad-app` with the path and the reason. */
export function parseManifest(json: unknown): Manifest {
  const manifest = parse(manifestSchema, json, "bad-app", "manifest");
  const bytes = canonicalJson(manifest).length;
  if (bytes > MAX_MANIFEST_BYTES) fail("", `expected at most ${MAX_MANIFEST_BYTES} bytes, found ${bytes}`);
  checkNames(manifest);
  for (const [i, { name, ...param }] of manifest.params.entries()) {
    const where = `.params.${i}`;
    if (param.min > param.max) fail(where, `min ${param.min} is above max ${param.max} (${name})`);
    for (const bound of ["min", "max", "default"] as const) {
      const reason = offRange(param, param[bound]);
      if (reason) fail(`${where}.${bound}`, `${reason} (${name})`);
    }
  }
  const { type, itemBytes } = manifest.output;
  if (itemBytes % ELEMENT_BYTES[type] !== 0) fail(".output.itemBytes", `${itemBytes} is not a whole number of ${type}`);
  if (manifest.compare.kind === "tolerance" && type !== "f32" && type !== "f64")
    fail(".compare", `a tolerance is for floats; the output is ${type}`);
  if (manifest.compare.kind === "exact" && manifest.compare.within && manifest.engine !== "wgsl")
    fail(".compare", `numeric classes are of GPUs; ${manifest.engine} gives the same bytes everywhere`);
  checkExpressions(manifest);
  if (manifest.engine === "wgsl") checkWgsl(manifest);
  return manifest;
}

/** Parses an app's blob, already decoded from JSON. Throws `bad-app`. */
export function parseApp(json: unknown): App {
  const { manifest, code } = parse(appSchema, json, "bad-app", "app");
  if (!isCid(code))
    throw new SuperEdgeError("bad-app", `app.code: expected a CIDv1, found ${JSON.stringify(code.slice(0, 80))}`);
  return { manifest: parseManifest(manifest), code };
}

function fail(path: string, reason: string): never {
  throw new SuperEdgeError("bad-app", `manifest${path}: ${reason}`);
}

function checkNames(manifest: Manifest) {
  unique(".params", manifest.params);
  unique(".inputs", manifest.inputs);
  for (const [i, { name }] of manifest.params.entries())
    if (isReserved(name)) fail(`.params.${i}.name`, `${name} is reserved`);
}

function unique(path: string, named: readonly { name: string }[]): Set<string> {
  const seen = new Set<string>();
  for (const [i, { name }] of named.entries()) {
    if (seen.has(name)) fail(`${path}.${i}.name`, `${name} is there twice`);
    seen.add(name);
  }
  return seen;
}

function checkExpressions(manifest: Manifest) {
  const names = sizeNames(manifest);
  parseExpression(manifest.memoryBytes, names, "manifest.memoryBytes");
  parseExpression(manifest.cost, names, "manifest.cost");
}

function checkWgsl(manifest: WgslManifest) {
  const { wgsl } = manifest;
  const job = jobNames(manifest);
  const task = taskNames(manifest);
  const step = stepNames(manifest);
  const inputs = new Set(manifest.inputs.map(({ name }) => name));
  const buffers = unique(".wgsl.buffers", wgsl.buffers);
  const uniforms = unique(".wgsl.uniforms", wgsl.uniforms);

  const checkSlice = (path: string, { input, offset }: Slice) => {
    if (!inputs.has(input)) fail(`${path}.input`, `there is no input ${input}`);
    parseExpression(offset, task, `manifest${path}.offset`);
  };
  const checkBindings = (path: string, bindings: Binding[]) => {
    const seen = new Set<string>();
    for (const [i, { group, binding, kind, source }] of bindings.entries()) {
      const where = `${path}.${i}`;
      const key = `@group(${group}) @binding(${binding})`;
      if (seen.has(key)) fail(where, `${key} is there twice`);
      seen.add(key);
      if ("uniform" in source !== (kind === "uniform")) fail(where, `a ${kind} binding cannot have this source`);
      if ("uniform" in source && !uniforms.has(source.uniform)) fail(where, `there is no uniform ${source.uniform}`);
      if ("buffer" in source && !buffers.has(source.buffer)) fail(where, `there is no buffer ${source.buffer}`);
      if ("input" in source && !inputs.has(source.input)) fail(where, `there is no input ${source.input}`);
      // Inputs are uploaded once and read by every task of a job.
      if ("input" in source && kind === "storage") fail(where, "an input is bound read-only; copy it into a buffer");
    }
  };
  const checkPass = (path: string, pass: Pass) => {
    for (const [i, count] of pass.workgroups.entries()) parseExpression(count, step, `manifest${path}.workgroups.${i}`);
    if (pass.repeat !== undefined) parseExpression(pass.repeat, roundNames(manifest), `manifest${path}.repeat`);
    for (const [name, value] of Object.entries(pass.constants ?? {}))
      parseExpression(value, job, `manifest${path}.constants.${name}`);
    if (pass.bindings) checkBindings(`${path}.bindings`, pass.bindings);
  };

  for (const [i, { bytes, from }] of wgsl.buffers.entries()) {
    parseExpression(bytes, task, `manifest.wgsl.buffers.${i}.bytes`);
    if (from) checkSlice(`.wgsl.buffers.${i}.from`, from);
  }
  if (wgsl.outputFrom) checkSlice(".wgsl.outputFrom", wgsl.outputFrom);
  for (const [i, { fields }] of wgsl.uniforms.entries())
    for (const [j, { type, value }] of fields.entries()) {
      const path = `.wgsl.uniforms.${i}.fields.${j}.value`;
      const values = Array.isArray(value) ? value : [value];
      const wanted = FIELD_TYPES[type].values;
      if (values.length !== wanted) fail(path, `expected ${wanted} values of ${type}, found ${values.length}`);
      for (const [k, one] of values.entries()) parseExpression(one, step, `manifest${path}.${k}`);
    }
  checkBindings(".wgsl.bindings", wgsl.bindings);
  for (const [i, entry] of wgsl.passes.entries()) {
    const path = `.wgsl.passes.${i}`;
    if (!("passes" in entry)) {
      checkPass(path, entry);
      continue;
    }
    parseExpression(entry.rounds, task, `manifest${path}.rounds`);
    for (const [j, inner] of entry.passes.entries()) checkPass(`${path}.passes.${j}`, inner);
  }
}
