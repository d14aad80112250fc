// Outcomes as a Markdown table.
import type { Outcome, Run } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";

/** Two significant digits below a thousandth, as 1.2e-5; otherwise as people write it. */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value >= 0.01) return value.toFixed(3);
  const [digits, exponent] = value.toExponential(1).split("e");
  return `${digits}e${Number(exponent)}`;
}

const grouped = (n: number): string => Math.round(n).toLocaleString("en-US");

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Columns of every table, and those that a scenario varies besides. */
const COLUMNS: readonly (readonly [string, (o: Outcome) => string])[] = [
  [
    "policy",
    (o) => (o.policy === "majority" || o.policy === "boinc" ? o.policy : `${o.policy}, T = ${grouped(o.trust)}`),
  ],
  ["lie rate", (o) => rate(o.lieRate)],
  ["tasks", (o) => (o.certified === o.tasks ? grouped(o.tasks) : `${grouped(o.certified)} of ${grouped(o.tasks)}`)],
  ["wrong", (o) => grouped(o.wrong)],
  ["error (95 % bounds)", (o) => `${rate(o.error)} (${rate(o.bounds.lower)} – ${rate(o.bounds.upper)})`],
  ["redundancy", (o) => (o.certified > 0 ? o.redundancy.toFixed(3) : "–")],
  ["makespan", (o) => duration(o.makespanSeconds)],
  ["tail", (o) => (Number.isFinite(o.tailSlowdown) ? o.tailSlowdown.toFixed(2) : "–")],
  ["extra", (o) => `${(100 * o.extraWork).toFixed(1)} %`],
  ["wrongful bans", (o) => grouped(o.wrongfulBans)],
  ["liars caught", (o) => `${grouped(o.caught)} of ${grouped(o.liars)}`],
];
/** Varied values that have a column of their own already. */
const SHOWN = new Set(["adversary.lieRate", "job.trust"]);

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function outcomeTable(runs: readonly Run[]): string {
  const varied = Object.keys(runs[0]?.varied ?? {}).filter((path) => !SHOWN.has(path));
  const head = [...varied.map((path) => path.split(".").at(-1)!), ...COLUMNS.map(([name]) => name)];
  return markdownTable(
    head,
    runs.map((run) => [
      ...varied.map((path) => valueText(run.varied[path])),
      ...COLUMNS.map(([, text]) => text(run.outcome)),
    ]),
  );
}

const valueText = (value: unknown): string =>
  typeof value === "object" && value !== null ? Object.values(value).map(valueText).join(" ") : String(value);

/** What was to be reached and was not, run by run; empty if nothing. */
export const remarks = (runs: readonly Run[]): string[] =>
  runs.flatMap(({ scenario, outcome: o }) =>
    missed(scenario, o).map((miss) => `${o.policy}, T = ${grouped(o.trust)}, lie rate ${rate(o.lieRate)}: ${miss}`),
  );

/** Which of its targets an outcome misses, in words; empty if none. */
function missed({ targets }: Scenario, o: Outcome): string[] {
  if (!targets) return [];
  const misses: string[] = [];
  const atMost = (what: string, found: number, most: number | undefined) => {
    if (most !== undefined && !(found <= most)) misses.push(`${what} ${rate(found)}, expected at most ${rate(most)}`);
  };
  // What is claimed is that the rate is below the target with a confidence of 95 %.
  atMost("wrong results (upper bound)", o.bounds.upper95, targets.wrong);
  atMost("redundancy", o.redundancy, targets.redundancy);
  atMost("tail slowdown", o.tailSlowdown, targets.tailSlowdown);
  atMost("extra work", o.extraWork, targets.extraWork);
  atMost("wrongful bans", o.wrongfulBans, targets.wrongfulBans);
  atMost("replicas that met inside an owner, subnet or cohort", o.meetings, targets.meetings);
  if (o.stopped !== undefined) misses.push(`not finished: ${o.stopped}`);
  return misses;
}
