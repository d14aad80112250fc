// What an epoch's state on chain means, in plain words.
import type { EpochOnChain } from "../../../client/index.ts";
import { formatDuration } from "../format/duration.ts";

export const STATE_WORDS: Record<EpochOnChain, string> = {
  none: "not posted",
  pending: "pending",
  final: "final",
  voided: "voided",
  released: "voided, its tasks given back",
};

/** `postedAt`, `windowSeconds` and `nowS` in seconds, by the chain's clock. */
export function stateSentence(state: EpochOnChain, postedAt: number, windowSeconds: number, nowS: number): string {
  const leftS = postedAt + windowSeconds - nowS;
  switch (state) {
    case "none":
      return "No such epoch has been posted.";
    case "pending":
      return leftS > 0
        ? `Posted, and nothing is paid yet: for ${formatDuration(leftS * 1000)} more anybody can prove it wrong.`
        : "Its window is over and nobody proved it wrong: whoever sends the transaction finalises it. Until then a proof still counts.";
    case "final":
      return "Final: it is paid, and no proof changes it any more.";
    case "voided":
      return "Voided: somebody proved a lie in it, or in an epoch that it builds on. Nothing of it is paid; its tasks can be posted again.";
    case "released":
      return "Voided: somebody proved a lie in it, or in an epoch that it builds on. Nothing of it was paid, and its tasks are their deals’ again.";
  }
}

/** How much of the window is left, for a table. */
export function windowWords(state: EpochOnChain, postedAt: number, windowSeconds: number, nowS: number): string {
  if (state !== "pending") return "–";
  const leftS = postedAt + windowSeconds - nowS;
  return leftS > 0 ? formatDuration(leftS * 1000) : "over";
}
