// What a requester prefers among the workers that could do a job: a preset's name, or weights of its own.
import * as v from "valibot";

/** In the order of every array over criteria. */
export const CRITERIA = ["cost", "speed", "trust", "reliability", "energy"] as const;
export type CriterionName = (typeof CRITERIA)[number];

export const presetSchema = v.picklist(["balanced", "cheapest", "fastest", "most trusted", "greenest"]);
export type Preset = v.InferOutput<typeof presetSchema>;

const weight = v.optional(v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1000)));
/** Only their proportions count; an absent one is 0. */
const weightsSchema = v.pipe(
  v.strictObject({ cost: weight, speed: weight, trust: weight, reliability: weight, energy: weight }),
  v.check((weights) => CRITERIA.some((name) => (weights[name] ?? 0) > 0), "expected one weight above 0"),
);

export const preferenceSchema = v.union([presetSchema, weightsSchema]);
export type Preference = v.InferOutput<typeof preferenceSchema>;
