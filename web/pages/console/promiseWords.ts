// What became of a job's deadline, or is expected to.
import type { JobView } from "../../../protocol/api.ts";
import { formatWhen } from "../format/when.ts";
import { percent } from "./beliefWords.ts";

type Promised = NonNullable<JobView["promise"]>;

const UNKNOWN = "it could not tell how long the job would take";

/** Before the job is submitted. */
export const offerWords = ({ granted, probability }: Pick<Promised, "granted" | "probability">): string =>
  probability === 0
    ? "The pool would not promise the deadline: it cannot tell how long the job would take."
    : `The pool would ${granted ? "" : "not "}promise the deadline: it expects to keep it with ${percent(probability)}.`;

export function promiseWords({ granted, probability, deadlineMs, kept }: Promised): string {
  const said = granted
    ? `The pool promised it, expecting to keep it with ${percent(probability)}`
    : `The pool did not promise it: ${probability === 0 ? UNKNOWN : `it expected to keep it with ${percent(probability)}`}`;
  if (kept === true) return `The deadline was kept. ${said}.`;
  if (kept === false) return `The deadline was missed. ${said}.`;
  return `To be done by ${formatWhen(deadlineMs / 1000)}. ${said}.`;
}

export const promiseTone = ({ granted, kept }: Promised): "good" | "warn" => ((kept ?? granted) ? "good" : "warn");
