// How many workers of which score law `poco` asks for, from the rule itself.
import { certifiedDigest, MAX_CONTRIBUTIONS, MAX_SCORE } from "../../protocol/poco.ts";
import { markdownTable } from "./table.ts";

const SCORES = [0, 15, 30, 100, 300, 3000, MAX_SCORE];
const TRUSTS = [2, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** Agreeing contributions, of workers with this score, that T takes if `against` newcomers agree on something else. */
export function workersNeeded(score: number, trust: number, against = 0): number | undefined {
  const others = Array.from({ length: against }, () => ({ score: 0, digest: "other" }));
  for (let n = 1; n + against <= MAX_CONTRIBUTIONS; n++) {
    const votes = [...others, ...Array.from({ length: n }, () => ({ score, digest: "agreed" }))];
    if (certifiedDigest(votes, trust) === "agreed") return n;
  }
  return undefined;
}

/** As a table: undisputed, and against one newcomer that disagrees. */
export const pocoNeeds = (): string =>
  markdownTable(
    ["score", ...TRUSTS.map((trust) => `T = ${trust.toLocaleString("en-US")}`)],
    SCORES.map((score) => [
      score.toLocaleString("en-US"),
      ...TRUSTS.map((trust) => {
        const [alone, disputed] = [workersNeeded(score, trust), workersNeeded(score, trust, 1)];
        return alone === undefined ? "–" : `${alone} (${disputed ?? "–"})`;
      }),
    ]),
  );
