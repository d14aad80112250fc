// Types asked for, and types changed.
import { literal } from "../ast.ts";
import { toBoolean, toInteger, toReal, toText, wholeSeconds } from "../convert.ts";
import { fail } from "../evaluate.ts";
import { low32, truncate32 } from "../integers.ts";
import { AbsoluteTime, Ad, ERROR, isInteger, List, Real, RelativeTime, truth, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";

/** A function of exactly one evaluated argument. */
export const ofOne =
  (run: (value: Value) => Value): ClassAdFunction =>
  (args, state) =>
    args.length === 1 ? run(state.evaluate(args[0]!)) : ERROR;

const ifThenElse: ClassAdFunction = (args, state) => {
  if (args.length !== 3) return ERROR;
  const test = state.evaluate(args[0]!);
  const yes = truth(test);
  if (yes === undefined) return test === undefined ? undefined : ERROR;
  return state.evaluate(args[yes ? 1 : 2]!);
};

const relTime = ofOne((value) => {
  if (isInteger(value)) return new RelativeTime(low32(value));
  if (value instanceof Real) return new RelativeTime(value.value);
  if (value instanceof AbsoluteTime) return new RelativeTime(value.seconds);
  // Text that was not written out is not read, but taken for the beginning of time; absTime() hands it back.
  if (typeof value === "string") return new RelativeTime(0);
  return value === undefined || value instanceof RelativeTime ? value : ERROR;
});

/** absTime(), absTime(seconds), absTime(seconds, offset). A text is read only where it is written out. */
const absTime: ClassAdFunction = (args, state) => {
  if (args.length === 0) return new AbsoluteTime(state.clock(), 0);
  if (args.length > 2) return ERROR;
  const value = state.evaluate(args[0]!);
  let offset = 0;
  if (args.length === 2) {
    const zone = state.evaluate(args[1]!);
    if (isInteger(zone)) offset = low32(zone);
    else if (zone instanceof Real) offset = truncate32(zone.value);
    else if (zone instanceof RelativeTime) offset = wholeSeconds(zone);
    else return ERROR;
  }
  // The library takes this offset for "none known" and fails.
  if (isInteger(value)) return offset === -1 ? fail() : new AbsoluteTime(low32(value), offset);
  if (value instanceof Real) return new AbsoluteTime(truncate32(value.value), offset);
  if (value instanceof RelativeTime) return new AbsoluteTime(wholeSeconds(value), offset);
  return value === undefined || value instanceof AbsoluteTime || typeof value === "string" ? value : ERROR;
};

const isType = (test: (value: Value) => boolean): ClassAdFunction => ofOne((value) => test(value));

/** The library prints what it evaluates on the way; here it is only the value. */
const debug = ofOne((value) => value);

export const conversionFunctions: Record<string, ClassAdFunction> = {
  isUndefined: isType((value) => value === undefined),
  isError: isType((value) => value === ERROR),
  isString: isType((value) => typeof value === "string"),
  isInteger: isType(isInteger),
  isReal: isType((value) => value instanceof Real),
  isBoolean: isType((value) => typeof value === "boolean"),
  isList: isType((value) => value instanceof List),
  isClassad: isType((value) => value instanceof Ad),
  isAbstime: isType((value) => value instanceof AbsoluteTime),
  isReltime: isType((value) => value instanceof RelativeTime),
  int: ofOne(toInteger),
  real: ofOne((value) => {
    const real = toReal(value);
    return typeof real === "number" ? new Real(real) : real;
  }),
  string: ofOne(toText),
  bool: ofOne(toBoolean),
  absTime,
  relTime,
  ifThenElse,
  debug,
};

/** A list made by a function. */
export const madeList = (values: readonly Value[]): List =>
  new List(
    values.map((value) => (value instanceof List || value instanceof Ad ? value : literal(value))),
    undefined,
    true,
  );
