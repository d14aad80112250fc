import * as v from "valibot";
import { type ErrorCode, SuperEdgeError } from "../protocol/errors.ts";

/** Throws `code` with the path and reason of the first thing that does not fit. */
export function parse<T>(schema: v.GenericSchema<unknown, T>, json: unknown, code: ErrorCode, what: string): T {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new SuperEdgeError(code, `${what}${at(v.getDotPath(issue))}: ${issue.message}`);
}

const at = (path: string | null) => (path === null ? "" : `.${path}`);
