import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checksFor,
  checksOf,
  defaultRules,
  expectedRedundancy,
  failed,
  groupOdds,
  newcomerOdds,
  newStanding,
  oddsAfter,
  oddsOf,
  passed,
} from "../../relay/scheduler/credibility.ts";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const check = (property: fc.IProperty<unknown[]>) => fc.assert(property as never, { seed, numRuns: 300 });
const share = fc.double({ min: 0.01, max: 0.45, noNaN: true });
const odds = (c: number) => c / (1 - c);

describe(`credibility (seed ${seed})`, () => {
  it("of a worker that passed k checks is Sarmenta's 1 − f/(1 − f)/(e k), and never below a newcomer's", () => {
    check(
      fc.property(share, fc.double({ min: 1, max: 1e5, noNaN: true }), (saboteurs, k) => {
        const c = Math.max(1 - saboteurs, 1 - saboteurs / (1 - saboteurs) / (Math.E * k));
        expect(oddsAfter(k, { saboteurs }) / odds(c)).toBeCloseTo(1, 6);
      }),
    );
  });

  it("of a worker nobody knows is that of a random worker", () => {
    expect(newcomerOdds({ saboteurs: 0.2 })).toBeCloseTo(4, 12);
    expect(oddsAfter(0, { saboteurs: 0.2 })).toBeCloseTo(4, 12);
  });

  it("bounds what a liar of any rate gets believed: f l (1 − l)^k is at most f/(1 − f)/(e k), for every lie rate", () => {
    check(
      fc.property(share, fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (f, k, l) => {
        expect(f * l * (1 - l) ** k).toBeLessThanOrEqual(1 / (1 + oddsAfter(k, { saboteurs: f })) + 1e-12);
      }),
    );
  });

  it("bounds what liars who agreed on the tasks get believed: f^m l (1 − l)^Σk against (1 − f)^m, for every lie rate", () => {
    check(
      fc.property(
        share,
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (f, checks, l) => {
          const sum = checks.reduce((a, b) => a + b, 0);
          const wrong = f ** checks.length * l * (1 - l) ** sum;
          const right = (1 - f) ** checks.length;
          const odds = groupOdds(checks, { saboteurs: f, collusion: "tasks" });
          expect(wrong / right).toBeLessThanOrEqual((1 / odds) * (1 + 1e-9));
        },
      ),
    );
  });

  it("multiplies odds, as Sarmenta does, of liars who choose their tasks each for itself", () => {
    const checks = [0, 3, 40];
    const product = checks.reduce((odds, k) => odds * oddsAfter(k, defaultRules), 1);
    expect(groupOdds(checks, { saboteurs: 0.2, collusion: "answers" })).toBeCloseTo(product, 6);
  });

  it("needs the more checks the higher the odds, and the two formulas undo each other", () => {
    check(
      fc.property(share, fc.double({ min: 1, max: 1e6, noNaN: true }), (saboteurs, wanted) => {
        const checks = checksFor(wanted, { saboteurs });
        expect(oddsAfter(checks, { saboteurs })).toBeGreaterThanOrEqual(wanted * (1 - 1e-9));
        if (checks > 0.01) expect(oddsAfter(checks * 0.99, { saboteurs })).toBeLessThan(wanted);
      }),
    );
  });

  it("counts what was passed before a contribution e times less than what was passed since, and forgets the old", () => {
    const standing = newStanding();
    for (let i = 0; i < 50; i++) passed(standing, 1, defaultRules);
    const at = { checksAt: standing.checks, historyAt: standing.history, failuresAt: standing.failures };
    expect(checksOf(standing, at)).toBeCloseTo(standing.history / Math.E, 9);
    for (let i = 0; i < 10; i++) passed(standing, 1, defaultRules);
    expect(checksOf(standing, at)! - at.historyAt / Math.E).toBeCloseTo(10, 9);
    for (let i = 0; i < 100_000; i++) passed(standing, 1, defaultRules);
    expect(standing.history).toBeLessThanOrEqual(defaultRules.memory);
  });

  it("of what a worker committed before it was found wrong is worth nothing, and its trust starts anew", () => {
    const standing = newStanding();
    for (let i = 0; i < 50; i++) passed(standing, 1, defaultRules);
    const at = { checksAt: standing.checks, historyAt: standing.history, failuresAt: standing.failures };
    failed(standing);
    expect(oddsOf(standing, at, defaultRules)).toBe(1);
    const later = { checksAt: standing.checks, historyAt: standing.history, failuresAt: standing.failures };
    expect(oddsOf(standing, later, defaultRules)).toBeCloseTo(newcomerOdds(defaultRules), 12);
  });

  it("forecasts more work for more trust and less for known workers", () => {
    const terms = { replicas: 1, tasksPerWorker: 2000, history: 0 };
    let before = 0;
    for (const trust of [1, 10, 100, 1000, 10_000, 1_000_000]) {
      const { redundancy } = expectedRedundancy({ ...terms, trust }, defaultRules);
      expect(redundancy).toBeGreaterThanOrEqual(before - 1e-9);
      expect(expectedRedundancy({ ...terms, trust, history: 500 }, defaultRules).redundancy).toBeLessThanOrEqual(
        redundancy + 1e-9,
      );
      before = redundancy;
    }
    expect(before).toBeLessThan(5);
    const apart = { ...defaultRules, collusion: "answers" as const };
    expect(expectedRedundancy({ ...terms, trust: 1_000_000 }, apart).redundancy).toBeLessThan(3);
    expect(expectedRedundancy({ ...terms, trust: 100 }, defaultRules).redundancy).toBeLessThan(1.3);
  });
});
