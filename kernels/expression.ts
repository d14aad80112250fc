// The arithmetic a manifest may use: sizes, counts and uniforms that depend on a job's parameters and a task's range.
//
//   sum     := product (("+" | "-") product)*
//   product := unary (("*" | "/" | "%") unary)*
//   unary   := "-" unary | atom
//   atom    := number | name | function "(" sum ("," sum)* ")" | "(" sum ")"
//
// `word_NAME(i)` is the i-th little-endian u32 of input NAME: what a dispatch depends on may stand in the data.
// All values are 64-bit floats. Manifests come from strangers, so the text is parsed here (never `eval`), its length,
// size and depth are bounded, and only the names that the place allows are accepted.
import { SuperEdgeError } from "../protocol/errors.ts";

/** Source of an expression: text, or a plain number. */
export type Expr = string | number;
export type Values = Readonly<Record<string, number>>;
/** Reads a u32 of an input; NaN outside it. */
export type Words = (input: string, index: number) => number;

export interface Expression {
  /** Every name in `names` must be in `values`. May return any number, also NaN or infinity: see `toCount`. */
  evaluate(values: Values, words?: Words): number;
  readonly names: ReadonlySet<string>;
}

/** Characters: the longest expression of the built-in kernels has under 100. */
export const MAX_EXPRESSION_CHARS = 1000;
/** Nesting: keeps the parser's recursion, and that of the closures it makes, far from the stack's end. */
const MAX_DEPTH = 64;

type Node = (values: Values, words: Words) => number;

const WORD = "word_";
const noWords: Words = () => Number.NaN;

const FUNCTIONS: Readonly<Record<string, { arity: [least: number, most: number]; call: (args: number[]) => number }>> =
  {
    min: { arity: [1, 16], call: (args) => Math.min(...args) },
    max: { arity: [1, 16], call: (args) => Math.max(...args) },
    floor: { arity: [1, 1], call: ([x]) => Math.floor(x!) },
    ceil: { arity: [1, 1], call: ([x]) => Math.ceil(x!) },
    // Both exact on every machine, unlike Math.log2 and Math.pow: passes of a sort or a scan are counted with them.
    log2: { arity: [1, 1], call: ([x]) => (x! >= 1 && x! < 2 ** 32 ? 31 - Math.clz32(x!) : Number.NaN) },
    pow2: {
      arity: [1, 1],
      call: ([x]) => (Number.isInteger(x) && x! >= 0 && x! <= 52 ? exactPowerOfTwo(x!) : Number.NaN),
    },
  };

export const functionNames: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

/**
 * Parses an expression in which only `allowed` names occur. `where` names the place in the manifest for the message.
 * Throws `bad-app`.
 */
export function parseExpression(expr: Expr, allowed: ReadonlySet<string>, where: string): Expression {
  if (typeof expr === "number") {
    if (!Number.isFinite(expr)) throw new SuperEdgeError("bad-app", `${where}: expected a number, found ${expr}`);
    return { evaluate: () => expr, names: new Set() };
  }
  const source = expr;
  const fail = (what: string, at: number): never => {
    throw new SuperEdgeError("bad-app", `${where}: ${what} at character ${at + 1} of ${JSON.stringify(source)}`);
  };
  if (source.length > MAX_EXPRESSION_CHARS)
    throw new SuperEdgeError(
      "bad-app",
      `${where}: expected an expression of at most ${MAX_EXPRESSION_CHARS} characters, found ${source.length}`,
    );

  const names = new Set<string>();
  let at = 0;
  let depth = 0;

  const skipSpace = () => {
    while (source[at] === " ") at++;
  };
  const peek = () => {
    skipSpace();
    return source[at];
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const expect = (character: string) => {
    if (peek() !== character) fail(`expected "${character}", found ${describe(source[at])}`, at);
    at++;
  };

  function sum(): Node {
    if (++depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`, at);
    const terms: { sign: 1 | -1; node: Node }[] = [{ sign: 1, node: product() }];
    for (let operator = peek(); operator === "+" || operator === "-"; operator = peek()) {
      at++;
      terms.push({ sign: operator === "+" ? 1 : -1, node: product() });
    }
    depth--;
    if (terms.length === 1) return terms[0]!.node;
    return (values, words) => terms.reduce((total, { sign, node }) => total + sign * node(values, words), 0);
  }

  function product(): Node {
    const first = unary();
    const rest: { operator: "*" | "/" | "%"; node: Node }[] = [];
    for (let operator = peek(); operator === "*" || operator === "/" || operator === "%"; operator = peek()) {
      at++;
      rest.push({ operator, node: unary() });
    }
    if (rest.length === 0) return first;
    return (values, words) =>
      rest.reduce(
        (total, { operator, node }) => {
          const right = node(values, words);
          return operator === "*" ? total * right : operator === "/" ? total / right : total % right;
        },
        first(values, words),
      );
  }

  function unary(): Node {
    if (peek() !== "-") return atom();
    at++;
    if (++depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`, at);
    const node = unary();
    depth--;
    return (values, words) => -node(values, words);
  }

  function atom(): Node {
    skipSpace();
    const start = at;
    if (source[at] === "(") {
      at++;
      const node = sum();
      expect(")");
      return node;
    }
    const digits = take(/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/y);
    if (digits !== undefined) {
      const value = Number(digits);
      return () => value;
    }
    const name = take(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === undefined) return fail(`expected a number, a name or "(", found ${describe(source[at])}`, at);
    if (peek() === "(") return call(name, start);
    if (!allowed.has(name) || name.startsWith(WORD))
      fail(`${JSON.stringify(name)} is not among ${[...allowed].join(", ") || "no names"}`, start);
    names.add(name);
    return (values) => values[name] ?? Number.NaN;
  }

  function call(name: string, start: number): Node {
    const isWord = name.startsWith(WORD) && allowed.has(name);
    const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!found && !isWord) return fail(`${JSON.stringify(name)} is not among ${[...functionNames].join(", ")}`, start);
    expect("(");
    const args = [sum()];
    while (peek() === ",") {
      at++;
      args.push(sum());
    }
    expect(")");
    const [least, most] = found?.arity ?? [1, 1];
    if (args.length < least || args.length > most)
      fail(`${name} takes ${least === most ? least : `${least} to ${most}`} arguments, found ${args.length}`, start);
    if (!found) return (values, words) => words(name.slice(WORD.length), args[0]!(values, words));
    return (values, words) => found.call(args.map((arg) => arg(values, words)));
  }

  const node = sum();
  if (peek() !== undefined) fail(`expected an operator or the end, found ${describe(source[at])}`, at);
  return { evaluate: (values, words = noWords) => node(values, words), names };
}

/** A size or count: a whole number from 0 to `most`. Throws `code` with `what` in the message. */
export function toCount(
  value: number,
  most: number,
  what: string,
  code: "bad-job" | "kernel-memory" = "bad-job",
): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new SuperEdgeError(code, `${what}: expected a whole number from 0 to ${most}, found ${value}`);
}

const describe = (character: string | undefined) => (character === undefined ? "the end" : JSON.stringify(character));

function exactPowerOfTwo(exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power *= 2;
  return power;
}
