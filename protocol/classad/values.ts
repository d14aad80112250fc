// What expressions evaluate to.
//
// | ClassAd   | here                                                                        |
// | --------- | --------------------------------------------------------------------------- |
// | UNDEFINED | `undefined`                                                                 |
// | ERROR     | `ERROR`, one object                                                         |
// | boolean   | `true`, `false`                                                             |
// | integer   | `number` where it is a safe integer, else `bigint`; 64 bits, never -0        |
// | real      | `Real`, so that 1.0 is not 1                                                |
// | string    | `string` of bytes: char codes 0 to 255, UTF-8 (`toBytes`, `fromBytes`)       |
// | abstime   | `AbsoluteTime`                                                              |
// | reltime   | `RelativeTime`                                                              |
// | list      | `List` of expressions, evaluated when they are looked at                    |
// | ad        | `Ad`                                                                        |
//
// Integers are numbers because nearly all of them are small and numbers cost nothing. Strings are bytes because the
// library's are: size("é") is 2, and substr() may cut a character in half.
import type { Expression } from "./ast.ts";

class ErrorValue {
  readonly kind = "error";
}
/** The value of an expression that makes no sense, as `1 + "a"`. */
export const ERROR = new ErrorValue();

export class Real {
  readonly kind = "real";
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Seconds since 1970, and the offset from UTC in seconds in which it is written. */
export class AbsoluteTime {
  readonly kind = "abstime";
  readonly seconds: number;
  readonly offset: number;
  constructor(seconds: number, offset: number) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

export class RelativeTime {
  readonly kind = "reltime";
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

export class List {
  readonly kind = "list";
  readonly items: readonly Expression[];
  /** The ad in which it is written: where a subscript evaluates the item. */
  scope: Ad | undefined;
  /** About the bytes of its text: what work on all of it costs. */
  weight: number;
  /** Made by a function, not written: `=?=` tells these apart from written ones, as the library does. */
  readonly made: boolean;
  constructor(items: readonly Expression[], scope?: Ad, made = false) {
    this.items = items;
    this.scope = scope;
    this.made = made;
    this.weight = items.reduce((sum, item) => sum + weightOf(item), 0);
  }
}

function weightOf(item: Expression): number {
  if (item.kind === "list" || item.kind === "ad") return item.weight;
  return item.kind === "literal" && typeof item.value === "string" ? item.value.length : 8;
}

export interface Attribute {
  /** As first written; lookups ignore case. */
  readonly name: string;
  expression: Expression;
  /** The value, where the expression is a literal: what most attributes of machines are. */
  literal: boolean;
  value: Value;
}

export const attribute = (name: string, expression: Expression): Attribute => ({
  name,
  expression,
  literal: expression.kind === "literal",
  value: expression.kind === "literal" ? expression.value : undefined,
});

/** A ClassAd: named expressions, and the ad in which it is written. */
export class Ad {
  readonly kind = "ad";
  readonly attributes = new Map<string, Attribute>();
  parent: Ad | undefined;
  /** Has attributes that hide what MY and TARGET mean elsewhere. */
  shadows = false;
  /** As a list's. */
  weight = 0;

  get(name: string): Expression | undefined {
    return this.attributes.get(lower(name))?.expression;
  }

  set(name: string, expression: Expression): void {
    const key = lower(name);
    this.attributes.set(key, attribute(this.attributes.get(key)?.name ?? name, expression));
    if (key === "my" || key === "target") this.shadows = true;
    this.weight += name.length + weightOf(expression);
  }

  get size(): number {
    return this.attributes.size;
  }
}

export type Value =
  | undefined
  | ErrorValue
  | boolean
  | number
  | bigint
  | Real
  | string
  | AbsoluteTime
  | RelativeTime
  | List
  | Ad;

const UPPER = /[A-Z]/;
/** As C's tolower: only A to Z. `toLowerCase` would change bytes above 127. */
export const lower = (text: string): string =>
  UPPER.test(text) ? text.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : text;
export const upper = (text: string): string => text.replace(/[a-z]+/g, (run) => run.toUpperCase());

const ASCII = /^[\0-\x7f]*$/;
/** JavaScript text to a string of UTF-8 bytes. */
export function toBytes(text: string): string {
  if (ASCII.test(text)) return text;
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** A string of UTF-8 bytes to JavaScript text; what is not UTF-8 becomes U+FFFD. */
export const fromBytes = (bytes: string): string =>
  ASCII.test(bytes) ? bytes : new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));

export const isInteger = (value: Value): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

/** Integers, reals and booleans: what arithmetic takes besides times. */
export const isNumber = (value: Value): value is number | bigint | Real | boolean =>
  isInteger(value) || value instanceof Real || typeof value === "boolean";

/** Booleans, and numbers by being zero or not; nothing else says yes or no. */
export function truth(value: Value): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return value !== 0;
  if (value instanceof Real) return value.value !== 0;
  return undefined;
}
