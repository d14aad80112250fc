// `superedge simulate SCENARIO.json --seed N`: runs a scenario and prints what came of it.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Command, UsageError } from "../../client/cli/command.ts";
import { simulateAll } from "./outcome.ts";
import { publish, scenarioNames } from "./publish.ts";
import { POLICIES, type Policy, parseScenarioText } from "./scenario.ts";
import { outcomeTable, remarks } from "./table.ts";

const usage = `superedge simulate SCENARIO.json [--seed N] [--policy NAME[,NAME]] [--json]

Runs the scheduler in virtual time against the volunteers and liars of the scenario. The same seed gives the same bytes.

  --seed N       which chance (default 1)
  --policy NAME  of ${POLICIES.join(", ")}; several with commas (default: the scenario's)
  --json         one JSON document instead of a table

superedge simulate --publish [NAME ...] [--seed N]

Runs the scenarios of test/sim/scenarios (those named, or all but scale: about half an hour) and writes tables and plots into
docs/verification.md and docs/images.`;

function run(args: string[]): undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      policy: { type: "string" },
      json: { type: "boolean", default: false },
      publish: { type: "boolean", default: false },
    },
  });
  const seed = parseSeed(values.seed);
  if (values.publish) {
    const known = scenarioNames();
    for (const name of positionals)
      if (!known.includes(name))
        throw new UsageError(`expected one of ${known.join(", ")}, found ${JSON.stringify(name)}`);
    publish(positionals.length > 0 ? positionals : known.filter((name) => name !== "scale"), seed, (text) =>
      process.stderr.write(text),
    );
    return;
  }
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0)
    throw new UsageError(`expected one scenario file, found ${positionals.length}`);
  const variants = parseScenarioText(readScenario(path));
  const policies = values.policy?.split(",").map(parsePolicy);
  const runs = [...simulateAll(variants, seed, policies)];
  const { title } = variants[0]!.scenario;
  if (values.json) {
    const found = runs.map(({ varied, outcome }) => ({ varied, ...outcome }));
    process.stdout.write(`${JSON.stringify({ title, seed, runs: found })}\n`);
  } else {
    const lines = remarks(runs).map((line) => `- ${line}\n`);
    const misses = lines.length > 0 ? `\nMissed:\n${lines.join("")}` : "";
    process.stdout.write(`${title}, seed ${seed}\n\n${outcomeTable(runs)}\n${misses}`);
  }
}

function readScenario(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`expected a scenario file, found none that can be read at ${path}`, { cause });
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UsageError(`expected a seed from 0 to 2^53 - 1, found ${JSON.stringify(text)}`);
}

function parsePolicy(text: string): Policy {
  const known = POLICIES.find((policy) => policy === text);
  if (known) return known;
  throw new UsageError(`expected a policy of ${POLICIES.join(", ")}, found ${JSON.stringify(text)}`);
}

export const command: Command = {
  summary: "run the scheduler in virtual time against volunteers and liars",
  usage,
  run,
};
