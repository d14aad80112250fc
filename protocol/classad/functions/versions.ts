// Versions compare as text in which runs of digits are numbers: strverscmp(3), as the library has it.
import { toText } from "../convert.ts";
import { ERROR, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= "0" && char <= "9";

/** Bytes are signed in C. */
const byte = (text: string, at: number): number => ((text.charCodeAt(at) || 0) << 24) >> 24;

export function compareVersions(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length && at === b.length) return 0;
  const mismatch = byte(a, at) - byte(b, at);
  // The digits around the first difference.
  let start = at;
  while (start > 0 && isDigit(a[start - 1])) start--;
  if (start === at && (!isDigit(a[at]) || !isDigit(b[at]))) return mismatch;
  const zerosOf = (text: string): number => {
    let end = start;
    while (text[end] === "0") end++;
    // A last zero is a digit, not a leading zero.
    if (end > start && !isDigit(text[end])) end--;
    return end - start;
  };
  const [zerosA, zerosB] = [zerosOf(a), zerosOf(b)];
  // More leading zeros come first: they are a fraction.
  if (zerosA !== zerosB) return zerosB - zerosA;
  if (zerosA > 0) return mismatch;
  const digitsOf = (text: string): number => {
    let end = start;
    while (isDigit(text[end])) end++;
    return end - start;
  };
  return digitsOf(a) - digitsOf(b) || mismatch;
}

const comparing =
  (decide: (order: number) => Value): ClassAdFunction =>
  (args, state) => {
    if (args.length !== 2) return ERROR;
    const [left, right] = [state.evaluate(args[0]!), state.evaluate(args[1]!)];
    if (left === undefined || right === undefined) return undefined;
    const [a, b] = [toText(left), toText(right)];
    return typeof a === "string" && typeof b === "string" ? decide(compareVersions(a, b)) : ERROR;
  };

const inRange: ClassAdFunction = (args, state) => {
  if (args.length !== 3) return ERROR;
  const [version, least, most] = args.map((arg) => state.evaluate(arg));
  if (least === undefined || most === undefined) return undefined;
  const [a, b, c] = [toText(version), toText(least), toText(most)];
  if (typeof a !== "string" || typeof b !== "string" || typeof c !== "string") return ERROR;
  return compareVersions(b, a) <= 0 && compareVersions(a, c) <= 0;
};

export const versionFunctions: Record<string, ClassAdFunction> = {
  versioncmp: comparing((order) => order),
  versionLE: comparing((order) => order <= 0),
  versionLT: comparing((order) => order < 0),
  versionGE: comparing((order) => order >= 0),
  versionGT: comparing((order) => order > 0),
  versionEQ: comparing((order) => order === 0),
  version_in_range: inRange,
};
