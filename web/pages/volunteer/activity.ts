// Samples of the session, as a chart and a sentence.
import type { VolunteerState } from "../../volunteer/state.ts";
import { counted } from "../format/count.ts";

export type Samples = VolunteerState["samples"];

/** The most the chart shows, milliseconds. */
const SHOWN_MS = 5 * 60_000;
const SUMMED_MS = 60_000;

/** Columns for the chart: seconds before now (≤ 0), tasks finished in that second, busy share in percent. */
export function chartColumns(samples: Samples): [number[], number[], number[]] {
  const last = samples[samples.length - 1]?.atMs ?? 0;
  const shown = samples.filter(({ atMs }) => atMs > last - SHOWN_MS);
  return [
    shown.map(({ atMs }) => (atMs - last) / 1000),
    shown.map(({ tasks }) => tasks),
    shown.map(({ busyShare }) => busyShare * 100),
  ];
}

/** How far back the chart reaches: it begins with one minute and grows with the session. */
export const shownSeconds = (firstSeconds: number | null): number =>
  Math.min(SHOWN_MS / 1000, Math.max(60, Math.ceil(-(firstSeconds ?? 0) / 60) * 60));

/** The last minute in words: what the chart says, for those who do not see it. */
export function activityWords(samples: Samples): string {
  const last = samples[samples.length - 1];
  if (!last) return "Nothing computed yet.";
  const minute = samples.filter(({ atMs }) => atMs > last.atMs - SUMMED_MS);
  const tasks = minute.reduce((sum, sample) => sum + sample.tasks, 0);
  const busy = minute.reduce((sum, sample) => sum + sample.busyShare, 0) / minute.length;
  return `In the last minute of work: ${counted(tasks, "task")} finished, busy ${Math.round(busy * 100)} % of the time.`;
}
