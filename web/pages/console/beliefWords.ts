// Why a certified task is believed, in words and figures a requester can follow.
import type { BeliefView } from "../../../protocol/api.ts";
import { significant } from "../format/significant.ts";

/** Odds beyond this are beyond what a double tells apart. */
const MOST_ODDS = 1e12;

export function beliefWords({ law, reached, needed, referee }: BeliefView): string {
  const words =
    law === "pool"
      ? `That those who agree are right stands ${oddsWords(reached)}; the deal asked for ${oddsWords(needed)}.`
      : `The weights of those who agree make ${percent(reached)} of all there is; the deal asked for more than ${percent(needed)}.`;
  if (!referee) return words;
  return `${words} The pool’s own referee computed it too and ${referee.agrees ? "agrees" : "does not agree"}.`;
}

/** `19 to 1`, of a probability. */
export function oddsWords(probability: number): string {
  const odds = probability / (1 - probability);
  return odds >= MOST_ODDS ? "more than a million million to 1" : `${significant(odds, 3)} to 1`;
}

/** Never 100 where something is missing. */
export function percent(share: number): string {
  if (share >= 1) return "100\u00a0%";
  if (share < 0.01) return share > 0 ? "less than 1\u00a0%" : "0\u00a0%";
  const missing = 100 * (1 - share);
  const digits = missing >= 1 ? 0 : Math.min(10, Math.ceil(-Math.log10(missing)) + 1);
  return `${(Math.floor(share * 100 * 10 ** digits) / 10 ** digits).toFixed(digits)}\u00a0%`;
}
