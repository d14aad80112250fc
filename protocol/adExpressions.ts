// Where ads meet the ClassAd language: attributes become a ClassAd, and an expression is asked on which of them it depends.
import type { Attributes, AttributeValue } from "./ads.ts";
import { MACHINE_ATTRIBUTES } from "./ads.ts";
import { literal } from "./classad/ast.ts";
import { Ad, type Expression, List, parseExpression, Real, toBytes } from "./classad/index.ts";
import { SuperEdgeError } from "./errors.ts";

/** Those that are reals even where they happen to be whole: `GflopsF32 / 2` is no integer division. */
const REALS = new Set(["Credibility", "DownMbps", "GflopsF32", "GflopsI32", "GflopsWasm", "PriceEct", "Completion"]);

export function classAdOf(attributes: Attributes): Ad {
  const ad = new Ad();
  for (const [name, value] of Object.entries(attributes)) ad.set(name, expressionOf(name, value));
  return ad;
}

function expressionOf(name: string, value: AttributeValue): Expression {
  if (typeof value === "string") return literal(toBytes(value));
  if (typeof value === "number") return literal(REALS.has(name) ? new Real(value) : value);
  if (typeof value === "boolean") return literal(value);
  return new List(value.map((item) => literal(toBytes(item))));
}

/** Reads a job's `requirements` or `rank`. Throws `bad-job` with line, column, what was expected and what was found. */
export function parseJobExpression(field: "requirements" | "rank", text: string): Expression {
  try {
    return parseExpression(text);
  } catch (cause) {
    if (!(cause instanceof SuperEdgeError)) throw cause;
    throw new SuperEdgeError("bad-job", `${field}: ${cause.message}`, { cause });
  }
}

/** What means an ad as a whole, so that anything in it may matter. */
const WHOLE = new Set(["my", "target", "other", "left", "right", "self", "toplevel", "root", "parent"]);
/** Functions that evaluate text, or go through an ad. */
const OPEN_FUNCTIONS = new Set(["eval", "evalineachcontext", "countmatches", "unparse", "unresolved", "debug"]);
const CANONICAL = new Map(MACHINE_ATTRIBUTES.map((name) => [name.toLowerCase(), name]));

export interface Names {
  /** Machine attributes that the expression names; all of them if it could look at any. */
  attributes: string[];
  /** Names of no attribute that machines have: always UNDEFINED, and most likely a slip. */
  unknown: string[];
}

/** Names in one's own ad (`MY.x`) are not counted. */
export function namesIn(expression: Expression): Names {
  const attributes = new Set<string>();
  const unknown = new Set<string>();
  const all = () => {
    for (const name of MACHINE_ATTRIBUTES) attributes.add(name);
  };
  const note = (name: string, key: string) => {
    const known = CANONICAL.get(key);
    if (known) attributes.add(known);
    else if (WHOLE.has(key)) all();
    else unknown.add(name);
  };
  const look = (node: Expression): void => {
    switch (node.kind) {
      case "literal":
        return;
      case "reference": {
        const { of } = node;
        if (!of) return note(node.name, node.key);
        if (of.kind !== "reference" || of.of) return look(of);
        if (of.key === "my") return;
        return of.key === "target" ? note(node.name, node.key) : note(of.name, of.key);
      }
      case "unary":
        return look(node.operand);
      case "binary":
        return [node.left, node.right].forEach(look);
      case "parentheses":
        return look(node.inner);
      case "conditional":
        return [node.test, node.then, node.otherwise].forEach(look);
      case "elvis":
        return [node.value, node.otherwise].forEach(look);
      case "subscript":
        return [node.of, node.index].forEach(look);
      case "call":
        if (OPEN_FUNCTIONS.has(node.name.toLowerCase())) all();
        return node.args.forEach(look);
      case "list":
        return node.items.forEach(look);
      case "ad":
        for (const inner of node.attributes.values()) look(inner.expression);
        // Its own names hide those outside: which are meant is not worked out.
        return all();
    }
  };
  look(expression);
  return { attributes: [...attributes], unknown: [...unknown] };
}
