// What crosses between the volunteer's page and the sandbox frame, which is of another origin: plain data through one
// MessagePort, parsed by schema on both sides. No functions, no proxies.
import * as v from "valibot";
import { adSchema, engineSchema } from "../../protocol/ads.ts";
import { isErrorCode } from "../../protocol/errors.ts";
import { MAX_BLOB_BYTES } from "../../protocol/limits.ts";
import { bytesUpTo, text, uint } from "../../protocol/schemas.ts";

const id = uint();
/** A job's kernel with its parameters and inputs. */
const program = text(200);
/** Milliseconds. */
const duration = v.pipe(v.number(), v.minValue(0));
const bytes = bytesUpTo(MAX_BLOB_BYTES);
/** Of time the engine may be busy. */
const share = v.pipe(v.number(), v.minValue(0.01), v.maxValue(1));
/** Of the probe and the reference kernels, each. */
const MAX_CODE_CHARS = 65_536;

export const hostMessage = v.variant("type", [
  v.strictObject({ type: v.literal("probe"), id }),
  v.strictObject({
    type: v.literal("load"),
    id,
    program,
    /** Parsed by the kernels' own schema. */
    manifest: v.record(v.string(), v.unknown()),
    code: bytes,
    params: v.record(v.string(), v.number()),
    inputs: v.pipe(v.array(bytes), v.maxLength(16)),
  }),
  v.strictObject({
    type: v.literal("run"),
    id,
    program,
    first: uint(2 ** 32),
    count: uint(2 ** 32),
    share,
    /** After that the kernel is killed, milliseconds. */
    timeoutMs: uint(3_600_000),
  }),
  /** The numeric probe's shader. */
  v.strictObject({ type: v.literal("classify"), id, code: text(MAX_CODE_CHARS) }),
  /** The reference kernels. Refused while a kernel runs; kernels asked for meanwhile wait. */
  v.strictObject({
    type: v.literal("measure"),
    id,
    code: v.strictObject({ f32: text(MAX_CODE_CHARS), i32: text(MAX_CODE_CHARS), wasm: bytesUpTo(MAX_CODE_CHARS) }),
    share,
  }),
  v.strictObject({ type: v.literal("stop") }),
]);
export type HostMessage = v.InferOutput<typeof hostMessage>;

export const frameMessage = v.variant("type", [
  v.strictObject({
    type: v.literal("probed"),
    id,
    engines: v.array(engineSchema),
    adapter: adSchema.entries.adapter,
    why: text(1000),
  }),
  v.strictObject({ type: v.literal("classified"), id, numericClass: adSchema.entries.numericClass }),
  v.strictObject({ type: v.literal("measured"), id, gflops: adSchema.entries.gflops }),
  v.strictObject({ type: v.literal("loaded"), id }),
  v.strictObject({ type: v.literal("ran"), id, output: bytes, tookMs: duration, busyMs: duration }),
  v.strictObject({
    type: v.literal("failed"),
    id,
    code: v.custom<Parameters<typeof isErrorCode>[0]>((x) => typeof x === "string" && isErrorCode(x)),
    message: text(4000),
  }),
  /** The dedicated worker was replaced: nothing is loaded any more. */
  v.strictObject({ type: v.literal("restarted") }),
]);
export type FrameMessage = v.InferOutput<typeof frameMessage>;

/** How the page introduces itself to the frame: with the port that everything else goes through. */
export const GREETING = "superedge sandbox 1";
/** What the frame says to its embedder once it listens. */
export const READY = "superedge sandbox ready";
