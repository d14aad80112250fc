// Functions of regular expressions. Options: i, m, s, x as in Perl; of replacements also f (the whole text comes back)
// and g (every match, not only the first).
import { MAX_STRING_BYTES } from "../limits.ts";
import { compileRegex, type Match, Matcher } from "../regex/regex.ts";
import { ERROR, List, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";

/** ERROR before UNDEFINED; `undefined` here means: none of both. */
function exceptional(values: readonly Value[]): { value: Value } | undefined {
  if (values.includes(ERROR)) return { value: ERROR };
  return values.includes(undefined) ? { value: undefined } : undefined;
}

function matches(matcher: Matcher, text: string): boolean | typeof ERROR {
  const match = matcher.exec(text, 0);
  return match === "exhausted" ? ERROR : match !== undefined;
}

/** regexp(pattern, text, options). */
const regexp: ClassAdFunction = (args, state) => {
  if (args.length !== 2 && args.length !== 3) return ERROR;
  const values = args.map((arg) => state.evaluate(arg));
  const early = exceptional(values);
  if (early) return early.value;
  const [pattern, text, options = ""] = values;
  if (typeof pattern !== "string" || typeof text !== "string" || typeof options !== "string") return ERROR;
  const regex = compileRegex(pattern, options, state);
  return regex ? matches(new Matcher(regex, state), text) : ERROR;
};

/** regexpMember(pattern, list, options): whether one item matches; UNDEFINED if none does and one is UNDEFINED. */
const regexpMember: ClassAdFunction = (args, state) => {
  if (args.length !== 2 && args.length !== 3) return ERROR;
  const values = args.map((arg) => state.evaluate(arg));
  const early = exceptional(values);
  if (early) return early.value;
  const [pattern, list, options = ""] = values;
  if (typeof pattern !== "string" || !(list instanceof List) || typeof options !== "string") return ERROR;
  // A bad pattern matches nothing here.
  const regex = compileRegex(pattern, options, state);
  const matcher = regex && new Matcher(regex, state);
  let missing = false;
  for (const item of list.items) {
    const text = state.attempt(() => state.evaluate(item), ERROR);
    if (text === undefined) missing = true;
    else if (typeof text !== "string") return ERROR;
    else if (matcher && matches(matcher, text) === true) return true;
  }
  return missing ? undefined : false;
};

/** regexps(pattern, text, replacement, options), replace(…) as with f, replaceAll(…) as with f and g. */
const substitute: ClassAdFunction = (args, state, name) => {
  if (args.length !== 3 && args.length !== 4) return ERROR;
  const values = args.map((arg) => state.evaluate(arg));
  const early = exceptional(values);
  if (early) return early.value;
  const [pattern, text, replacement, given = ""] = values;
  if (typeof given !== "string" || typeof pattern !== "string") return ERROR;
  if (typeof text !== "string" || typeof replacement !== "string") return ERROR;
  const options = given + (name === "replace" ? "f" : name === "replaceall" ? "fg" : "");
  const regex = compileRegex(pattern, options, state);
  if (!regex) return ERROR;
  const [whole, all] = [options.includes("f"), options.includes("g")];
  const matcher = new Matcher(regex, state);
  let output = "";
  let at = 0;
  let empty = false;
  for (;;) {
    const match: Match | "exhausted" | undefined = matcher.exec(text, at, { anchored: empty, notEmptyAtStart: empty });
    if (match === "exhausted") return ERROR;
    if (!match) {
      if (!empty) break;
      // Behind an empty match one character is passed over. At the end the library passes over the end, and fails.
      if (at >= text.length) return ERROR;
      output += text[at++];
      empty = false;
      continue;
    }
    if (whole) output += text.slice(at, match.start);
    const filled = fill(replacement, match);
    if (filled === undefined) return ERROR;
    output += filled;
    if (output.length > MAX_STRING_BYTES) return ERROR;
    at = match.end;
    // Once a match was empty the library looks on only at the very place, until it finds nothing there.
    empty ||= match.start === match.end;
    if (!all) break;
  }
  return whole ? output + text.slice(at) : output;
};

/** `\0` to `\9` stand for groups; one that does not exist or took no part behind the last is an ERROR. */
function fill(replacement: string, match: Match): string | undefined {
  let missing = false;
  const text = replacement.replace(/\\([0-9])/g, (_, index: string) => {
    if (Number(index) >= match.count) missing = true;
    return match.groups[Number(index)] ?? "";
  });
  return missing ? undefined : text;
}

export const regexFunctions: Record<string, ClassAdFunction> = {
  regexp,
  regexpMember,
  regexps: substitute,
  replace: substitute,
  replaceAll: substitute,
};
