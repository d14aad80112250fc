// Command lines and environments as HTCondor keeps them in one string. Version 1: arguments between blanks,
// assignments between semicolons. Version 2: between blanks, with 'single quotes' ('' in them is one).
import { low32 } from "../integers.ts";
import { ERROR, isInteger, List, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { madeList } from "./conversions.ts";

/** `undefined` if a quote does not end. */
function splitQuoted(text: string): string[] | undefined {
  const parts: string[] = [];
  let part: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "'") {
      part ??= "";
      for (i++; ; i++) {
        if (i >= text.length) return undefined;
        if (text[i] !== "'") part += text[i];
        else if (text[i + 1] === "'") part += text[i++];
        else break;
      }
    } else if (" \t\n\r".includes(char)) {
      if (part !== undefined) parts.push(part);
      part = undefined;
    } else part = (part ?? "") + char;
  }
  if (part !== undefined) parts.push(part);
  return parts;
}

function quoted(text: string): string {
  if (text === "") return "''";
  // Every blank or quote is quoted; neighbours share their quotes.
  return text.replace(/[ \t\n\r']+/g, (run) => `'${run.replaceAll("'", "''")}'`);
}

/** 1 or 2, the version that a second argument asks for. */
function versionOf(value: Value): number | undefined {
  const version = isInteger(value) ? low32(value) : 0;
  return version === 1 || version === 2 ? version : undefined;
}

const argsToList: ClassAdFunction = (args, state) => {
  if (args.length !== 1 && args.length !== 2) return ERROR;
  const version = args.length === 2 ? versionOf(state.evaluate(args[1]!)) : 2;
  if (version === undefined) return ERROR;
  const text = state.evaluate(args[0]!);
  if (typeof text !== "string") return ERROR;
  const parts = version === 2 ? splitQuoted(text) : text.split(/[ \t\n\r]+/).filter((part) => part !== "");
  return parts ? madeList(parts) : ERROR;
};

const listToArgs: ClassAdFunction = (args, state) => {
  if (args.length !== 1 && args.length !== 2) return ERROR;
  const version = args.length === 2 ? versionOf(state.evaluate(args[1]!)) : 2;
  if (version === undefined) return ERROR;
  const list = state.evaluate(args[0]!);
  if (!(list instanceof List)) return ERROR;
  const parts: string[] = [];
  for (const item of list.items) {
    const value = state.evaluate(item);
    if (typeof value !== "string") return ERROR;
    parts.push(value);
  }
  if (version === 1) return parts.some((part) => /[ \t\r\n]/.test(part)) ? ERROR : parts.join(" ");
  return parts.map(quoted).join(" ");
};

/** A variable and its value; in version 2 an unexpanded $$(macro) may stand alone. */
function assign(entry: string, into: Map<string, string | undefined>, macros: boolean): boolean {
  const equals = entry.indexOf("=");
  if (macros && equals < 0 && entry.includes("$$")) {
    into.set(entry, undefined);
    return true;
  }
  if (equals <= 0) return false;
  into.set(entry.slice(0, equals), entry.slice(equals + 1));
  return true;
}

const written = (variables: Map<string, string | undefined>): string =>
  [...variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => quoted(value === undefined ? name : `${name}=${value}`))
    .join(" ");

/** A text that begins with one of these has it between its assignments, in place of semicolons. */
const DELIMITERS = "!#$%&*+,-/:<>?@^`|~";

const envV1ToV2: ClassAdFunction = (args, state) => {
  if (args.length !== 1) return ERROR;
  const text = state.evaluate(args[0]!);
  if (text === undefined) return undefined;
  if (typeof text !== "string") return ERROR;
  const variables = new Map<string, string | undefined>();
  const own = DELIMITERS.includes(text[0] ?? "none");
  const delimiter = own ? text[0]! : ";";
  const entries = (own ? text.slice(1) : text).replaceAll("\n", delimiter).split(delimiter);
  for (const entry of entries.map((part) => part.replace(/^[ \t\n\r]+/, "")))
    if (entry !== "" && !assign(entry, variables, false)) return ERROR;
  return written(variables);
};

/** Later arguments win; UNDEFINED ones are passed over. */
const mergeEnvironment: ClassAdFunction = (args, state) => {
  const variables = new Map<string, string | undefined>();
  for (const arg of args) {
    const text = state.evaluate(arg);
    if (text === undefined) continue;
    const entries = typeof text === "string" ? splitQuoted(text) : undefined;
    if (!entries?.every((entry) => assign(entry, variables, true))) return ERROR;
  }
  return written(variables);
};

export const environmentFunctions: Record<string, ClassAdFunction> = {
  argsToList,
  listToArgs,
  envV1ToV2,
  mergeEnvironment,
};
