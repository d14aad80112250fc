// Outcomes as a Markdown table.
import type { Outcome } from "./outcome.ts";
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

const HEAD = [
  "policy",
  "lie rate",
  "tasks",
  "wrong",
  "error (95 % bounds)",
  "redundancy",
  "makespan",
  "tail",
  "extra",
  "wrongful bans",
  "liars caught",
];

const row = (o: Outcome): string[] => [
  o.policy === "pool" || o.policy === "poco" ? `${o.policy}, T = ${grouped(o.trust)}` : o.policy,
  rate(o.lieRate),
  o.certified === o.tasks ? grouped(o.tasks) : `${grouped(o.certified)} of ${grouped(o.tasks)}`,
  grouped(o.wrong),
  `${rate(o.error)} (${rate(o.bounds.lower)} – ${rate(o.bounds.upper)})`,
  o.redundancy.toFixed(3),
  duration(o.makespanSeconds),
  Number.isFinite(o.tailSlowdown) ? o.tailSlowdown.toFixed(2) : "–",
  `${(100 * o.extraWork).toFixed(1)} %`,
  grouped(o.wrongfulBans),
  `${grouped(o.caught)} of ${grouped(o.liars)}`,
];

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export const outcomeTable = (outcomes: readonly Outcome[]): string => markdownTable(HEAD, outcomes.map(row));

/** Which of its targets an outcome misses, in words; empty if none. */
export function missed({ targets }: Scenario, o: Outcome): string[] {
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
  if (o.stopped !== undefined) misses.push(`not finished: ${o.stopped}`);
  return misses;
}
