// `superedge simulate SCENARIO.json --seed N`: runs a scenario and prints what came of it.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Outcome, simulate } from "./outcome.ts";
import { POLICIES, type Policy, parseScenarioText } from "./scenario.ts";
import { missed, outcomeTable } from "./table.ts";

const USAGE = `superedge simulate SCENARIO.json [--seed N] [--policy NAME[,NAME]] [--json]

Runs the scheduler in virtual time against the volunteers and liars of the scenario. The same seed gives the same bytes.

  --seed N       which chance (default 1)
  --policy NAME  of ${POLICIES.join(", ")}; several with commas (default: the scenario's)
  --json         one JSON document instead of a table`;

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      policy: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [path] = positionals;
  if (values.help || path === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  const seed = parseSeed(values.seed);
  const scenario = parseScenarioText(readScenario(path));
  const policies = values.policy === undefined ? scenario.policies : values.policy.split(",").map(parsePolicy);
  const outcomes = simulate(scenario, seed, policies);
  if (values.json) process.stdout.write(`${JSON.stringify({ title: scenario.title, seed, outcomes })}\n`);
  else process.stdout.write(`${scenario.title}, seed ${seed}\n\n${outcomeTable(outcomes)}\n${remarks(outcomes)}`);
  return 0;

  function remarks(all: readonly Outcome[]): string {
    const lines = all.flatMap((o) => missed(scenario, o).map((miss) => `${o.policy}, lie rate ${o.lieRate}: ${miss}`));
    return lines.length > 0 ? `\nMissed:\n${lines.map((line) => `- ${line}\n`).join("")}` : "";
  }
}

function readScenario(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new SuperEdgeError("not-found", `expected a scenario file, found none that can be read at ${path}`, {
      cause,
    });
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new SuperEdgeError("bad-message", `expected a seed from 0 to 2^53 - 1, found ${JSON.stringify(text)}`);
}

function parsePolicy(text: string): Policy {
  const known = POLICIES.find((policy) => policy === text);
  if (known) return known;
  throw new SuperEdgeError("bad-message", `expected a policy of ${POLICIES.join(", ")}, found ${JSON.stringify(text)}`);
}

if (import.meta.main)
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      if (!(error instanceof SuperEdgeError)) throw error;
      process.stderr.write(`${error.code}: ${error.message}\n`);
      process.exitCode = 2;
    },
  );
