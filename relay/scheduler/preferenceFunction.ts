// The six preference functions of PROMETHEE: how much a difference on one criterion counts, from 0 (not at all) to 1.
// J. P. Brans, Ph. Vincke, "A preference ranking organisation method", Management Science 31 (6), 1985, 647-656,
// https://doi.org/10.1287/mnsc.31.6.647 (its types I to VI).
import { SuperEdgeError } from "../../protocol/errors.ts";

/**
 * q: the largest difference that does not matter; p: the smallest that settles the matter; s: where a Gaussian bends.
 * All are in the criterion's own unit.
 */
export type PreferenceFunction =
  | { type: "usual" }
  | { type: "u-shape"; q: number }
  | { type: "v-shape"; p: number }
  | { type: "level"; q: number; p: number }
  | { type: "linear"; q: number; p: number }
  | { type: "gaussian"; s: number };

const PARAMETERS: Record<PreferenceFunction["type"], readonly ("q" | "p" | "s")[]> = {
  usual: [],
  "u-shape": ["q"],
  "v-shape": ["p"],
  level: ["q", "p"],
  linear: ["q", "p"],
  gaussian: ["s"],
};

/** From a difference in favour of the first of two (its value minus the other's, or the reverse for a minimum) to 0..1. */
export function preferenceOf(f: PreferenceFunction, difference: number): number {
  // Whatever the function: who is not ahead is not preferred.
  if (!(difference > 0)) return 0;
  switch (f.type) {
    case "usual":
      return 1;
    case "u-shape":
      return difference > f.q ? 1 : 0;
    case "v-shape":
      return difference <= f.p ? difference / f.p : 1;
    case "level":
      if (difference <= f.q) return 0;
      return difference <= f.p ? 0.5 : 1;
    case "linear":
      if (difference <= f.q) return 0;
      return difference <= f.p ? (difference - f.q) / (f.p - f.q) : 1;
    case "gaussian":
      // The quotient first: neither square can overflow then.
      return 1 - Math.exp(-((difference / f.s) ** 2) / 2);
  }
}

/**
 * A function with the parameters it needs and no others. `named` is its name, or an object with its name as `type`;
 * its parameters are taken from the object, or from `beside` it. Throws `bad-message`; `place` says where it stood.
 */
export function readPreferenceFunction(named: unknown, beside: unknown, place: string): PreferenceFunction {
  const fail = (message: string): never => {
    throw new SuperEdgeError("bad-message", `${place}: ${message}`);
  };
  const own = (typeof named === "object" && named !== null ? named : {}) as Record<string, unknown>;
  const around = beside as Record<string, unknown>;
  const type = typeof named === "string" ? named : own.type;
  if (typeof type !== "string" || !Object.hasOwn(PARAMETERS, type))
    fail(`expected a preference function (${Object.keys(PARAMETERS).join(", ")}), found ${JSON.stringify(type)}`);
  const read: Record<string, unknown> = { type };
  for (const name of PARAMETERS[type as PreferenceFunction["type"]]) {
    const value = own[name] ?? around[name];
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
      fail(`${name} of ${type}: expected a number of at least 0, found ${JSON.stringify(value)}`);
    read[name] = value;
  }
  const f = read as PreferenceFunction;
  if ((f.type === "level" || f.type === "linear") && f.q > f.p)
    fail(`expected q to be at most p, found q ${f.q} and p ${f.p}`);
  if (f.type === "gaussian" && f.s === 0) fail("s of gaussian: expected a number above 0, found 0");
  return f;
}
