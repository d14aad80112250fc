// PROMETHEE I and II: ranks alternatives on several criteria by comparing each with every other.
//
//   π(a, b) = Σ wⱼ Fⱼ(dⱼ(a, b)) / Σ wⱼ      how much a is preferred to b, 0..1; dⱼ = a's lead on criterion j
//   φ⁺(a)   = Σ π(a, b) / (n − 1)            how much a outranks the others
//   φ⁻(a)   = Σ π(b, a) / (n − 1)            how much the others outrank a
//   φ(a)    = φ⁺(a) − φ⁻(a)                  PROMETHEE II ranks by it
//
// J. P. Brans, B. Mareschal, "PROMETHEE methods", in: Multiple Criteria Decision Analysis, Springer 2005, 163-186,
// https://doi.org/10.1007/0-387-23081-5_5. This is the definition, quadratic in the alternatives.
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type PreferenceFunction, preferenceOf, readPreferenceFunction } from "./preferenceFunction.ts";

export interface Criterion {
  /** Relative to the other criteria's: they need not add up to anything. At least 0, and not all 0. */
  weight: number;
  /** Whether more is better. */
  direction: "max" | "min";
  /** A function, or its name with its parameters beside it: `{ …, preference: "linear", q: 1, p: 3 }`. */
  preference: PreferenceFunction | PreferenceFunction["type"];
  q?: number | undefined;
  p?: number | undefined;
  s?: number | undefined;
}

/** How a row stands to a column under PROMETHEE I. */
export type Relation = "preferred" | "dispreferred" | "indifferent" | "incomparable";

export interface Flows {
  /** φ⁺, one an alternative, 0..1. */
  plus: number[];
  /** φ⁻, 0..1. */
  minus: number[];
  /** φ, −1..1; they add up to 0. */
  net: number[];
}

export interface Question {
  /** Rows are alternatives, columns criteria. */
  scores: readonly (readonly number[])[];
  criteria: readonly Criterion[];
  /** Also gives PROMETHEE I's partial order, in which two alternatives may be incomparable. */
  partial?: boolean | undefined;
}

/** Flows closer than this are the same: what is left of rounding, far below any difference a preference makes. */
const SAME_FLOW = 1e-12;

/** Throws `bad-message` for what is not finite, ragged, without criteria or weight, or with thresholds out of order. */
export function promethee(question: Question & { partial: true }): Flows & { relation: Relation[][] };
export function promethee(question: Question): Flows;
export function promethee({ scores, criteria, partial }: Question): Flows & { relation?: Relation[][] } {
  const read = readCriteria(criteria);
  checkScores(scores, criteria.length);
  const n = scores.length;
  const plus = new Array<number>(n).fill(0);
  const minus = new Array<number>(n).fill(0);
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) {
      if (a === b) continue;
      const preference = preferenceIndex(read, scores[a]!, scores[b]!);
      plus[a]! += preference;
      minus[b]! += preference;
    }
  // One alternative has nothing to be compared with: its flows are 0.
  const others = Math.max(1, n - 1);
  for (let a = 0; a < n; a++) {
    plus[a]! /= others;
    minus[a]! /= others;
  }
  const flows: Flows = { plus, minus, net: plus.map((value, a) => value - minus[a]!) };
  return partial ? { ...flows, relation: relationsOf(flows) } : flows;
}

export interface ReadCriterion {
  /** Of all criteria together 1. */
  share: number;
  /** 1 for a maximum, −1 for a minimum. */
  sign: 1 | -1;
  preference: PreferenceFunction;
}

/** Criteria with weights that add up to 1. Throws `bad-message`. */
export function readCriteria(criteria: readonly Criterion[]): ReadCriterion[] {
  if (criteria.length === 0) throw new SuperEdgeError("bad-message", "criteria: expected at least one, found none");
  const total = criteria.reduce((sum, { weight }, j) => {
    if (typeof weight !== "number" || !Number.isFinite(weight) || weight < 0)
      throw new SuperEdgeError("bad-message", `criteria.${j}: expected a weight of at least 0, found ${weight}`);
    return sum + weight;
  }, 0);
  if (!(total > 0) || total === Number.POSITIVE_INFINITY)
    throw new SuperEdgeError("bad-message", `criteria: expected weights with a finite sum above 0, found ${total}`);
  return criteria.map((criterion, j) => {
    const { weight, direction, preference } = criterion;
    if (direction !== "max" && direction !== "min")
      throw new SuperEdgeError("bad-message", `criteria.${j}: expected direction max or min, found ${direction}`);
    return {
      share: weight / total,
      sign: direction === "max" ? 1 : -1,
      preference: readPreferenceFunction(preference, criterion, `criteria.${j}`),
    };
  });
}

function checkScores(scores: Question["scores"], columns: number): void {
  scores.forEach((row, a) => {
    if (row.length !== columns)
      throw new SuperEdgeError(
        "bad-message",
        `scores.${a}: expected ${columns} values, one a criterion, found ${row.length}`,
      );
    row.forEach((value, j) => {
      if (typeof value !== "number" || !Number.isFinite(value))
        throw new SuperEdgeError("bad-message", `scores.${a}.${j}: expected a finite number, found ${value}`);
    });
  });
}

/** π(a, b). */
function preferenceIndex(criteria: readonly ReadCriterion[], a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let j = 0; j < criteria.length; j++) {
    const { share, sign, preference } = criteria[j]!;
    sum += share * preferenceOf(preference, sign * (a[j]! - b[j]!));
  }
  return sum;
}

/** PROMETHEE I: a is preferred to b where no flow speaks against it and one speaks for it. */
function relationsOf({ plus, minus }: Flows): Relation[][] {
  const compare = (a: number, b: number) => (Math.abs(a - b) <= SAME_FLOW ? 0 : Math.sign(a - b));
  return plus.map((_, a) =>
    plus.map((_, b) => {
      const byPlus = compare(plus[a]!, plus[b]!);
      const byMinus = compare(minus[b]!, minus[a]!);
      if (byPlus === 0 && byMinus === 0) return "indifferent";
      if (byPlus >= 0 && byMinus >= 0) return "preferred";
      if (byPlus <= 0 && byMinus <= 0) return "dispreferred";
      return "incomparable";
    }),
  );
}
