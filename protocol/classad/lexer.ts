// Text to tokens, by the library's rules, which have surprises: a minus belongs to a number that follows it at once
// unless an operand came before; adjacent strings are one string; '…' is an attribute name; `1.` is no number.
import { SuperEdgeError } from "../errors.ts";
import { readNumber } from "./convert.ts";
import { wrap } from "./integers.ts";
import { MAX_TEXT_BYTES } from "./limits.ts";
import { fromBytes, toBytes } from "./values.ts";

export type Token =
  | { type: "integer"; value: number | bigint; start: number }
  | { type: "real"; value: number; start: number }
  | { type: "string"; value: string; start: number }
  | { type: "name"; value: string; start: number }
  | { type: "word"; value: "true" | "false" | "undefined" | "error"; start: number }
  | { type: "symbol"; value: string; start: number }
  | { type: "end"; start: number };

const SYMBOLS = /=\?=|=!=|>>>|==|!=|<=|>=|<<|>>|&&|\|\||[<>=!&|^~+\-*/%?:;,.[\](){}]/y;
const NUMBER = /(\d+)(?:\.(\d*))?(?:[eE]([+-]?)(\d*))?|\.\d+(?:[eE]([+-]?)(\d*))?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPACE = /[ \t\n\v\f\r]+/y;
const LONGEST = 2n ** 63n;

/** After these a minus subtracts. */
const endsOperand = (token: Token | undefined): boolean =>
  token !== undefined && (token.type !== "symbol" ? token.type !== "end" : [".", "]", ")", "}"].includes(token.value));

export class Lexer {
  readonly bytes: string;
  /** Strings of old-syntax ads: a backslash means itself, unless a quote follows that does not end the line. */
  readonly #oldStrings: boolean;
  readonly #firstLine: number;
  #position = 0;
  #last: Token | undefined;

  constructor(text: string, { oldStrings = false, firstLine = 1 } = {}) {
    this.bytes = toBytes(text);
    this.#oldStrings = oldStrings;
    this.#firstLine = firstLine;
    if (this.bytes.length > MAX_TEXT_BYTES)
      throw new SuperEdgeError(
        "bad-classad",
        `expected at most ${MAX_TEXT_BYTES} bytes of ClassAd text, found ${this.bytes.length}`,
      );
  }

  /** Throws `bad-classad`: where, what was expected, what is there. */
  fail(expected: string, at: number, found = describe(this.#peekAt(at))): never {
    const before = this.bytes.slice(0, at).split("\n");
    const line = this.#firstLine + before.length - 1;
    const column = fromBytes(before.at(-1)!).length + 1;
    throw new SuperEdgeError("bad-classad", `line ${line}, column ${column}: expected ${expected}, found ${found}`);
  }

  #peekAt(at: number): string {
    return at >= this.bytes.length ? "" : fromBytes(this.bytes.slice(at, at + 24).split("\n")[0]!);
  }

  next(): Token {
    this.#last = this.#read();
    return this.#last;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.bytes);
    if (match) this.#position = pattern.lastIndex;
    return match;
  }

  #skip(): void {
    for (;;) {
      this.#match(SPACE);
      if (this.bytes.startsWith("//", this.#position)) {
        const end = this.bytes.indexOf("\n", this.#position);
        this.#position = end < 0 ? this.bytes.length : end;
      } else if (this.bytes.startsWith("/*", this.#position)) {
        const end = this.bytes.indexOf("*/", this.#position + 2);
        if (end < 0) this.fail("the end of the comment, */", this.bytes.length);
        this.#position = end + 2;
      } else return;
    }
  }

  #read(): Token {
    this.#skip();
    const start = this.#position;
    const char = this.bytes[start];
    if (char === undefined) return { type: "end", start };
    const negative =
      char === "-" && !endsOperand(this.#last) && /^-(?:\d|\.\d)/.test(this.bytes.slice(start, start + 3));
    if (negative || /\d/.test(char) || (char === "." && /\d/.test(this.bytes[start + 1] ?? "")))
      return this.#number(start, negative);
    if (char === '"' || char === "'") {
      const value = this.#oldStrings ? this.#oldString(char) : this.#string(char);
      return char === '"' ? { type: "string", value, start } : { type: "name", value, start };
    }
    const name = this.#match(NAME)?.[0];
    if (name !== undefined) return nameOrWord(name, start);
    const symbol = this.#match(SYMBOLS)?.[0];
    if (symbol === undefined) this.fail("an expression or operator", start);
    // The library takes a second dot for the same one.
    if (symbol === ".") this.#match(/\./y);
    return { type: "symbol", value: symbol, start };
  }

  #number(start: number, negative: boolean): Token {
    if (negative) this.#position++;
    const sign = negative ? "-" : "";
    if (/^0[xX]/.test(this.bytes.slice(this.#position, this.#position + 2))) {
      // The library reads these digits and then takes the number in base 10, up to the x: 0. With a fraction it is C's
      // hexadecimal real.
      const from = this.#position;
      this.#position += 2;
      if (!this.#match(/[0-9a-fA-F]+/y)) this.fail("hexadecimal digits", this.#position);
      if (this.bytes[this.#position] !== ".") return { type: "integer", value: 0, start };
      if (!this.#match(/\.\d+/y)) this.fail("a digit after the decimal point", this.#position + 1);
      if (this.#match(/[eE]/y) && !this.#match(/[+-]?\d+/y)) this.fail("a digit of the exponent", this.#position);
      const text = sign + this.bytes.slice(from, this.#position);
      return { type: "real", value: readNumber(text)!.value, start };
    }
    const match = this.#match(NUMBER)!;
    const [text, whole, fraction, , digits, , digits2] = match;
    if (fraction === "") this.fail("a digit after the decimal point", this.#position);
    if (digits === "" || digits2 === "") this.fail("a digit of the exponent", this.#position);
    if (whole === undefined || fraction !== undefined || digits !== undefined)
      return { type: "real", value: Number(sign + text), start };
    if (whole.length > 1 && whole.startsWith("0") && /[89]/.test(whole))
      this.fail("a number without leading zeros", start);
    const value = BigInt(whole) * (negative ? -1n : 1n);
    // Too large for 64 bits: the library's conversion fails and leaves 0.
    return { type: "integer", value: value < -LONGEST || value >= LONGEST ? 0 : wrap(value), start };
  }

  #string(quote: string): string {
    let text = "";
    for (;;) {
      const start = ++this.#position;
      while (this.#position < this.bytes.length && this.bytes[this.#position] !== quote)
        this.#position += this.bytes[this.#position] === "\\" ? 2 : 1;
      if (this.#position >= this.bytes.length) this.fail(`the closing ${quote}`, this.bytes.length);
      text += this.bytes.slice(start, this.#position++);
      const end = this.#position;
      this.#match(SPACE);
      if (this.bytes[this.#position] === quote) continue;
      this.#position = end;
      return withoutEscapes(text) ?? this.fail("a string without a zero byte", start);
    }
  }

  #oldString(quote: string): string {
    let text = "";
    for (let start = ++this.#position; ; start = this.#position) {
      const end = this.bytes.indexOf(quote, start);
      if (end < 0) this.fail(`the closing ${quote}`, this.bytes.length);
      this.#position = end + 1;
      const after = this.bytes[end + 1];
      if (end === start || this.bytes[end - 1] !== "\\" || after === undefined || after === "\n")
        return text + this.bytes.slice(start, end);
      text += this.bytes.slice(start, end - 1) + quote;
    }
  }
}

function nameOrWord(name: string, start: number): Token {
  switch (name.toLowerCase()) {
    case "true":
    case "false":
    case "undefined":
    case "error":
      return { type: "word", value: name.toLowerCase() as "true", start };
    case "is":
      return { type: "symbol", value: "=?=", start };
    case "isnt":
      return { type: "symbol", value: "=!=", start };
    default:
      return { type: "name", value: name, start };
  }
}

const SIMPLE: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/**
 * Escapes as in C, with at most three octal digits and no more than 255; a backslash before anything else is dropped.
 * `undefined` if a zero byte results, which the library refuses.
 */
function withoutEscapes(text: string): string | undefined {
  let zero = false;
  const plain = text.replace(/\\(?:([0-3][0-7]{2}|[0-7]{1,2})|([\s\S]))/g, (_, octal?: string, char?: string) => {
    if (octal === undefined) return SIMPLE[char!] ?? char!;
    const code = Number.parseInt(octal, 8);
    if (code === 0) zero = true;
    return String.fromCharCode(code);
  });
  return zero ? undefined : plain;
}

const describe = (text: string): string => (text === "" ? "the end" : JSON.stringify(text));
