// Conversions between types, as int(), real() and string() make them; functions use them on their arguments too.
import { type Integer, truncate, truncate32 } from "./integers.ts";
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

/** The library keeps whole seconds of a span in 32 bits on the way to another type. */
export const wholeSeconds = (span: RelativeTime): number => truncate32(span.seconds);

export function toInteger(value: Value): Integer | undefined | typeof ERROR {
  if (isInteger(value) || value === undefined) return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Real) return truncate(value.value);
  if (value instanceof AbsoluteTime) return value.seconds;
  if (value instanceof RelativeTime) return wholeSeconds(value);
  if (typeof value !== "string") return ERROR;
  const read = readNumber(value);
  if (!read) return ERROR;
  return truncate(read.value);
}

export function toReal(value: Value): number | undefined | typeof ERROR {
  if (value === undefined) return value;
  if (isInteger(value) || typeof value === "boolean") return Number(value);
  if (value instanceof Real) return value.value;
  if (value instanceof AbsoluteTime) return value.seconds;
  if (value instanceof RelativeTime) return wholeSeconds(value);
  if (typeof value !== "string") return ERROR;
  const read = readNumber(value);
  return read ? read.value : ERROR;
}

export function toText(value: Value): string | undefined | typeof ERROR {
  if (typeof value === "string" || value === undefined || value === ERROR) return value;
  if (value instanceof AbsoluteTime) return writeAbsoluteTime(value);
  if (value instanceof RelativeTime) return writeRelativeTime(new RelativeTime(wholeSeconds(value)));
  return unparse(value);
}

export function toBoolean(value: Value): boolean | undefined | typeof ERROR {
  if (typeof value === "boolean" || value === undefined || value === ERROR) return value;
  if (isInteger(value)) return value !== 0;
  if (value instanceof Real) return value.value !== 0;
  if (value instanceof RelativeTime) return wholeSeconds(value) !== 0;
  if (typeof value === "string") return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined;
  return value instanceof AbsoluteTime || value instanceof List || value instanceof Ad ? ERROR : undefined;
}
