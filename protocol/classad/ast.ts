// Expressions as trees. An ad or list that is written in an expression is its own node.
import type { State } from "./evaluate.ts";
import type { AbsoluteTime, Ad, List, Real, RelativeTime, Value } from "./values.ts";

export type UnaryOperator = "-" | "+" | "!" | "~";
export type BinaryOperator =
  | "||"
  | "&&"
  | "|"
  | "^"
  | "&"
  | "=="
  | "!="
  | "is"
  | "isnt"
  | "<"
  | "<="
  | ">"
  | ">="
  | "<<"
  | ">>"
  | ">>>"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** What is found out about a node once it is needed. */
interface Compilable {
  compiled?: (state: State) => Value;
  measure?: Measure;
}
export interface Measure {
  /** Nodes of the tree, without literals and without what functions evaluate themselves. */
  readonly size: number;
  /** The longest way down. */
  readonly height: number;
}

/** What a literal can hold: anything but lists and ads. */
export type Scalar = Exclude<Value, List | Ad> | Real | AbsoluteTime | RelativeTime;

export interface Literal {
  readonly kind: "literal";
  readonly value: Scalar;
  /** How it is written, if that is another value: relTime("5") evaluates to 5.0. */
  readonly written?: Scalar;
}
/** `name`, `.name` (absolute: from the outermost ad) or `of.name`. */
export interface Reference extends Compilable {
  readonly kind: "reference";
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly absolute: boolean;
  readonly of: Expression | undefined;
}
export interface Unary extends Compilable {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}
export interface Binary extends Compilable {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
/** Parentheses are kept because unparsing writes them. */
export interface Parentheses extends Compilable {
  readonly kind: "parentheses";
  readonly inner: Expression;
}
/** `test ? then : otherwise`. */
export interface Conditional extends Compilable {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}
/** `value ?: otherwise`. Unless the first is false, both are evaluated: it matters if the second fails. */
export interface Elvis extends Compilable {
  readonly kind: "elvis";
  readonly value: Expression;
  readonly otherwise: Expression;
}
export interface Subscript extends Compilable {
  readonly kind: "subscript";
  readonly of: Expression;
  readonly index: Expression;
}
export interface Call extends Compilable {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
}

export type Expression =
  | Literal
  | Reference
  | Unary
  | Binary
  | Parentheses
  | Conditional
  | Elvis
  | Subscript
  | Call
  | List
  | Ad;

const LEAF: Measure = { size: 1, height: 1 };
const NOTHING: Measure = { size: 0, height: 0 };

function childrenOf(node: Exclude<Expression, List | Ad | Literal>): readonly (Expression | undefined)[] {
  switch (node.kind) {
    case "reference":
      return [node.of];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "parentheses":
      return [node.inner];
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "elvis":
      return [node.value, node.otherwise];
    case "subscript":
      return [node.of, node.index];
    case "call":
      return [];
  }
}

/** What evaluating a node once costs at most, apart from what it leads to elsewhere. */
export function measure(node: Expression): Measure {
  if (node.kind === "literal") return NOTHING;
  if (node.kind === "list" || node.kind === "ad") return LEAF;
  if (node.measure) return node.measure;
  let size = 1;
  let height = 0;
  for (const child of childrenOf(node)) {
    if (!child) continue;
    const below = measure(child);
    size += below.size;
    height = Math.max(height, below.height);
  }
  node.measure = { size, height: height + 1 };
  return node.measure;
}

export const literal = (value: Scalar): Literal => ({ kind: "literal", value });
