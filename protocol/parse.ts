// The door: what arrives is unknown until a schema has said what it is.
import { Packr } from "msgpackr";
import * as v from "valibot";
import { type ErrorCode, SuperEdgeError } from "./errors.ts";
import { MAX_FRAME_BYTES } from "./limits.ts";
import { type RelayMessage, relayMessage, type VolunteerMessage, volunteerMessage } from "./messages.ts";

// Plain maps only: no records, no extensions that carry structure, and numbers beyond 2^53 stay numbers.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

/** Says in one line where a value departs from its schema. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const [first] = issues;
  if (!first) return "does not fit";
  const path = v.getDotPath(first) ?? "(whole)";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return `${path}: ${first.message}${more}`.slice(0, 500);
}

/** Parses `value` or throws `code` with the place and the expectation. */
export function parseAs<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  code: ErrorCode = "bad-message",
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true, abortEarly: true });
  if (!result.success) throw new SuperEdgeError(code, describeIssues(result.issues));
  return result.output;
}

function unpack(frame: Uint8Array): unknown {
  if (frame.length > MAX_FRAME_BYTES)
    throw new SuperEdgeError("bad-frame", `expected at most ${MAX_FRAME_BYTES} bytes, found ${frame.length}`);
  try {
    return packr.unpack(frame);
  } catch (cause) {
    throw new SuperEdgeError("bad-frame", "expected a MessagePack map", { cause });
  }
}

/** Throws `bad-frame` or `bad-message`. */
export const parseVolunteerMessage = (frame: Uint8Array): VolunteerMessage => parseAs(volunteerMessage, unpack(frame));
/** Throws `bad-frame` or `bad-message`. */
export const parseRelayMessage = (frame: Uint8Array): RelayMessage => parseAs(relayMessage, unpack(frame));

export const packMessage = (message: VolunteerMessage | RelayMessage): Uint8Array<ArrayBuffer> =>
  packr.pack(message) as Uint8Array<ArrayBuffer>;
