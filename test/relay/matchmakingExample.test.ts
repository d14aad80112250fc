// The example that docs/matchmaking.md works by hand, figure by figure.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Bands } from "../../relay/scheduler/bands.ts";
import { FUNCTIONS, scoresOf, type WorkerRecord } from "../../relay/scheduler/criteria.ts";
import { preferenceOf } from "../../relay/scheduler/preferenceFunction.ts";
import { PRESETS, preferenceKey, weightsOf } from "../../relay/scheduler/preferences.ts";
import { promethee } from "../../relay/scheduler/promethee.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/matchmaking.md"), "utf8");

/** Rows of the table under a header: the first cell, and the others as numbers. */
function table(header: string): Map<string, number[]> {
  const [, after] = page.split(`${header}\n`);
  const rows = after!.split("\n").slice(1);
  const body = rows.slice(
    0,
    rows.findIndex((row) => !row.startsWith("|")),
  );
  return new Map(
    body.map((row) => {
      const [name, ...cells] = row.split("|").slice(1, -1);
      return [name!.trim(), cells.map((cell) => Number(cell.trim().replace("−", "-")))] as const;
    }),
  );
}

const people: Record<string, WorkerRecord> = {
  Ann: { credibility: 0.99, good: 191, bad: 0, lapsed: 0, attributes: { GflopsF32: 8000, GpuVendor: "nvidia" } },
  Ben: { credibility: 0.8, good: 0, bad: 0, lapsed: 0, attributes: { GflopsF32: 1000, OnBattery: true } },
  Cleo: { credibility: 0.999, good: 71, bad: 0, lapsed: 19, attributes: { GflopsF32: 2000, GpuVendor: "apple" } },
  Dan: { credibility: 0.95, good: 31, bad: 0, lapsed: 1, attributes: { GflopsF32: 1000, GpuVendor: "intel" } },
};
const names = Object.keys(people);
const scores = Object.values(people).map((record) => scoresOf(record, "wgsl"));
const flowsFor = (weights: readonly number[]) =>
  promethee({
    scores,
    criteria: FUNCTIONS.map(({ sign, preference }, j) => ({
      weight: weights[j]!,
      direction: sign === 1 ? "max" : "min",
      preference,
    })),
  });
const rounded = (values: readonly number[]) => values.map((value) => Math.round(value * 1000) / 1000 || 0);

describe("the example in docs/matchmaking.md", () => {
  it("scores the workers as the code does", () => {
    const written = table("| worker | cost | speed | trust | reliability | energy |");
    names.forEach((name, a) => {
      expect([name, written.get(name)]).toEqual([name, rounded(scores[a]!)]);
    });
  });

  it("compares every pair as the code does", () => {
    const written = table("| pair | cost | speed | trust | reliability | energy | π |");
    expect(written.size).toBe(12);
    for (const [a, one] of names.entries())
      for (const [b, other] of names.entries()) {
        if (a === b) continue;
        const counts = FUNCTIONS.map(({ sign, preference }, j) =>
          preferenceOf(preference, sign * (scores[a]![j]! - scores[b]![j]!)),
        );
        const mean = counts.reduce((sum, count) => sum + count / 5, 0);
        const pair = `${one} over ${other}`;
        expect([pair, written.get(pair)]).toEqual([pair, rounded([...counts, mean])]);
      }
  });

  it("comes to the flows and bands that the code comes to", () => {
    const written = table("| worker | φ⁺ | φ⁻ | φ | band |");
    const { plus, minus, net } = flowsFor(PRESETS.balanced);
    const workers = new Map(
      names.map((name) => [
        name,
        { ...people[name]!, connected: true, banned: false, engines: new Set(["wgsl"]), bands: new Map() },
      ]),
    );
    const key = preferenceKey("wgsl");
    new Bands((worker: typeof workers extends Map<string, infer W> ? W : never) => worker.credibility).advance(
      workers,
      () => [{ key, engine: "wgsl", by: weightsOf() }],
      Number.POSITIVE_INFINITY,
    );
    names.forEach((name, a) => {
      const figures = [...rounded([plus[a]!, minus[a]!, net[a]!]), workers.get(name)!.bands.get(key)];
      expect([name, written.get(name)]).toEqual([name, figures]);
    });
  });

  it("says truly who would have come first under other presets", () => {
    const net = (preset: keyof typeof PRESETS) => rounded(flowsFor(PRESETS[preset]).net);
    const [ann, , cleo] = [0, 1, 2];
    expect([net("greenest")[cleo], net("greenest")[ann]]).toEqual([0.638, 0.331]);
    expect([net("most trusted")[cleo], net("most trusted")[ann]]).toEqual([0.718, 0.359]);
    expect([net("fastest")[ann], net("fastest")[cleo]]).toEqual([0.748, 0.385]);
  });

  it("lists the presets' weights as they are", () => {
    const written = table("| `preference` | cost | speed | trust | reliability | energy |");
    for (const [preset, weights] of Object.entries(PRESETS))
      expect([...written].find(([name]) => name.startsWith(`\`"${preset}"\``))?.[1]).toEqual(weights);
  });
});
