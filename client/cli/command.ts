// The frame of the `superedge` command: a table of commands, each loaded when it is asked for.

/** One subcommand. `run` gets the arguments after its name; what it returns is the exit status, 0 if nothing. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** What `superedge NAME --help` prints, starting with how it is called. */
  usage: string;
  run(args: string[]): Promise<number | undefined> | number | undefined;
}

/** Wrong arguments: the sentence is printed as `superedge: …`, and the command ends with status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Summaries stand in the table too, so that listing the commands loads none of them. */
export interface CommandEntry {
  summary: string;
  load(): Promise<{ command: Command }>;
}

export type CommandTable = Readonly<Record<string, CommandEntry>>;

export interface Printer {
  out(text: string): void;
  err(text: string): void;
}

/** Runs `superedge ARGS` and returns the exit status: 0 done, 1 failed, 2 called wrongly. Errors are one line. */
export async function runCommand(table: CommandTable, args: readonly string[], print: Printer): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    print.out(listCommands(table));
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!entry) {
    print.err(`superedge: expected one of ${Object.keys(table).join(", ")}, found ${JSON.stringify(name)}\n`);
    return 2;
  }
  try {
    const { command } = await entry.load();
    const end = rest.indexOf("--");
    if (rest.slice(0, end < 0 ? rest.length : end).some((arg) => arg === "--help" || arg === "-h")) {
      print.out(`${command.usage.trim()}\n`);
      return 0;
    }
    return (await command.run(rest)) ?? 0;
  } catch (error) {
    print.err(`superedge: ${oneLine(error)}\n`);
    return isUsage(error) ? 2 : 1;
  }
}

function listCommands(table: CommandTable): string {
  const width = Math.max(0, ...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `superedge COMMAND [ARGUMENT ...]\n\n${lines.join("\n")}\n\nsuperedge COMMAND --help says more.\n`;
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ");

/** `parseArgs` marks what the caller got wrong by such a code. */
const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
