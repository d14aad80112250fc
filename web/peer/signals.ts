// What travels through the tracker between two peers: one call's offer, answer and candidates, or a refusal.
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_SIGNAL_BYTES } from "../../protocol/limits.ts";
import type { Signal } from "./transport.ts";

/** Names one attempt to connect; drawn by the caller, 16 hexadecimal digits. */
export type CallId = string;

export type CallSignal = { call: CallId } & (Signal | { type: "busy" });

const call = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const sdp = v.pipe(v.string(), v.maxLength(MAX_SIGNAL_BYTES));
const mid = v.nullish(v.pipe(v.string(), v.maxLength(64)));

const callSignal = v.variant("type", [
  v.strictObject({ call, type: v.picklist(["offer", "answer"]), sdp }),
  v.strictObject({
    call,
    type: v.literal("candidate"),
    candidate: v.strictObject({
      candidate: v.pipe(v.string(), v.maxLength(1024)),
      sdpMid: mid,
      sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
    }),
  }),
  v.strictObject({ call, type: v.literal("busy") }),
]);

/** Throws `bad-message`. */
export function parseSignal(text: string): CallSignal {
  if (text.length > MAX_SIGNAL_BYTES)
    throw new SuperEdgeError("bad-message", `expected a signal of at most ${MAX_SIGNAL_BYTES}, found ${text.length}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-message", "expected a signal in JSON", { cause });
  }
  const result = v.safeParse(callSignal, json);
  if (!result.success) throw new SuperEdgeError("bad-message", `expected a signal: ${result.issues[0].message}`);
  return result.output;
}
