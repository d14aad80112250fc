// Operators on values. UNDEFINED and ERROR pass through all but the logical ones and `is`/`isnt`; ERROR wins on the left.
import type { BinaryOperator, UnaryOperator } from "./ast.ts";
import {
  add,
  bitwise,
  complement,
  divide,
  type Integer,
  multiply,
  remainder,
  shiftLeft,
  shiftRight,
  shiftRightUnsigned,
  subtract,
  truncate32,
} from "./integers.ts";
import { AbsoluteTime, Ad, ERROR, isInteger, isNumber, List, Real, RelativeTime, truth, type Value } from "./values.ts";

/** A binary operator whose operands are both evaluated; `||` and `&&` here do not know of short cuts. */
export function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  if (operator === "||") return or(left, right);
  if (operator === "&&") return and(left, right);
  if (operator === "is") return identical(left, right);
  if (operator === "isnt") return negate(identical(left, right));
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compare(operator, left, right);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, left, right);
    default:
      return isInteger(left) && isInteger(right) ? onBits(operator, left, right) : ERROR;
  }
}

export function unary(operator: UnaryOperator, value: Value): Value {
  if (value === ERROR || value === undefined) return value;
  switch (operator) {
    case "!":
      return negate(truth(value) ?? ERROR);
    case "~":
      return isInteger(value) ? complement(value) : ERROR;
    case "+":
      return isInteger(value) || value instanceof Real || value instanceof RelativeTime ? value : ERROR;
    case "-":
      if (isInteger(value)) return subtract(0, value);
      if (value instanceof Real) return new Real(-value.value);
      return value instanceof RelativeTime ? new RelativeTime(-value.seconds) : ERROR;
  }
}

const negate = (value: Value): Value => (typeof value === "boolean" ? !value : value);

/** To a boolean where it is one or a number; UNDEFINED and ERROR stay; all else is no truth value. */
const logical = (value: Value): boolean | undefined | typeof ERROR | "none" =>
  value === undefined || value === ERROR ? value : (truth(value) ?? "none");

function or(left: Value, right: Value): Value {
  const [a, b] = [logical(left), logical(right)];
  if (a === "none" || b === "none") return ERROR;
  if (a === true || a === ERROR) return a;
  if (a === false || b !== false) return b;
  return undefined;
}

function and(left: Value, right: Value): Value {
  const [a, b] = [logical(left), logical(right)];
  if (a === "none" || b === "none") return ERROR;
  if (a === false || a === ERROR) return a;
  if (a === true || b !== true) return b;
  return undefined;
}

/** `=?=`: the same type and the same value, text with its case. Of two lists or two ads it is an ERROR. */
export function identical(left: Value, right: Value): boolean | typeof ERROR {
  if (typeof left === "string" || typeof left === "boolean") return left === right;
  if (left === undefined || left === ERROR) return left === right;
  if (isInteger(left)) return left === right;
  if (left instanceof Real) return right instanceof Real && left.value === right.value;
  if (left instanceof AbsoluteTime)
    return right instanceof AbsoluteTime && left.seconds === right.seconds && left.offset === right.offset;
  if (left instanceof RelativeTime) return right instanceof RelativeTime && left.seconds === right.seconds;
  if (left instanceof Ad) return right instanceof Ad ? ERROR : false;
  return right instanceof List && left instanceof List && left.made === right.made ? ERROR : false;
}

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Text without regard to case, numbers and booleans as numbers, times with their like. */
function compare(operator: Comparison, left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return order(operator, left, right);
  if (typeof left === "string")
    return typeof right === "string" ? order(operator, compareIgnoringCase(left, right), 0) : ERROR;
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [plain(left), plain(right)];
    // Two integers compare exactly; with a real on one side the integer is rounded to a real first.
    return left instanceof Real || right instanceof Real
      ? order(operator, Number(a), Number(b))
      : order(operator, a, b);
  }
  if (left instanceof AbsoluteTime && right instanceof AbsoluteTime)
    return order(operator, left.seconds, right.seconds);
  if (left instanceof RelativeTime && right instanceof RelativeTime)
    return order(operator, left.seconds, right.seconds);
  return ERROR;
}

function order(operator: Comparison, a: Integer, b: Integer): boolean {
  switch (operator) {
    case "==":
      // Of numbers and bigints: the value, whichever holds it.
      // biome-ignore lint/suspicious/noDoubleEquals: 5 and 5n are equal
      return a == b;
    case "!=":
      // biome-ignore lint/suspicious/noDoubleEquals: 5 and 5n are equal
      return a != b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

const plain = (value: number | bigint | Real | boolean): Integer =>
  value instanceof Real ? value.value : typeof value === "boolean" ? Number(value) : value;

const lowered = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : code);

/** As strcasecmp: negative, 0 or positive; bytes, with A to Z as a to z. */
export function compareIgnoringCase(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = lowered(a.charCodeAt(i)) - lowered(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

type Arithmetic = "+" | "-" | "*" | "/" | "%";

function arithmetic(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return onIntegers(operator, left, right);
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [plain(left), plain(right)];
    return left instanceof Real || right instanceof Real
      ? onReals(operator, Number(a), Number(b))
      : onIntegers(operator, a, b);
  }
  return onTimes(operator, left, right);
}

function onIntegers(operator: Arithmetic, a: Integer, b: Integer): Value {
  switch (operator) {
    case "+":
      return add(a, b);
    case "-":
      return subtract(a, b);
    case "*":
      return multiply(a, b);
    case "/":
      return divide(a, b) ?? ERROR;
    case "%":
      return remainder(a, b) ?? ERROR;
  }
}

/** Plus infinity is an ERROR, minus infinity and NaN are not; there is no remainder of reals. */
function onReals(operator: Arithmetic, a: number, b: number): Value {
  if (operator === "%") return ERROR;
  const result = operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : a / b;
  return result === Number.POSITIVE_INFINITY ? ERROR : new Real(result);
}

function onTimes(operator: Arithmetic, left: Value, right: Value): Value {
  const sign = operator === "+" ? 1 : -1;
  if (operator === "+" || operator === "-") {
    if (left instanceof AbsoluteTime && right instanceof RelativeTime)
      return new AbsoluteTime(left.seconds + sign * truncate32(right.seconds), left.offset);
    if (left instanceof RelativeTime && right instanceof RelativeTime)
      return new RelativeTime(left.seconds + sign * right.seconds);
    if (operator === "+" && left instanceof RelativeTime && right instanceof AbsoluteTime)
      return new AbsoluteTime(right.seconds + truncate32(left.seconds), right.offset);
    if (operator === "-" && left instanceof AbsoluteTime && right instanceof AbsoluteTime)
      return new RelativeTime(left.seconds - right.seconds);
    return ERROR;
  }
  if (operator === "%") return ERROR;
  const isPlain = (value: Value): value is number | bigint | Real => isNumber(value) && typeof value !== "boolean";
  if (left instanceof RelativeTime && isPlain(right)) {
    const by = Number(plain(right));
    return new RelativeTime(operator === "*" ? left.seconds * by : left.seconds / by);
  }
  if (operator === "*" && right instanceof RelativeTime && isPlain(left))
    return new RelativeTime(Number(plain(left)) * right.seconds);
  return ERROR;
}

function onBits(operator: BinaryOperator, a: Integer, b: Integer): Value {
  switch (operator) {
    case "&":
    case "|":
    case "^":
      return bitwise(operator, a, b);
    case "<<":
      return shiftLeft(a, b);
    case ">>":
      return shiftRight(a, b);
    default:
      return shiftRightUnsigned(a, b);
  }
}
