// How long volunteers stay and stay away: distributions, by name from data/churn_models.json or given in the scenario.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Draws } from "./random.ts";

const positive = v.pipe(v.number(), v.gtValue(0), v.maxValue(1e9));
const unit = v.optional(v.picklist(["seconds", "minutes", "hours"]), "hours");

export const distributionSchema = v.variant("dist", [
  v.strictObject({ dist: v.literal("weibull"), shape: v.pipe(v.number(), v.minValue(0.1)), scale: positive, unit }),
  v.strictObject({ dist: v.literal("gamma"), shape: v.pipe(v.number(), v.minValue(0.01)), scale: positive, unit }),
  v.strictObject({
    dist: v.literal("lognormal"),
    mu: v.pipe(v.number(), v.minValue(-20), v.maxValue(20)),
    sigma: v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
    unit,
  }),
  v.strictObject({ dist: v.literal("exponential"), mean: positive, unit }),
  v.strictObject({ dist: v.literal("constant"), value: positive, unit }),
]);
export type Distribution = v.InferOutput<typeof distributionSchema>;

const UNIT_MS = { seconds: 1000, minutes: 60_000, hours: 3_600_000 };

/** One value, milliseconds. */
export function sampleMs(d: Distribution, draws: Draws): number {
  return UNIT_MS[d.unit] * sample(d, draws);
}

function sample(d: Distribution, draws: Draws): number {
  switch (d.dist) {
    case "weibull":
      return d.scale * (-Math.log(draws.next())) ** (1 / d.shape);
    case "gamma":
      return d.scale * sampleGamma(d.shape, draws);
    case "lognormal":
      return Math.exp(d.mu + d.sigma * draws.normal());
    case "exponential":
      return -d.mean * Math.log(draws.next());
    case "constant":
      return d.value;
  }
}

/** Marsaglia and Tsang's method (ACM TOMS 26(3), 2000), with their step for shapes below 1. */
function sampleGamma(shape: number, draws: Draws): number {
  if (shape < 1) return sampleGamma(shape + 1, draws) * draws.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = draws.normal();
    const cube = (1 + c * x) ** 3;
    if (cube > 0 && Math.log(draws.next()) < 0.5 * x * x + d - d * cube + d * Math.log(cube)) return d * cube;
  }
}

/** The models that are given with all their parameters; a trace of several is `id/trace`. */
const fileSchema = v.object({
  models: v.array(
    v.object({
      id: v.string(),
      kind: v.string(),
      dist: v.string(),
      unit: v.optional(v.string()),
      shape: v.optional(v.union([v.number(), v.string()])),
      scale: v.optional(v.number()),
      mu: v.optional(v.number()),
      sigma: v.optional(v.number()),
      rate: v.optional(v.number()),
      readings: v.optional(v.array(v.object({ mu: v.number(), sigma: v.number() }))),
      rows: v.optional(v.array(v.object({ trace: v.string(), shape: v.number(), scale: v.number() }))),
    }),
  ),
});

function readModels(): Map<string, Distribution> {
  const path = join(import.meta.dirname, "data", "churn_models.json");
  const { models } = v.parse(fileSchema, JSON.parse(readFileSync(path, "utf8")));
  const known = new Map<string, Distribution>();
  const add = (id: string, candidate: unknown) => {
    const parsed = v.safeParse(distributionSchema, candidate);
    if (parsed.success) known.set(id, parsed.output);
  };
  for (const { id, dist, shape, scale, mu, sigma, rate, unit: text = "hours", readings, rows } of models) {
    const unit = text.startsWith("minutes") ? "minutes" : "hours";
    if (dist === "exponential" && rate !== undefined) add(id, { dist, mean: 1 / rate, unit });
    if (dist === "weibull" || dist === "gamma") add(id, { dist, shape, scale, unit });
    if (dist === "lognormal") add(id, { dist, mu, sigma, unit });
    // The source can be read in two ways: both are kept.
    readings?.forEach((reading, i) => {
      add(`${id}/${i + 1}`, { dist, ...reading, unit });
    });
    for (const row of rows ?? []) add(`${id}/${row.trace}`, { dist, shape: row.shape, scale: row.scale, unit });
  }
  return known;
}

export const churnModels: ReadonlyMap<string, Distribution> = readModels();
