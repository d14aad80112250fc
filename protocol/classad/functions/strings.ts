import type { Expression } from "../ast.ts";
import { toText } from "../convert.ts";
import type { State } from "../evaluate.ts";
import { low32 } from "../integers.ts";
import { MAX_STRING_BYTES } from "../limits.ts";
import { compareIgnoringCase } from "../operators.ts";
import { ERROR, isInteger, List, lower, upper, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { madeList, ofOne } from "./conversions.ts";

/** Texts end to end, other values as their text. The first UNDEFINED makes the whole UNDEFINED. */
const strcat: ClassAdFunction = (args, state) => {
  let text = "";
  for (const arg of args) {
    const part = toText(state.evaluate(arg));
    if (typeof part !== "string") return part;
    text += part;
    if (text.length > MAX_STRING_BYTES) return ERROR;
  }
  return text;
};

/**
 * join(separator, item, …), join(separator, list), join(list). Leaves out what is UNDEFINED; a separator comes only
 * behind text that is not empty.
 */
const join: ClassAdFunction = (args, state) => {
  let parts: readonly Expression[] = args;
  if (args.length === 1 || args.length === 2) {
    const list = state.evaluate(args.at(-1)!);
    if (list instanceof List)
      parts = [args.length === 2 ? args[0]! : ({ kind: "literal", value: "" } as const), ...list.items];
  }
  let text = "";
  let separator = "";
  let defined = false;
  let missing = false;
  for (const [index, item] of parts.entries()) {
    const part = toText(state.evaluate(item));
    if (part === ERROR) return ERROR;
    if (part === undefined) missing = true;
    else if (index === 0) separator = part as string;
    else {
      text += (text === "" ? "" : separator) + (part as string);
      defined = true;
      if (text.length > MAX_STRING_BYTES) return ERROR;
    }
  }
  return missing && !defined ? undefined : text;
};

const changed = (change: (text: string) => string): ClassAdFunction =>
  ofOne((value) => {
    const text = toText(value);
    return typeof text === "string" ? change(text) : text;
  });

/** As Perl's: a negative offset counts from the end, a negative length leaves off that much. */
const substr: ClassAdFunction = (args, state) => {
  if (args.length < 2 || args.length > 3) return ERROR;
  const [text, from, size] = args.map((arg) => state.evaluate(arg));
  if (text === undefined || from === undefined || (args.length > 2 && size === undefined)) return undefined;
  if (typeof text !== "string" || !isInteger(from) || (args.length > 2 && !isInteger(size))) return ERROR;
  let offset = low32(from);
  offset = offset < 0 ? Math.max(0, text.length + offset) : Math.min(offset, text.length);
  if (!isInteger(size)) return text.slice(offset);
  const length = low32(size);
  if (length === 0) return "";
  return length > 0 ? text.substr(offset, length) : text.slice(offset, Math.max(offset, text.length + length));
};

const comparing =
  (compare: (a: string, b: string) => number): ClassAdFunction =>
  (args, state) => {
    if (args.length !== 2) return ERROR;
    const [left, right] = [state.evaluate(args[0]!), state.evaluate(args[1]!)];
    if (left === undefined || right === undefined) return undefined;
    const [a, b] = [toText(left), toText(right)];
    return typeof a === "string" && typeof b === "string" ? Math.sign(compare(a, b)) : ERROR;
  };

/** user@domain and slot@machine; what is missing is empty, of a slot's name the first half. */
const splitAt: ClassAdFunction = (args, state, name) => {
  if (args.length !== 1) return ERROR;
  const text = state.evaluate(args[0]!);
  if (typeof text !== "string") return ERROR;
  const at = text.indexOf("@");
  if (at < 0) return madeList(name === "splitslotname" ? ["", text] : [text, ""]);
  return madeList([text.slice(0, at), text.slice(at + 1)]);
};

const SPACE = " \t\n\v\f\r";

/**
 * split(text), split(text, separators). White space separators melt together; any other twice in a row has an empty
 * text between.
 */
const split: ClassAdFunction = (args, state) => {
  if (args.length !== 1 && args.length !== 2) return ERROR;
  const [text, given] = evaluateAll(args, state);
  if (typeof text !== "string" || (args.length === 2 && typeof given !== "string")) return ERROR;
  const separators = typeof given === "string" ? given : ", \t";
  const parts: string[] = [];
  let start = 0;
  let before = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (!separators.includes(char)) continue;
    if (i > start) parts.push(text.slice(start, i));
    else if (char === before) parts.push("");
    if (!SPACE.includes(char)) before = char;
    start = i + 1;
  }
  if (start < text.length) parts.push(text.slice(start));
  return madeList(parts);
};

const evaluateAll = (args: readonly Expression[], state: State): Value[] => args.map((arg) => state.evaluate(arg));

export const stringFunctions: Record<string, ClassAdFunction> = {
  strcat,
  join,
  toUpper: changed(upper),
  toLower: changed(lower),
  substr,
  strcmp: comparing((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  stricmp: comparing(compareIgnoringCase),
  splitUserName: splitAt,
  splitSlotName: splitAt,
  split,
};
