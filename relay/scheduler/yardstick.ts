// Net flows of PROMETHEE II against a fixed group of alternatives, one alternative at a time, in O(log n) a criterion.
//
// On one criterion with a linear preference function, what a value x wins against r₁ ≤ … ≤ rₙ is a sum over three
// stretches of the sorted values: those behind by more than p count 1, those behind by q or less 0, and between them
// Σ (x − rᵢ − q) / (p − q), which a prefix sum gives at once. What x loses is the mirror image. This is the observation
// of T. Calders and D. Van Assche, "PROMETHEE is not quadratic", Omega 76 (2018), https://doi.org/10.1016/j.omega.2017.04.003.
import { invariant } from "../../protocol/errors.ts";
import type { ReadCriterion } from "./promethee.ts";

interface Column {
  /** 1 if more is better, −1 if less. */
  sign: 1 | -1;
  q: number;
  p: number;
  /** Of the reference, ascending, with `sign` in it. */
  values: Float64Array;
  /** `sums[i]` is the sum of the first i values. */
  sums: Float64Array;
}

export class Yardstick {
  readonly #columns: Column[];
  readonly #size: number;

  /** `reference`: one row an alternative; `functions`: one a column, linear with q < p. */
  constructor(reference: readonly (readonly number[])[], functions: readonly Omit<ReadCriterion, "share">[]) {
    this.#size = reference.length;
    this.#columns = functions.map(({ sign, preference }, j) => {
      invariant(preference.type === "linear" && preference.q < preference.p, "yardsticks are linear, with q < p");
      const values = Float64Array.from(reference, (row) => sign * row[j]!).sort();
      const sums = new Float64Array(values.length + 1);
      for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
      return { sign, q: preference.q, p: preference.p, values, sums };
    });
  }

  /**
   * Net flow on each criterion by itself, −1..1: their sum, weighted by weights that add up to 1, is the alternative's
   * net flow. `others`: how many it is compared with, one less for a member of the reference, against itself a draw.
   */
  flows(scores: readonly number[], others = this.#size): number[] {
    return this.#columns.map((column, j) => {
      const x = column.sign * scores[j]!;
      return (won(column, x) - lost(column, x)) / others;
    });
  }
}

/** Σ F(x − r). */
function won({ values, sums, q, p }: Column, x: number): number {
  const beaten = countBelow(values, x - p);
  const ahead = countBelow(values, x - q);
  return beaten + ((ahead - beaten) * (x - q) - (sums[ahead]! - sums[beaten]!)) / (p - q);
}

/** Σ F(r − x). */
function lost({ values, sums, q, p }: Column, x: number): number {
  const notBehind = countBelow(values, x + q);
  const notBeaten = countBelow(values, x + p);
  const between = (sums[notBeaten]! - sums[notBehind]! - (notBeaten - notBehind) * (x + q)) / (p - q);
  return values.length - notBeaten + between;
}

/** How many of the sorted values are less than `bound`. */
function countBelow(values: Float64Array, bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
