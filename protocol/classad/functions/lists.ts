import type { BinaryOperator } from "../ast.ts";
import { add } from "../integers.ts";
import { binary, identical } from "../operators.ts";
import { Ad, ERROR, isNumber, List, Real, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { ofOne } from "./conversions.ts";

/** member() compares as `==`, identicalMember() as `=?=`. */
const member: ClassAdFunction = (args, state, name) => {
  if (args.length !== 2) return ERROR;
  const exact = name === "identicalmember";
  const [wanted, list] = [state.evaluate(args[0]!), state.evaluate(args[1]!)];
  if (list === undefined || (!exact && wanted === undefined)) return undefined;
  if (!(list instanceof List) || wanted instanceof List || wanted instanceof Ad) return ERROR;
  if (!exact && wanted === ERROR) return ERROR;
  for (const item of list.items) {
    const value = state.evaluate(item);
    if ((exact ? identical(value, wanted) : binary("==", value, wanted)) === true) return true;
  }
  return false;
};

const size = ofOne((value) => {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value.length;
  return value instanceof List ? value.items.length : value instanceof Ad ? value.size : ERROR;
});

/** Runs over the numbers of a list; UNDEFINED items are left out, others make it an ERROR. */
const overNumbers =
  (run: (numbers: Value[]) => Value): ClassAdFunction =>
  (args, state) => {
    if (args.length !== 1) return ERROR;
    const list = state.evaluate(args[0]!);
    if (list === undefined) return undefined;
    if (!(list instanceof List)) return ERROR;
    const numbers: Value[] = [];
    for (const item of list.items) {
      const value = state.evaluate(item);
      if (value === undefined) continue;
      if (!isNumber(value)) return ERROR;
      numbers.push(value);
    }
    return run(numbers);
  };

const total = (numbers: readonly Value[]): Value =>
  numbers.length === 0 ? add(0, 0) : numbers.reduce((sum, value) => binary("+", sum, value));

const sum = overNumbers(total);
const avg = overNumbers((numbers) =>
  numbers.length === 0 ? 0 : binary("/", total(numbers), new Real(numbers.length)),
);

const bound = (operator: "<" | ">"): ClassAdFunction =>
  overNumbers((numbers) =>
    numbers.length === 0
      ? undefined
      : numbers.reduce((best, value) => (binary(operator, value, best) === true ? value : best)),
  );

const COMPARISONS = new Set(["<", "<=", "!=", "==", ">", ">=", "is", "isnt"]);

/** anyCompare(operator, list, value), allCompare(operator, list, value). */
const compareAll: ClassAdFunction = (args, state, name) => {
  if (args.length !== 3) return ERROR;
  const all = name === "allcompare";
  const operator = state.evaluate(args[0]!);
  if (operator === undefined) return undefined;
  if (typeof operator !== "string" || !COMPARISONS.has(operator)) return ERROR;
  const list = state.evaluate(args[1]!);
  if (list === undefined) return undefined;
  if (!(list instanceof List)) return ERROR;
  const against = state.evaluate(args[2]!);
  for (const item of list.items) {
    const result = binary(operator as BinaryOperator, state.evaluate(item), against);
    // The first undecided comparison decides: false.
    if (result === undefined) return false;
    if (typeof result !== "boolean") return ERROR;
    if (result !== all) return result;
  }
  return all;
};

export const listFunctions: Record<string, ClassAdFunction> = {
  member,
  identicalMember: member,
  size,
  sum,
  avg,
  min: bound("<"),
  max: bound(">"),
  anyCompare: compareAll,
  allCompare: compareAll,
};
