// Runs what docs/verification.md tells of, and writes the tables and plots into it: between
// `<!-- begin NAME -->` and `<!-- end NAME -->` stands what this made of scenarios/NAME.json, and nothing else does.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { invariant } from "../../protocol/errors.ts";
import { type Run, simulateAll } from "./outcome.ts";
import { pocoNeeds } from "./pocoNeeds.ts";
import { parseScenarioText } from "./scenario.ts";
import { drawPlot, type Plot, type Series } from "./svg.ts";
import { outcomeTable, remarks } from "./table.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/verification.md");
const IMAGES = join(ROOT, "docs/images");
const SCENARIOS = join(import.meta.dirname, "scenarios");

/** By name. */
export const scenarioNames = (): string[] =>
  readdirSync(SCENARIOS)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();

export function publish(names: readonly string[], seed: number, say: (text: string) => void): void {
  for (const name of names) {
    const startMs = performance.now();
    const variants = parseScenarioText(readFileSync(join(SCENARIOS, `${name}.json`), "utf8"));
    const runs: Run[] = [];
    for (const run of simulateAll(variants, seed)) {
      runs.push(run);
      say(`${name}: ${run.outcome.policy} ${JSON.stringify(run.varied)}\n`);
    }
    write(name, section(name, runs, seed));
    const seconds = Math.round((performance.now() - startMs) / 1000);
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
    say(`${name}: ${runs.length} runs in ${seconds} s, ${megabytes} MB at most\n`);
  }
}

function section(name: string, runs: readonly Run[], seed: number): string {
  const [first] = runs as [Run];
  const parts = [`**${first.scenario.title}** (\`superedge simulate test/sim/scenarios/${name}.json --seed ${seed}\`)`];
  if (name === "poco-trust") parts.push(pocoNeeds());
  parts.push(outcomeTable(runs));
  const missed = remarks(runs);
  if (first.scenario.targets)
    parts.push(missed.length === 0 ? "Reached." : `Not reached:\n\n${missed.map((line) => `- ${line}`).join("\n")}`);
  for (const [file, plot] of plotsOf(name, runs)) {
    mkdirSync(IMAGES, { recursive: true });
    writeFileSync(join(IMAGES, file), drawPlot(plot));
    parts.push(`![${plot.title}](images/${file})`);
  }
  return parts.join("\n\n");
}

function write(name: string, text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const begin = `<!-- begin ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  invariant(from >= 0 && to > from, `docs/verification.md has the marks ${begin} and ${end}`);
  writeFileSync(PAGE, `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`);
}

/** One line a policy, of `y` by `x`. */
function byPolicy(runs: readonly Run[], x: (run: Run) => number, y: (run: Run) => number): Series[] {
  const series = new Map<string, { x: number; y: number }[]>();
  for (const run of runs) {
    const { policy, certified, tasks } = run.outcome;
    // A job that had to be stopped says nothing of what the others took.
    if (certified < tasks) continue;
    series.set(policy, [...(series.get(policy) ?? []), { x: x(run), y: y(run) }]);
  }
  return [...series].map(([policy, points]) => ({ name: policy, points }));
}

function plotsOf(name: string, runs: readonly Run[]): [string, Plot][] {
  const lieRate = { label: "lie rate", log: true };
  const trust = { label: "T", log: true };
  const error = { label: "wrong of certified (none: on the axis)", log: true };
  const redundancy = { label: "contributions a certified task" };
  const lieRateOf = (run: Run) => run.outcome.lieRate;
  const trustOf = (run: Run) => run.outcome.trust;
  const errorOf = (run: Run) => run.outcome.error;
  const redundancyOf = (run: Run) => run.outcome.redundancy;
  switch (name) {
    case "compare":
      return [
        plot("error-by-lie-rate", "Wrong results by lie rate, 20 % colluding", lieRate, error, lieRateOf, errorOf),
        plot("redundancy-by-lie-rate", "Redundancy by lie rate", lieRate, redundancy, lieRateOf, redundancyOf),
      ];
    case "trust":
      return [
        plot("redundancy-by-trust", "Redundancy by T", trust, redundancy, trustOf, redundancyOf),
        plot("error-by-trust", "Wrong results by T", trust, error, trustOf, errorOf),
      ];
    case "g": {
      const series = runs.map(({ varied, outcome }) => ({
        name: Object.values(varied).join(", "),
        points: outcome.curveSeconds.map((x, i) => ({ x: x / 60, y: (100 * i) / (outcome.curveSeconds.length - 1) })),
      }));
      const x = { label: "minutes" };
      return [["completion.svg", { title: "Tasks certified, by time", x, y: { label: "% of tasks" }, series }]];
    }
    default:
      return [];
  }

  function plot(
    file: string,
    title: string,
    x: Plot["x"],
    y: Plot["y"],
    xOf: (run: Run) => number,
    yOf: (run: Run) => number,
  ): [string, Plot] {
    return [`${file}.svg`, { title, x, y, series: byPolicy(runs, xOf, yOf) }];
  }
}
