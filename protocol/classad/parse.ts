// Tokens to trees. An expression stands alone, or is in an ad, in one of two syntaxes:
//
//   [ Memory = 2048; Requirements = TARGET.Disk > 1024 ]    brackets: may nest, attributes end in semicolons
//   Memory = 2048                                            old: one attribute a line, lines with # are comments
//   Requirements = TARGET.Disk > 100
//
// In old syntax strings have other escapes: only \" is one.
import { SuperEdgeError } from "../errors.ts";
import {
  type BinaryOperator,
  type Expression,
  literal,
  type Reference,
  type Scalar,
  type UnaryOperator,
} from "./ast.ts";
import { Lexer, type Token } from "./lexer.ts";
import { MAX_CHAIN, MAX_LIST_ITEMS, MAX_NESTING } from "./limits.ts";
import { parseAbsoluteTime, parseRelativeTime } from "./times.ts";
import { Ad, ERROR, List, lower, Real, RelativeTime } from "./values.ts";

/** Stands for the ad in which an expression that was parsed alone will be evaluated. */
export const LOOSE = new Ad();

/** Loosest first; all lean left. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!=", "=?=", "=!="],
  ["<", ">", "<=", ">="],
  ["<<", ">>", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const LEVEL_OF = new Map(LEVELS.flatMap((symbols, level) => symbols.map((symbol) => [symbol, level] as const)));
const UNARY = new Set(["-", "+", "~", "!"]);

class Parser {
  readonly #lexer: Lexer;
  #token: Token;
  #scope: Ad;
  #nesting = 0;
  /** How tall the tree of a node is: what runs over trees later runs on the stack. */
  readonly #heights = new Map<Expression, number>();

  constructor(lexer: Lexer, scope: Ad) {
    this.#lexer = lexer;
    this.#scope = scope;
    this.#token = lexer.next();
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#token.type !== "end") this.#fail("an operator or the end");
    return expression;
  }

  #fail(expected: string): never {
    this.#lexer.fail(expected, this.#token.start);
  }

  #is(symbol: string): boolean {
    return this.#token.type === "symbol" && this.#token.value === symbol;
  }

  #take(symbol: string, expected = `"${symbol}"`): void {
    if (!this.#is(symbol)) this.#fail(expected);
    this.#token = this.#lexer.next();
  }

  #made<T extends Expression>(node: T, ...children: readonly Expression[]): T {
    let height = 0;
    for (const child of children) height = Math.max(height, this.#heights.get(child) ?? 0);
    if (height >= MAX_CHAIN) this.#fail(`at most ${MAX_CHAIN} operators that depend on each other`);
    this.#heights.set(node, height + 1);
    return node;
  }

  #nested<T>(parse: () => T): T {
    if (++this.#nesting > MAX_NESTING) this.#fail(`at most ${MAX_NESTING} levels of nesting`);
    const result = parse();
    this.#nesting--;
    return result;
  }

  #expression(): Expression {
    return this.#nested(() => {
      const first = this.#binary(0);
      if (!this.#is("?")) return first;
      this.#take("?");
      if (this.#is(":")) {
        this.#take(":");
        const otherwise = this.#expression();
        return this.#made({ kind: "elvis", value: first, otherwise }, first, otherwise);
      }
      const then = this.#expression();
      this.#take(":");
      const otherwise = this.#expression();
      return this.#made({ kind: "conditional", test: first, then, otherwise }, first, then, otherwise);
    });
  }

  /** Precedence climbing: takes operators that bind at least as tightly as `level`. */
  #binary(level: number): Expression {
    let left = this.#unary();
    for (;;) {
      const symbol = this.#token.type === "symbol" ? this.#token.value : "";
      const found = LEVEL_OF.get(symbol);
      if (found === undefined || found < level) return left;
      this.#token = this.#lexer.next();
      const right = this.#binary(found + 1);
      const operator = (symbol === "=?=" ? "is" : symbol === "=!=" ? "isnt" : symbol) as BinaryOperator;
      left = this.#made({ kind: "binary", operator, left, right }, left, right);
    }
  }

  #unary(): Expression {
    if (this.#token.type !== "symbol" || !UNARY.has(this.#token.value)) return this.#postfix();
    const operator = this.#token.value as UnaryOperator;
    this.#token = this.#lexer.next();
    const operand = this.#nested(() => this.#unary());
    return this.#made({ kind: "unary", operator, operand }, operand);
  }

  #postfix(): Expression {
    let of = this.#primary();
    for (;;) {
      if (this.#is("[")) {
        this.#take("[");
        const index = this.#expression();
        this.#take("]");
        of = this.#made({ kind: "subscript", of, index }, of, index);
      } else if (this.#is(".")) {
        this.#take(".");
        of = this.#made(reference(this.#name("the name of an attribute"), false, of), of);
      } else return of;
    }
  }

  #name(expected: string): string {
    const token = this.#token;
    if (token.type !== "name") this.#fail(expected);
    this.#token = this.#lexer.next();
    return token.value;
  }

  #primary(): Expression {
    const token = this.#token;
    switch (token.type) {
      case "name":
        this.#token = this.#lexer.next();
        return this.#is("(") ? this.#call(token.value) : this.#made(reference(token.value, false));
      case "integer":
      case "string":
        return this.#literal(token.value);
      case "real":
        return this.#literal(new Real(token.value));
      case "word":
        return this.#literal(
          token.value === "undefined" ? undefined : token.value === "error" ? ERROR : token.value === "true",
        );
      case "end":
        return this.#fail("an expression");
    }
    if (this.#is("(")) {
      this.#take("(");
      const inner = this.#expression();
      this.#take(")", '")" or an operator');
      return this.#made({ kind: "parentheses", inner }, inner);
    }
    if (this.#is("{")) {
      this.#take("{");
      const list = new List(this.#sequence("}", [","], "a list"), this.#scope);
      list.weight = this.#token.start - token.start;
      return this.#made(list, ...list.items);
    }
    if (this.#is("[")) return this.#ad();
    if (this.#is(".")) {
      this.#take(".");
      return this.#made(reference(this.#name("the name of an attribute"), true));
    }
    return this.#fail("an expression");
  }

  #literal(value: Scalar): Expression {
    this.#token = this.#lexer.next();
    return this.#made(literal(value));
  }

  /** Items up to `close`. As in the library a separator may not come last, and may be missing nowhere. */
  #sequence(close: string, separators: readonly string[], what: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#is(close)) {
      if (items.length > 0) {
        const separator = separators.find((symbol) => this.#is(symbol));
        if (separator === undefined) this.#fail(`"${separators[0]}" or "${close}"`);
        this.#take(separator);
      }
      items.push(this.#expression());
      if (items.length > MAX_LIST_ITEMS) this.#fail(`at most ${MAX_LIST_ITEMS} items in ${what}`);
    }
    this.#take(close);
    return items;
  }

  #call(name: string): Expression {
    this.#take("(");
    const args = this.#sequence(")", [",", ";"], "a call");
    // These two with a string written out are literals: it is read when it is parsed.
    const only = args.length === 1 && args[0]!.kind === "literal" ? args[0]!.value : undefined;
    const key = lower(name);
    if (typeof only === "string" && (key === "abstime" || key === "reltime")) {
      // A span so written is a real number of seconds when it is evaluated; relTime(number) gives a span.
      const seconds = key === "reltime" ? parseRelativeTime(only) : undefined;
      const value = seconds === undefined ? parseAbsoluteTime(only) : new Real(seconds);
      if (value === undefined || (key === "reltime" && seconds === undefined))
        this.#fail(`a ${key === "abstime" ? "date" : "span of time"} before this`);
      return this.#made(
        seconds === undefined ? literal(value) : { ...literal(value), written: new RelativeTime(seconds) },
      );
    }
    return this.#made({ kind: "call", name, args }, ...args);
  }

  #ad(): Ad {
    const { start } = this.#token;
    this.#take("[");
    const ad = new Ad();
    ad.parent = this.#scope;
    const outer = this.#scope;
    this.#scope = ad;
    const values: Expression[] = [];
    while (!this.#is("]")) {
      if (this.#is(";")) {
        this.#take(";");
        continue;
      }
      const name = this.#name('the name of an attribute or "]"');
      this.#take("=");
      const value = this.#expression();
      values.push(value);
      ad.set(name, value);
      if (!this.#is("]") && !this.#is(";")) this.#fail('";", "]" or an operator');
    }
    this.#take("]");
    this.#scope = outer;
    ad.weight = this.#token.start - start;
    return this.#made(ad, ...values);
  }
}

const reference = (name: string, absolute: boolean, of?: Expression): Reference => ({
  kind: "reference",
  name,
  key: lower(name),
  absolute,
  of,
});

/** One expression, evaluated later in `scope`. Throws `bad-classad`. */
export const parseExpression = (text: string, scope: Ad = LOOSE): Expression =>
  new Parser(new Lexer(text), scope).whole();

/** An ad in either syntax. Throws `bad-classad`, also if the text is an expression that is no ad. */
export function parseAd(text: string): Ad {
  if (!/^\s*(?:\/[/*]|\[)/.test(text)) return parseOldAd(text);
  const ad = parseExpression(text);
  if (!(ad instanceof Ad)) throw new SuperEdgeError("bad-classad", "expected an ad, found another expression");
  ad.parent = undefined;
  return ad;
}

const OLD_LINE = /^[ \t]*([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=(?![=?!])/;

function parseOldAd(text: string): Ad {
  const ad = new Ad();
  ad.weight = text.length;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const start = OLD_LINE.exec(line);
    if (!start)
      throw new SuperEdgeError(
        "bad-classad",
        `line ${index + 1}, column 1: expected "name = expression", found ${JSON.stringify(line.slice(0, 40))}`,
      );
    // Blanks in place of the name keep the columns right.
    const rest = " ".repeat(start[0].length) + line.slice(start[0].length);
    ad.set(start[1]!, new Parser(new Lexer(rest, { oldStrings: true, firstLine: index + 1 }), ad).whole());
  }
  return ad;
}

/**
 * An ad (in brackets, or in old syntax: its first line is `name = …`) or else an expression. Throws `bad-classad` with
 * line, column, what was expected and what was found.
 */
export function parse(text: string): Expression {
  const first = text.split("\n").find((line) => !/^\s*(?:#.*)?$/.test(line)) ?? "";
  if (OLD_LINE.test(first)) return parseOldAd(text);
  const expression = parseExpression(text);
  if (expression instanceof Ad) expression.parent = undefined;
  return expression;
}
