// Functions that look at expressions, or evaluate them elsewhere.

import { SuperEdgeError } from "../../errors.ts";
import type { Expression, Reference } from "../ast.ts";
import { toText } from "../convert.ts";
import { fail, find, type State, select } from "../evaluate.ts";
import { MAX_DEREFERENCES } from "../limits.ts";
import { parseExpression } from "../parse.ts";
import { compileRegex, Matcher } from "../regex/regex.ts";
import { unparseExpression, unparseIndented } from "../unparse.ts";
import { Ad, ERROR, fromBytes, List, lower, truth, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { madeList } from "./conversions.ts";

/** unparse(attribute): the text of the expression behind it. */
const unparse: ClassAdFunction = (args, state) => {
  if (args.length !== 1 || args[0]!.kind !== "reference") return ERROR;
  const found = state.current?.get(unparseIndented(args[0]!));
  return found === undefined ? "" : unparseIndented(found);
};

/** eval(text): the text as an expression, evaluated here. */
const evaluateText: ClassAdFunction = (args, state) => {
  if (args.length !== 1) return ERROR;
  const text = toText(state.evaluate(args[0]!));
  if (typeof text !== "string") return ERROR;
  if (state.dereferences >= MAX_DEREFERENCES) fail();
  let expression: Expression;
  try {
    expression = parseExpression(fromBytes(text), state.current);
  } catch (error) {
    if (error instanceof SuperEdgeError) return ERROR;
    throw error;
  }
  // Reading a byte costs more than looking at it.
  state.spend(Math.ceil(text.length / 2));
  state.dereferences++;
  const value = state.evaluate(expression);
  state.dereferences--;
  return value;
};

/** The expression behind a reference, `undefined` if there is none; leaves `state.current` at its ad. */
function behind(node: Reference, state: State): Expression | undefined {
  if (!node.of) return find(node.absolute ? state.root : state.current, node, state);
  const of = state.evaluate(node.of);
  if (of instanceof Ad) return find(of, node, state);
  return of instanceof List ? (select(node, of, state) as List) : undefined;
}

/** Collects names that the ad does not define, as the library's external references with full names. */
function external(node: Expression, state: State, names: Map<string, string>): void {
  state.spend();
  switch (node.kind) {
    case "literal":
      return;
    case "reference": {
      const { current } = state;
      let start = node.absolute ? state.root : current;
      if (node.of) {
        const of = state.evaluate(node.of);
        if (of === undefined) {
          const name = `${unparseExpression(node.of)}.${node.name}`;
          names.set(lower(name), name);
          return;
        }
        if (!(of instanceof Ad)) return fail();
        start = of;
      }
      if (start === undefined) return fail();
      const found = find(start, { ...node, absolute: true }, state);
      if (found === undefined) names.set(node.key, node.name);
      else {
        if (++state.dereferences > MAX_DEREFERENCES) fail();
        external(found, state, names);
        state.dereferences--;
      }
      state.current = current;
      return;
    }
    case "unary":
      return external(node.operand, state, names);
    case "binary":
      external(node.left, state, names);
      return external(node.right, state, names);
    case "parentheses":
      return external(node.inner, state, names);
    case "conditional":
      for (const part of [node.test, node.then, node.otherwise]) external(part, state, names);
      return;
    case "elvis":
      external(node.value, state, names);
      return external(node.otherwise, state, names);
    case "subscript":
      external(node.of, state, names);
      return external(node.index, state, names);
    case "call":
      return externalInside(node.args, state, names);
    case "list":
      return externalInside(node.items, state, names);
    case "ad":
      return externalInside(
        [...node.attributes.values()].map(({ expression }) => expression),
        state,
        names,
      );
  }
}

/** Each level counts as a reference does, or an ad that holds itself would be walked until the steps are used up. */
function externalInside(parts: readonly Expression[], state: State, names: Map<string, string>): void {
  if (++state.dereferences > MAX_DEREFERENCES) fail();
  for (const part of parts) external(part, state, names);
  state.dereferences--;
}

/** unresolved(attribute): names its expression uses that are nowhere; with a pattern: whether one matches. */
const unresolved: ClassAdFunction = (args, state) => {
  const node = args[0];
  if (!node || args.length > 2 || node.kind !== "reference") return ERROR;
  const expression = behind(node, state);
  // The library stays in the ad where it found the expression, for whatever is evaluated after this call too.
  const { current } = state;
  if (expression === undefined) return undefined;
  const pattern = args.length === 2 ? state.evaluate(args[1]!) : undefined;
  if (args.length === 2 && typeof pattern !== "string") return fail();
  const regex = typeof pattern === "string" ? compileRegex(pattern, "i", state) : undefined;
  if (args.length === 2 && !regex) return ERROR;
  const names = new Map<string, string>();
  if (current) {
    const complete = state.attempt(() => {
      external(expression, state, names);
      return true;
    }, false);
    if (complete !== true) names.clear();
  }
  const found = [...names.keys()].sort().map((key) => names.get(key)!.replace(/^target\./i, ""));
  if (!regex) return found.join(",");
  const matcher = new Matcher(regex, state);
  return found.some((name) => {
    const match = matcher.exec(name, 0);
    return typeof match === "object" && match.start !== match.end;
  });
};

/** Evaluates in an ad of a list, with MY being that ad and TARGET what the ad around it is matched with. */
function inContext(expression: Expression, nested: Expression, state: State): Value {
  const ad = state.attempt(() => state.evaluate(nested), ERROR);
  if (!(ad instanceof Ad)) return ad === undefined ? undefined : ERROR;
  return state.attempt(() => {
    state.nested = undefined;
    if (state.left && state.right) {
      const around = state.parentOf(ad);
      for (const side of [state.left, state.right]) {
        let up: Ad | undefined = side;
        while (up !== undefined && up !== around) up = state.parentOf(up);
        if (up === undefined || around === undefined) continue;
        state.nestedAlternate = side === state.left ? state.right : state.left;
        state.nested = ad;
        break;
      }
    }
    state.standIn(ad);
    return state.evaluate(expression);
  }, ERROR);
}

/** evalInEachContext(expression, ads): a list of results. countMatches(expression, ads): how many are true. */
const eachContext: ClassAdFunction = (args, state, name) => {
  if (args.length !== 2) return ERROR;
  const each = name === "evalineachcontext";
  let expression = args[0]!;
  // As in unresolved(), looking the reference up moves into the ad where it is found.
  if (expression.kind === "reference") expression = behind(expression, state) ?? expression;
  const list = args[1]!.kind === "list" ? args[1]! : state.attempt(() => state.evaluate(args[1]!), undefined);
  if (list === undefined) return each ? undefined : 0;
  if (!(list instanceof List)) return ERROR;
  const results = list.items.map((item) => inContext(expression, item, state));
  return each ? madeList(results) : results.filter((result) => truth(result) === true).length;
};

/** Home folders are the machine's business: the library too has this switched off unless configured. */
const userHome: ClassAdFunction = (args, state) => {
  if (args.length !== 1 && args.length !== 2) return fail();
  const otherwise = args.length === 2 ? state.attempt(() => state.evaluate(args[1]!), ERROR) : undefined;
  const name = state.attempt(() => state.evaluate(args[0]!), undefined);
  if (typeof otherwise === "string" && otherwise !== "") return otherwise;
  return name === undefined || typeof name === "string" ? undefined : ERROR;
};

/** There are no maps here: what the library answers for a name that no map has. */
const userMap: ClassAdFunction = (args, state) => {
  if (args.length < 2 || args.length > 4) return ERROR;
  const [map, user, , otherwise] = args.map((arg) => state.evaluate(arg));
  if (map === ERROR || user === ERROR) return ERROR;
  return otherwise;
};

export const contextFunctions: Record<string, ClassAdFunction> = {
  unparse,
  eval: evaluateText,
  unresolved,
  evalInEachContext: eachContext,
  countMatches: eachContext,
  userHome,
  userMap,
};
