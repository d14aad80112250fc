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

/** A node's compiled form, kept with it once it has been needed. */
interface Compilable {
  compiled?: Compiled;
}
export interface Compiled {
  run(state: State): Value;
  /** How many closures call each other at most. */
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

export const literal = (value: Scalar): Literal => ({ kind: "literal", value });
