import { describe, expect, it } from "vitest";
import { churnModels, sampleMs } from "./churn.ts";
import { Population } from "./population.ts";
import { Draws, sfc32 } from "./random.ts";
import { parseScenario, type ScenarioInput } from "./scenario.ts";

const MINUTE_MS = 60_000;
const people = (volunteers: ScenarioInput["volunteers"], adversary?: ScenarioInput["adversary"], seed = 1) =>
  new Population(parseScenario({ title: "", job: { tasks: 1 }, volunteers, adversary }), seed);

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

describe("chance", () => {
  it("is the same for the same seed and another for another, as a stream and as draws", () => {
    const streamOf = (seed: number, stream: number) => {
      const next = sfc32(seed, stream);
      return [next(), next(), next()];
    };
    expect(streamOf(1, 1)).toEqual(streamOf(1, 1));
    expect(streamOf(1, 1)).not.toEqual(streamOf(2, 1));
    expect(streamOf(1, 1)).not.toEqual(streamOf(1, 2));
    const draws = new Draws(7, 1);
    const first = draws.of(3, 4).next();
    draws.of(4, 3).next();
    expect(draws.of(3, 4).next()).toBe(first);
    expect(new Draws(8, 1).of(3, 4).next()).not.toBe(first);
  });

  it("is spread evenly, whichever of a draw's numbers counts up", () => {
    for (const of of [(i: number) => [i, 0], (i: number) => [0, i], (i: number) => [i, i]]) {
      const draws = new Draws(1, 1);
      const bins = new Array<number>(16).fill(0);
      for (let i = 0; i < 64_000; i++) {
        const [who, n] = of(i) as [number, number];
        bins[Math.floor(16 * draws.of(who, n).next())]!++;
      }
      // 15 degrees of freedom: above 45 once in 10,000 times.
      expect(bins.reduce((sum, k) => sum + (k - 4000) ** 2 / 4000, 0)).toBeLessThan(45);
    }
  });
});

describe("churn models", () => {
  it("have the means and medians their sources give", () => {
    const draws = new Draws(1, 1);
    const sample = (id: string) =>
      Array.from({ length: 40_000 }, (_, i) => sampleMs(churnModels.get(id)!, draws.of(i, 0)) / (60 * MINUTE_MS));
    expect(mean(sample("seti-availability"))).toBeCloseTo(10.35, -0.5);
    expect(median(sample("seti-availability"))).toBeCloseTo(1.166, 0.8);
    expect(mean(sample("boom-availability"))).toBeCloseTo(15.58, -0.5);
    expect(mean(sample("boom-unavailability"))).toBeCloseTo(6.667, 0.3);
    expect(median(sample("seti-unavailability/1"))).toBeCloseTo(17.18, -0.3);
    expect(median(sample("browser-tab-proposed")) * 60).toBeCloseTo(3.08, 0.5);
  });
});

describe("the population", () => {
  it("is the same for the same seed, whoever is bad in it", () => {
    const honest = people({ count: 1000 });
    const infiltrated = people({ count: 1000 }, { share: 0.2 });
    expect(infiltrated.taskMs).toEqual(honest.taskMs);
    expect(infiltrated.roundTripMs).toEqual(honest.roundTripMs);
    expect(people({ count: 1000 }, undefined, 2).taskMs).not.toEqual(honest.taskMs);
  });

  it("has the share of bad machines that was asked for, or exactly one whole group", () => {
    const bad = people({ count: 20_000 }, { share: 0.2 }).isBad.reduce((sum, is) => sum + is, 0);
    expect(Math.abs(bad / 20_000 - 0.2)).toBeLessThan(0.015);
    const groups = people({ count: 500, perOwner: 10, perSubnet: 20 }, { of: "one subnet" });
    for (let i = 0; i < 500; i++) expect(groups.isBad[i]).toBe(groups.subnet[i] === 0 ? 1 : 0);
  });

  it("is on at the start as often as its sessions are long", () => {
    const volunteers = {
      count: 20_000,
      on: { dist: "exponential", mean: 10, unit: "minutes" },
      off: { dist: "exponential", mean: 30, unit: "minutes" },
    } as const;
    const all = people(volunteers);
    let on = 0;
    const left: number[] = [];
    for (let i = 0; i < all.size; i++) {
      const { isOn, leftMs } = all.phase(i);
      if (!isOn) continue;
      on++;
      left.push(leftMs);
    }
    expect(Math.abs(on / all.size - 0.25)).toBeLessThan(0.02);
    // Without memory, what is left of a session is as long as a session.
    expect(Math.abs(mean(left) / (10 * MINUTE_MS) - 1)).toBeLessThan(0.05);
  });

  it("comes on by day more than by night where the scenario says so", () => {
    const all = people({
      count: 4000,
      diurnal: 1,
      on: { dist: "constant", value: 1, unit: "minutes" },
      off: { dist: "exponential", mean: 12, unit: "hours" },
    });
    let day = 0;
    for (let i = 0; i < all.size; i++) if (all.pauseMs(i, 1, 0) % (24 * 60 * MINUTE_MS) < 12 * 60 * MINUTE_MS) day++;
    expect(day / all.size).toBeGreaterThan(0.75);
  });
});
