import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bands, MAX_REFERENCE, type RankedWorker, type Ranking } from "../../relay/scheduler/bands.ts";
import { FUNCTIONS, scoresOf } from "../../relay/scheduler/criteria.ts";
import { PRESETS, preferenceKey, weightsOf } from "../../relay/scheduler/preferences.ts";
import { type Criterion, promethee } from "../../relay/scheduler/promethee.ts";
import { Yardstick } from "../../relay/scheduler/yardstick.ts";
import { chooseSeed, type Random, seeded } from "./random.ts";

interface Volunteer extends RankedWorker {
  credibility: number;
}

function volunteer(change: Partial<Volunteer> = {}): Volunteer {
  return {
    connected: true,
    banned: false,
    engines: new Set(["wgsl", "wasm"]),
    bands: new Map(),
    credibility: 0.9,
    good: 0,
    bad: 0,
    lapsed: 0,
    attributes: {},
    ...change,
  };
}

const anybody = (random: Random): Volunteer =>
  volunteer({
    credibility: 1 - 0.2 / (1 + random.below(500)),
    good: random.below(200),
    lapsed: random.below(40),
    attributes: {
      GflopsF32: 2 ** (4 + 10 * random()),
      GflopsWasm: 0.2 + 2 * random(),
      GpuVendor: random.pick(["nvidia", "intel", "apple", "amd", "arm"]),
      GpuIsSoftware: random.below(10) === 0,
      OnBattery: random.below(3) === 0,
      Cores: 1 + random.below(16),
    },
  });

const crowd = (size: number, random: Random) =>
  new Map(Array.from({ length: size }, (_, i) => [i, anybody(random)] as const));
const rankingOf = (preset: keyof typeof PRESETS): Ranking => ({
  key: preferenceKey("wgsl", preset),
  engine: "wgsl",
  by: weightsOf(preset),
});
const makeBands = () => new Bands<Volunteer>((worker) => worker.credibility);
const toTheEnd = (bands: Bands<Volunteer>, workers: Map<number, Volunteer>, rankings: Ranking[]) =>
  bands.advance(workers, () => rankings, Number.POSITIVE_INFINITY);

/** The definition, quadratic: bands by quarters of PROMETHEE's net flows. */
function bandsByDefinition(workers: Iterable<Volunteer>, weights: readonly number[]): number[] {
  const scores = [...workers].map((worker) => scoresOf(worker, "wgsl"));
  const criteria = FUNCTIONS.map(
    ({ sign, preference }, j): Criterion => ({
      weight: weights[j]!,
      direction: sign === 1 ? "max" : "min",
      preference,
    }),
  );
  const { net } = promethee({ scores, criteria });
  const ordered = [...net].sort((a, b) => b - a);
  const least = [1, 2, 3].map((k) => ordered[Math.ceil((k * net.length) / 4) - 1]! - 1e-9);
  return net.map((flow) => {
    const found = least.findIndex((cut) => flow >= cut);
    return found < 0 ? 3 : found;
  });
}

describe("a yardstick", () => {
  it("gives PROMETHEE II's net flows", () => {
    const row = fc.array(
      fc.integer({ min: -30, max: 30 }).map((n) => n / 10),
      { minLength: 5, maxLength: 5 },
    );
    const table = fc.array(row, { minLength: 2, maxLength: 12 });
    const weight = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(table, weight, (scores, weights) => {
        const sum = weights.reduce((all, w) => all + w, 0);
        const { net } = promethee({
          scores,
          criteria: FUNCTIONS.map(({ sign, preference }, j) => ({
            weight: weights[j]!,
            direction: sign === 1 ? "max" : "min",
            preference,
          })),
        });
        const yardstick = new Yardstick(scores, FUNCTIONS);
        scores.forEach((own, a) => {
          const flows = yardstick.flows(own, scores.length - 1);
          expect(flows.reduce((all, flow, j) => all + (flow * weights[j]!) / sum, 0)).toBeCloseTo(net[a]!, 9);
        });
      }),
    );
  });
});

describe("bands", () => {
  it("are the quarters of PROMETHEE's ranking in a pool that is compared in full", () => {
    const random = seeded(chooseSeed("bands"));
    const workers = crowd(200, random);
    for (const preset of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
      toTheEnd(makeBands(), workers, [rankingOf(preset)]);
      const key = preferenceKey("wgsl", preset);
      expect([...workers.values()].map((w) => w.bands.get(key))).toEqual(
        bandsByDefinition(workers.values(), weightsOf(preset)),
      );
    }
  });

  it("are nearly those of the full comparison where only a sample is compared with", () => {
    const random = seeded(chooseSeed("bands"));
    const workers = crowd(3 * MAX_REFERENCE, random);
    const ranking = rankingOf("balanced");
    toTheEnd(makeBands(), workers, [ranking]);
    const inFull = bandsByDefinition(workers.values(), weightsOf("balanced"));
    let same = 0;
    [...workers.values()].forEach((w, i) => {
      const band = w.bands.get(ranking.key)!;
      if (band === inFull[i]) same++;
      // Who is not in its band is at a border: never two bands off.
      expect(Math.abs(band - inFull[i]!)).toBeLessThanOrEqual(1);
    });
    expect(same / workers.size).toBeGreaterThan(0.88);
  });

  it("put first whom the preset is named after", () => {
    const slow = { GflopsF32: 100, GpuVendor: "intel" };
    const fast = { GflopsF32: 10_000, GpuVendor: "nvidia" };
    const workers = new Map([
      [0, volunteer({ attributes: fast })],
      [1, volunteer({ attributes: slow, credibility: 0.9999 })],
      [2, volunteer({ attributes: { GflopsF32: 3000, GpuVendor: "apple" } })],
      [3, volunteer({ attributes: slow })],
    ]);
    const best = (preset: keyof typeof PRESETS) => {
      toTheEnd(makeBands(), workers, [rankingOf(preset)]);
      return [...workers].filter(([, w]) => w.bands.get(preferenceKey("wgsl", preset)) === 0).map(([i]) => i);
    };
    expect(best("fastest")).toEqual([0]);
    expect(best("most trusted")).toEqual([1]);
    expect(best("greenest")).toEqual([2]);
    expect(best("cheapest")).toEqual([1]);
  });

  it("are all the best where all workers are alike", () => {
    const workers = new Map([0, 1, 2, 3, 4].map((i) => [i, volunteer()]));
    toTheEnd(makeBands(), workers, [rankingOf("balanced")]);
    for (const worker of workers.values()) expect([...worker.bands.values()]).toEqual([0]);
  });

  it("leave out who is away, banned, or without the engine", () => {
    const workers = new Map([
      [0, volunteer({ connected: false })],
      [1, volunteer({ banned: true })],
      [2, volunteer({ engines: new Set(["wasm"]) })],
    ]);
    toTheEnd(makeBands(), workers, [rankingOf("balanced")]);
    for (const worker of workers.values()) expect(worker.bands.size).toBe(0);
  });

  it("forget preferences that no job has any more", () => {
    const workers = new Map([[0, volunteer()]]);
    const bands = makeBands();
    toTheEnd(bands, workers, [rankingOf("fastest"), rankingOf("cheapest")]);
    toTheEnd(bands, workers, [rankingOf("cheapest")]);
    expect([...workers.get(0)!.bands.keys()]).toEqual([preferenceKey("wgsl", "cheapest")]);
  });

  it("follow a requester's own measure of a machine", () => {
    const workers = new Map([4, 8, 1, 2].map((cores, i) => [i, volunteer({ attributes: { Cores: cores } })]));
    const byCores: Ranking = { key: "rank", engine: "wasm", by: (attributes) => Number(attributes.Cores) };
    toTheEnd(makeBands(), workers, [byCores]);
    expect([...workers.values()].map((w) => w.bands.get("rank"))).toEqual([1, 0, 3, 2]);
  });

  it("come to who joins between two rounds, and the same as in the next", () => {
    const random = seeded(chooseSeed("bands"));
    const workers = crowd(50, random);
    const bands = makeBands();
    const ranking = rankingOf("balanced");
    toTheEnd(bands, workers, [ranking]);
    const late = { ...workers.get(7)!, bands: new Map<string, number>() };
    bands.place(late);
    expect(late.bands).toEqual(workers.get(7)!.bands);
  });

  it("are the same whether a round is made at once or in small steps", () => {
    const random = seeded(chooseSeed("bands"));
    const atOnce = crowd(300, random);
    const inSteps = new Map([...atOnce].map(([i, w]) => [i, { ...w, bands: new Map<string, number>() }]));
    const ranking = rankingOf("greenest");
    toTheEnd(makeBands(), atOnce, [ranking]);
    const bands = makeBands();
    for (let i = 0; i < 100; i++) bands.advance(inSteps, () => [ranking], 7);
    expect([...inSteps.values()].map((w) => w.bands)).toEqual([...atOnce.values()].map((w) => w.bands));
  });
});

describe("preferences", () => {
  it("are told apart by their proportions only", () => {
    expect(preferenceKey("wgsl", { cost: 1, speed: 2 })).toBe(preferenceKey("wgsl", { cost: 50, speed: 100 }));
    expect(preferenceKey("wgsl")).toBe(preferenceKey("wgsl", "balanced"));
    expect(preferenceKey("wgsl")).not.toBe(preferenceKey("wasm"));
  });

  it("always keep a weight above 0", () => {
    const weights = fc.record({
      cost: fc.integer({ min: 1, max: 1000 }),
      speed: fc.integer({ min: 0, max: 1000 }),
      trust: fc.integer({ min: 0, max: 1000 }),
      reliability: fc.integer({ min: 0, max: 1000 }),
      energy: fc.integer({ min: 0, max: 1000 }),
    });
    fc.assert(fc.property(weights, (w) => Math.max(...weightsOf(w)) > 0));
  });
});
