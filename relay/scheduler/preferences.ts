// From what a requester prefers to weights, and to the key under which workers are ranked for it.
import { CRITERIA, type CriterionName, type Preference, type Preset } from "../../protocol/preference.ts";

/** In the order of `CRITERIA`. A preset puts three fifths on what it is named after and shares the rest out. */
export const PRESETS: Record<Preset, readonly number[]> = {
  balanced: [1, 1, 1, 1, 1],
  cheapest: [6, 1, 1, 1, 1],
  fastest: [1, 6, 1, 1, 1],
  "most trusted": [1, 1, 6, 1, 1],
  greenest: [1, 1, 1, 1, 6],
};

/** Weights are told apart in twentieths: fewer different preferences, so fewer rankings to keep. */
const STEPS = 20;

/** Weights in the order of `CRITERIA`, in twentieths of their sum. A job that prefers nothing is balanced. */
export function weightsOf(preference: Preference = "balanced"): number[] {
  const weights = CRITERIA.map((name, j) =>
    typeof preference === "string" ? PRESETS[preference][j]! : (preference[name as CriterionName] ?? 0),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => Math.round((weight / sum) * STEPS));
}

/** Jobs with the same key see workers in the same order. */
export const preferenceKey = (engine: string, preference?: Preference): string =>
  `${engine} ${weightsOf(preference).join("-")}`;
