// Lists kept in one string, old-style: items between delimiters, trimmed, the empty ones left out.
import type { Expression } from "../ast.ts";
import { readNumber } from "../convert.ts";
import type { State } from "../evaluate.ts";
import { truncate } from "../integers.ts";
import { compileRegex, Matcher } from "../regex/regex.ts";
import { ERROR, lower, Real, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";

const SPACE = " \t\n\v\f\r";

/** `delimiters` is a set of characters. */
function items(text: string, delimiters: string): string[] {
  const found: string[] = [];
  let item = "";
  for (const char of `${text}\0`) {
    if (char !== "\0" && !delimiters.includes(char)) {
      item += char;
      continue;
    }
    const trimmed = trim(item);
    if (trimmed !== "") found.push(trimmed);
    item = "";
  }
  return found;
}

function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.includes(text[start]!)) start++;
  while (end > start && SPACE.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Evaluates the arguments if their number fits; all must then be strings. */
function strings(args: readonly Expression[], state: State, least: number, most: number): string[] | undefined {
  if (args.length < least || args.length > most) return undefined;
  const values = args.map((arg) => state.evaluate(arg));
  return values.every((value) => typeof value === "string") ? values : undefined;
}

const size: ClassAdFunction = (args, state) => {
  const given = strings(args, state, 1, 2);
  return given ? items(given[0]!, given[1] ?? ", ").length : ERROR;
};

const FLOAT_MAX = 3.4028234663852886e38;
const FLOAT_MIN = 1.1754943508222875e-38;

/** The result is an integer unless an item has other characters than digits and signs. */
const summary =
  (start: number, step: (item: number, sum: number) => number, empty: Value, average = false): ClassAdFunction =>
  (args, state) => {
    const given = strings(args, state, 1, 2);
    if (!given) return ERROR;
    const list = items(given[0]!, given[1] ?? ", ");
    let sum = start;
    let real = false;
    for (const item of list) {
      const read = readNumber(item);
      if (!read) return ERROR;
      if (!/^[-+0-9]*$/.test(item)) real = true;
      sum = step(read.value, sum);
    }
    if (list.length === 0) return empty;
    if (average) sum /= list.length;
    return real ? new Real(sum) : truncate(sum);
  };

const plus = (item: number, sum: number): number => item + sum;

/** Member: the first is an item of the second. SubsetMatch: so are all items of the first. I: whatever the case. */
const member: ClassAdFunction = (args, state, name) => {
  if (args.length < 2 || args.length > 3) return ERROR;
  const values = args.map((arg) => state.evaluate(arg));
  if (values.some((value) => value !== undefined && typeof value !== "string")) return ERROR;
  const [wanted, list, given] = values as (string | undefined)[];
  if (wanted === undefined && list === undefined) return undefined;
  const delimiters = given ?? ", \t\r\n";
  const fold = name.startsWith("stringlisti") ? lower : (text: string) => text;
  const set = new Set(items(list ?? "", delimiters).map(fold));
  if (name.endsWith("member")) return set.has(fold(wanted ?? ""));
  if ((wanted ?? "") === "") return true;
  const all = items(wanted!, delimiters);
  return all.length > 0 && all.every((item) => set.has(fold(item)));
};

const regexpMember: ClassAdFunction = (args, state) => {
  const given = strings(args, state, 2, 4);
  if (!given) return ERROR;
  const [pattern, text, delimiters = ", ", options = ""] = given;
  const list = items(text!, delimiters);
  const regex = compileRegex(pattern!, lower(options), state);
  if (!regex) return ERROR;
  if (list.length === 0) return undefined;
  const matcher = new Matcher(regex, state);
  let found = false;
  for (const item of list) {
    const match = matcher.exec(item, 0);
    if (match === "exhausted") return ERROR;
    found ||= match !== undefined;
  }
  return found;
};

/** The library's own set of delimiters, and no trimming. */
const intersect: ClassAdFunction = (args, state) => {
  if (args.length !== 2 && args.length !== 3) return ERROR;
  const values = args.map((arg) => state.evaluate(arg));
  if (values.includes(ERROR)) return ERROR;
  if (values.slice(0, 2).includes(undefined)) return undefined;
  if (args.length === 3 && values[2] === undefined) return undefined;
  if (!values.every((value) => typeof value === "string")) return ERROR;
  const [left, right, given] = values as string[];
  const delimiters = given || " ,";
  const parts = (text: string) =>
    [...text].reduce<string[]>(
      (list, char) => {
        if (delimiters.includes(char)) list.push("");
        else list[list.length - 1] += char;
        return list;
      },
      [""],
    );
  const others = new Set(parts(right!));
  others.delete("");
  return parts(left!).some((item) => others.has(item));
};

export const stringListFunctions: Record<string, ClassAdFunction> = {
  stringListSize: size,
  stringListSum: summary(0, plus, new Real(0)),
  stringListAvg: summary(0, plus, new Real(0), true),
  stringListMin: summary(FLOAT_MAX, (item, sum) => (item < sum ? item : sum), undefined),
  stringListMax: summary(FLOAT_MIN, (item, sum) => (item > sum ? item : sum), undefined),
  stringListMember: member,
  stringListIMember: member,
  stringListSubsetMatch: member,
  stringListISubsetMatch: member,
  stringList_regexpMember: regexpMember,
  stringListsIntersect: intersect,
};
