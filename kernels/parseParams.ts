import * as v from "valibot";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Manifest, Param } from "./kernel.ts";
import { parse } from "./parseJson.ts";

const paramsSchema = v.pipe(
  // A list is a record of its places to valibot.
  v.custom<unknown>((json) => !Array.isArray(json), "expected an object, found a list"),
  v.record(v.string(), v.number()),
);

/**
 * Parses the parameters of a job: fills defaults, checks types and ranges, rounds f32 as the kernel will see it.
 * Throws `bad-job`, also on a name the manifest does not have.
 */
export function parseParams(manifest: Manifest, json: unknown): Record<string, number> {
  const given = parse(paramsSchema, json, "bad-job", "params");
  const known = new Set(manifest.params.map(({ name }) => name));
  for (const name of Object.keys(given))
    if (!known.has(name))
      throw new SuperEdgeError(
        "bad-job",
        `params.${name.slice(0, 80)}: expected one of ${[...known].join(", ") || "none"}`,
      );
  const params: Record<string, number> = {};
  for (const param of manifest.params) {
    const value = Object.hasOwn(given, param.name) ? given[param.name]! : param.default;
    const reason = offRange(param, value);
    if (reason) throw new SuperEdgeError("bad-job", `params.${param.name}: ${reason}`);
    params[param.name] = param.type === "f32" ? Math.fround(value) : value;
  }
  return params;
}

const INTEGER_RANGE = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;

/** Why a value cannot be the parameter's; undefined if it can. */
export function offRange({ type, min, max }: Pick<Param, "type" | "min" | "max">, value: number): string | undefined {
  if (!Number.isFinite(value)) return `expected a number, found ${value}`;
  if (type === "u32" || type === "i32") {
    const [least, most] = INTEGER_RANGE[type];
    if (!Number.isInteger(value) || value < least || value > most) return `expected ${type}, found ${value}`;
  }
  if (type === "f32" && !Number.isFinite(Math.fround(value))) return `expected f32, found ${value}`;
  if (value < min || value > max) return `expected ${min} to ${max}, found ${value}`;
  return undefined;
}
