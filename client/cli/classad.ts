// `superedge classad`: the ClassAd language from the command line, printing what HTCondor's library would.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { evaluate, match, type Scoping, unparse } from "../../protocol/classad/index.ts";
import { type Command, UsageError } from "./command.ts";

const usage = `
superedge classad eval EXPRESSION [--my AD] [--target AD] [--scoping matchmaking|strict]
superedge classad match AD AD [--scoping matchmaking|strict]

eval prints the value of an expression as HTCondor writes it. MY is the ad given by --my, TARGET the one by --target.
match prints whether each ad's Requirements accept the other, and the values of their Ranks.

AD is the text of an ad, [ name = expression; … ] or one name = expression a line; or @FILE, a file that holds one.
Names without MY or TARGET are looked for in the own ad and then in the target (matchmaking, the default), or only in
the own ad (strict).
`;

const textOf = (argument: string): string =>
  argument.startsWith("@") ? readFileSync(argument.slice(1), "utf8") : argument;

function scopingOf(value: string): Scoping {
  if (value === "matchmaking" || value === "strict") return value;
  throw new UsageError(`--scoping: expected matchmaking or strict, found ${JSON.stringify(value)}`);
}

function expectArguments(found: readonly string[], ...expected: readonly string[]): void {
  if (found.length !== expected.length)
    throw new UsageError(`expected ${expected.join(" and ")}, found ${found.length} arguments`);
}

/** An expression may begin with a minus, and no option of ours has a single one. */
function behindOptions(args: readonly string[]): string[] {
  const negative = (arg: string) => /^-[^-]|^--?[^a-z-]/i.test(arg);
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const before = args.slice(0, end);
  return [...before.filter((arg) => !negative(arg)), "--", ...before.filter(negative), ...args.slice(end + 1)];
}

function run(args: string[]): number {
  const [verb, ...others] = args;
  const rest = behindOptions(others);
  const options = { my: { type: "string" }, target: { type: "string" }, scoping: { type: "string" } } as const;
  if (verb === "eval") {
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
    expectArguments(positionals, "an expression");
    const value = evaluate(positionals[0]!, {
      my: values.my === undefined ? undefined : textOf(values.my),
      target: values.target === undefined ? undefined : textOf(values.target),
      scoping: scopingOf(values.scoping ?? "matchmaking"),
    });
    process.stdout.write(`${unparse(value)}\n`);
    return 0;
  }
  if (verb === "match") {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { scoping: options.scoping },
      allowPositionals: true,
    });
    expectArguments(positionals, "an ad", "another");
    const scoping = scopingOf(values.scoping ?? "matchmaking");
    const result = match(textOf(positionals[0]!), textOf(positionals[1]!), { scoping });
    const side = (name: string, accepts: boolean, rank: string) => `${name} accepts: ${accepts}, rank: ${rank}\n`;
    process.stdout.write(
      `match: ${result.matches}\n${side("first", result.leftAccepts, unparse(result.leftRank))}${side("second", result.rightAccepts, unparse(result.rightRank))}`,
    );
    return 0;
  }
  throw new UsageError(`expected eval or match, found ${verb === undefined ? "nothing" : JSON.stringify(verb)}`);
}

export const command: Command = { summary: "evaluate ClassAd expressions and match ads", usage, run };
