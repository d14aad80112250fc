import { describe, expect, it } from "vitest";
import { clopperPearson, incompleteBeta } from "./binomial.ts";

describe("the bounds of Clopper and Pearson", () => {
  it("of nothing wrong in three million: below 1.2297e-6 (two-sided), below 9.986e-7 (one-sided)", () => {
    const { lower, upper, upper95 } = clopperPearson(0, 3_000_000);
    expect(lower).toBe(0);
    expect(upper).toBeCloseTo(1.229626e-6, 11);
    expect(upper95).toBeCloseTo(9.985772e-7, 11);
  });

  // R: binom.test(x, n)$conf.int.
  it.each([
    [1, 10, 0.002528579, 0.4450161],
    [5, 10, 0.187086, 0.812914],
    [10, 100, 0.04900469, 0.1762226],
    [10, 10, 0.6915029, 1],
  ])("of %i in %i are those that R gives", (wrong, total, lower, upper) => {
    const bounds = clopperPearson(wrong, total);
    expect(bounds.lower).toBeCloseTo(lower, 6);
    expect(bounds.upper).toBeCloseTo(upper, 6);
  });

  it("leave a tail of 2.5 % on each side, by the sum of the binomial itself", () => {
    for (const [wrong, total] of [
      [1, 1_000_000],
      [3, 50],
      [17, 200],
      [12, 100_000],
    ] as const) {
      const { lower, upper } = clopperPearson(wrong, total);
      expect(atMost(wrong, total, upper)).toBeCloseTo(0.025, 8);
      expect(1 - atMost(wrong - 1, total, lower)).toBeCloseTo(0.025, 8);
    }
  });

  it("say nothing of no trials", () => {
    expect(clopperPearson(0, 0)).toEqual({ lower: 0, upper: 1, upper95: 1 });
  });
});

describe("the incomplete beta function", () => {
  it("has its closed forms where one parameter is 1, and its symmetry", () => {
    for (const x of [0.001, 0.2, 0.5, 0.93]) {
      expect(incompleteBeta(x, 3, 1)).toBeCloseTo(x ** 3, 12);
      expect(incompleteBeta(x, 1, 7)).toBeCloseTo(1 - (1 - x) ** 7, 12);
      expect(incompleteBeta(x, 4.5, 2.25)).toBeCloseTo(1 - incompleteBeta(1 - x, 2.25, 4.5), 12);
    }
  });
});

/** Probability of at most `wrong` of `total`, term by term. */
function atMost(wrong: number, total: number, p: number): number {
  let term = (1 - p) ** total;
  let sum = term;
  for (let k = 1; k <= wrong; k++) {
    term *= ((total - k + 1) / k) * (p / (1 - p));
    sum += term;
  }
  return sum;
}
