// Conversions between types, as int(), real() and string() make them; functions use them on their arguments too.
import { type Integer, truncate } from "./integers.ts";
import { writeAbsoluteTime, writeRelativeTime } from "./times.ts";
import { unparse } from "./unparse.ts";
import { AbsoluteTime, Ad, ERROR, isInteger, List, Real, RelativeTime, type Value } from "./values.ts";

const NUMBER =
  /^[ \t\n\v\f\r]*([+-]?)(?:(inf(?:inity)?)|(nan(?:\([A-Za-z0-9_]*\))?)|0x((?=\.?[0-9a-f])[0-9a-f]*(?:\.[0-9a-f]*)?(?:p[+-]?\d+)?)|(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?))/i;

/** C's strtod: the number at the start of a text and the text behind it; `undefined` if there is none. */
export function readNumber(text: string): { value: number; rest: string } | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [all, sign, infinity, nan, hex, decimal] = match;
  let value = Number.NaN;
  if (infinity !== undefined) value = Number.POSITIVE_INFINITY;
  else if (hex !== undefined) value = readHexadecimal(hex);
  else if (decimal !== undefined) value = Number(decimal);
  else if (nan === undefined) return undefined;
  return { value: sign === "-" ? -value : value, rest: text.slice(all.length) };
}

function readHexadecimal(text: string): number {
  const [digits, power] = text.toLowerCase().split("p");
  const [whole, fraction = ""] = digits!.split(".");
  let value = 0;
  for (const digit of whole! + fraction) value = value * 16 + Number.parseInt(digit, 16);
  return value * 2 ** (Number(power ?? 0) - 4 * fraction.length);
}

/** A letter behind a number in a text: K is 1024, and so on. */
const SCALE: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const scale = (rest: string): number => SCALE[rest[0]?.toUpperCase() ?? ""] ?? 1;

export function toInteger(value: Value): Integer | undefined | typeof ERROR {
  if (isInteger(value) || value === undefined) return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Real) return truncate(value.value);
  if (value instanceof AbsoluteTime) return value.seconds;
  if (value instanceof RelativeTime) return truncate(value.seconds);
  if (typeof value !== "string") return ERROR;
  const read = readNumber(value);
  if (!read) return ERROR;
  const by = scale(read.rest);
  const whole = truncate(read.value);
  return by === 1
    ? whole
    : typeof whole === "number" && Number.isSafeInteger(whole * by)
      ? whole * by
      : truncate(Number(whole) * by);
}

export function toReal(value: Value): number | undefined | typeof ERROR {
  if (value === undefined) return value;
  if (isInteger(value) || typeof value === "boolean") return Number(value);
  if (value instanceof Real) return value.value;
  if (value instanceof AbsoluteTime) return value.seconds;
  if (value instanceof RelativeTime) return Math.trunc(value.seconds);
  if (typeof value !== "string") return ERROR;
  const read = readNumber(value);
  return read ? read.value * scale(read.rest) : ERROR;
}

/** The library makes whole seconds of a span on the way to text. */
const truncated = (seconds: number): number => Number(truncate(seconds));

export function toText(value: Value): string | undefined | typeof ERROR {
  if (typeof value === "string" || value === undefined || value === ERROR) return value;
  if (value instanceof AbsoluteTime) return writeAbsoluteTime(value);
  if (value instanceof RelativeTime) return writeRelativeTime(new RelativeTime(truncated(value.seconds)));
  return unparse(value);
}

export function toBoolean(value: Value): boolean | undefined | typeof ERROR {
  if (typeof value === "boolean" || value === undefined || value === ERROR) return value;
  if (isInteger(value)) return value !== 0;
  if (value instanceof Real) return value.value !== 0;
  if (value instanceof RelativeTime) return Math.trunc(value.seconds) !== 0;
  if (typeof value === "string") return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined;
  return value instanceof AbsoluteTime || value instanceof List || value instanceof Ad ? ERROR : undefined;
}
