// Patterns to trees: the part of PCRE's syntax that people write in ads. What is not understood is refused, as a bad
// pattern is.
import { MAX_PATTERN_BYTES } from "../limits.ts";
import { alpha, anything, CLASSES, not, POSIX, propertyTest, setOf, type Test } from "./classes.ts";

export type Node =
  | { kind: "char"; code: number; fold: boolean }
  | { kind: "set"; set: Uint8Array }
  | { kind: "start" | "end" | "lineStart" | "lineEnd" | "endOrNewline" | "word" | "notWord" | "matchStart" }
  | { kind: "sequence"; parts: Node[] }
  | { kind: "either"; choices: Node[] }
  | { kind: "repeat"; of: Node; min: number; max: number; mode: "greedy" | "lazy" | "possessive" }
  | { kind: "group"; of: Node; index: number }
  | { kind: "atomic"; of: Node }
  | { kind: "look"; of: Node; behind: boolean; negative: boolean; width: number }
  | { kind: "back"; index: number; fold: boolean }
  | { kind: "resetStart" };

export interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

/** A pattern that PCRE, or we, cannot read. */
export class BadPattern extends Error {}
const bad = (): never => {
  throw new BadPattern();
};

/** What takes no characters by its nature cannot be repeated; groups that look around can. */
const ZERO_WIDTH: ReadonlySet<Node["kind"]> = new Set([
  "start",
  "end",
  "endOrNewline",
  "lineStart",
  "lineEnd",
  "word",
  "notWord",
  "matchStart",
  "resetStart",
]);
/** A group is not what is in it: it may be repeated even where that may not. */
const grouped = (of: Node): Node => (ZERO_WIDTH.has(of.kind) ? { kind: "sequence", parts: [of] } : of);
const BLANKS = /(?:\s+|#[^\n]*\n?)+/y;
const QUANTIFIER = /([*+?])|\{(?=,?\d)(\d*)(,)?(\d*)\}/y;

const MAX_REPEAT = 65_535;
const MAX_GROUPS_INSIDE = 100;

const ESCAPED: Record<string, number> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

export class PatternParser {
  readonly #text: string;
  #at = 0;
  #flags: Flags;
  #depth = 0;
  groups = 0;
  readonly names = new Map<string, number>();
  readonly #backs: { index: number; name?: string }[] = [];
  /** How many look-arounds this is inside of. */
  #looking = 0;
  readonly #groupCount: number;

  constructor(text: string, flags: Flags) {
    if (text.length > MAX_PATTERN_BYTES) bad();
    this.#text = text;
    this.#flags = flags;
    this.#groupCount = countGroups(text);
  }

  parse(): Node {
    const node = this.#either();
    if (this.#at < this.#text.length) bad();
    for (const back of this.#backs) {
      if (back.name !== undefined) back.index = this.names.get(back.name) ?? bad();
      if (back.index > this.groups) bad();
    }
    return node;
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? "";
  }

  #eat(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match;
  }

  #either(): Node {
    if (++this.#depth > MAX_GROUPS_INSIDE) bad();
    const flags = this.#flags;
    const choices = [this.#sequence()];
    while (this.#eat("|")) choices.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return choices.length === 1 ? choices[0]! : { kind: "either", choices };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")") {
      if (this.#flags.x && this.#match(/\s+|#[^\n]*\n?/y)) continue;
      if (this.#match(/\(\?#[^)]*\)/y)) continue;
      if (this.#eat("\\Q")) {
        const end = this.#text.indexOf("\\E", this.#at);
        const literal = this.#text.slice(this.#at, end < 0 ? undefined : end);
        this.#at += literal.length + (end < 0 ? 0 : 2);
        for (const char of literal) parts.push(this.#char(char.charCodeAt(0)));
        const last = parts.pop();
        if (last) parts.push(this.#repeated(last));
        continue;
      }
      if (this.#eat("\\E")) continue;
      const atom = this.#atom();
      if (atom && !ZERO_WIDTH.has(atom.kind)) parts.push(this.#repeated(atom));
      else {
        if (this.#match(QUANTIFIER)) bad();
        if (atom) parts.push(atom);
      }
    }
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #char(code: number): Node {
    const fold = this.#flags.i && alpha(code);
    return { kind: "char", code: fold ? code | 32 : code, fold };
  }

  #repeated(of: Node): Node {
    if (this.#flags.x) this.#match(BLANKS);
    const match = this.#match(QUANTIFIER);
    if (!match) return of;
    const [, symbol, low, comma, high] = match;
    const min = symbol ? (symbol === "+" ? 1 : 0) : Number(low || 0);
    const most = comma ? high : low;
    const max = symbol === "?" ? 1 : symbol || (comma && high === "") ? Number.POSITIVE_INFINITY : Number(most);
    if (min > MAX_REPEAT || (Number.isFinite(max) && (max > MAX_REPEAT || max < min))) bad();
    if (this.#flags.x) this.#match(BLANKS);
    const mode = this.#eat("?") ? "lazy" : this.#eat("+") ? "possessive" : "greedy";
    if (this.#flags.x) this.#match(BLANKS);
    if (this.#match(QUANTIFIER)) bad();
    return { kind: "repeat", of, min, max, mode };
  }

  #atom(): Node | undefined {
    const char = this.#peek();
    if (this.#match(QUANTIFIER)) bad();
    this.#at++;
    const { i, m, s } = this.#flags;
    switch (char) {
      case ".":
        return { kind: "set", set: setOf(s ? anything : CLASSES.N!) };
      case "^":
        return { kind: m ? "lineStart" : "start" };
      case "$":
        return { kind: m ? "lineEnd" : "endOrNewline" };
      case "[":
        return { kind: "set", set: this.#set(i) };
      case "(":
        return this.#group();
      case "\\":
        return this.#escape();
      default:
        return this.#char(char.charCodeAt(0));
    }
  }

  #group(): Node | undefined {
    if (this.#eat("*")) return bad();
    if (!this.#eat("?")) return this.#capture();
    const named = this.#match(/(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y);
    if (named) {
      const name = named[1] ?? named[2]!;
      if (this.names.has(name)) bad();
      this.names.set(name, this.groups + 1);
      return this.#capture();
    }
    if (this.#eat(":")) return grouped(this.#close(this.#either()));
    if (this.#eat("|")) return this.#close(this.#branchReset());
    if (this.#eat(">")) return { kind: "atomic", of: this.#close(this.#either()) };
    const look = this.#match(/<?[=!]/y)?.[0];
    if (look) {
      this.#looking++;
      const of = this.#close(this.#either());
      this.#looking--;
      const behind = look.startsWith("<");
      return { kind: "look", of, behind, negative: look.endsWith("!"), width: behind ? widthOf(of) : 0 };
    }
    const back = this.#match(/P=(\w+)\)/y);
    if (back) return this.#back(back[1]!);
    const options = this.#match(/([imsx]*)(?:-([imsx]+))?([:)])/y);
    if (!options) return bad();
    const flags = { ...this.#flags };
    for (const flag of options[1]!) flags[flag as keyof Flags] = true;
    for (const flag of options[2] ?? "") flags[flag as keyof Flags] = false;
    if (options[3] === ")") {
      this.#flags = flags;
      return undefined;
    }
    const outer = this.#flags;
    this.#flags = flags;
    const of = this.#close(this.#either());
    this.#flags = outer;
    return grouped(of);
  }

  #capture(): Node {
    const index = ++this.groups;
    return { kind: "group", of: this.#close(this.#either()), index };
  }

  /** `(?|…|…)`: the groups of every branch have the same numbers. */
  #branchReset(): Node {
    const first = this.groups;
    let most = first;
    const choices: Node[] = [];
    do {
      this.groups = first;
      choices.push(this.#sequence());
      most = Math.max(most, this.groups);
    } while (this.#eat("|"));
    this.groups = most;
    return { kind: "either", choices };
  }

  #close(node: Node): Node {
    if (!this.#eat(")")) bad();
    return node;
  }

  /** A group may be named before it is there. */
  #back(group: number | string): Node {
    const name = typeof group === "string" ? group : undefined;
    const node = { kind: "back" as const, index: typeof group === "number" ? group : 0, fold: this.#flags.i, name };
    this.#backs.push(node);
    return node;
  }

  #escape(): Node {
    const char = this.#peek();
    if (char === "") bad();
    const anchors: Record<string, Node> = {
      A: { kind: "start" },
      z: { kind: "end" },
      Z: { kind: "endOrNewline" },
      b: { kind: "word" },
      B: { kind: "notWord" },
      G: { kind: "matchStart" },
      K: { kind: "resetStart" },
    };
    if (Object.hasOwn(anchors, char)) {
      if (char === "K" && this.#looking > 0) bad();
      this.#at++;
      return anchors[char]!;
    }
    if (char === "R") {
      this.#at++;
      const crlf: Node = {
        kind: "sequence",
        parts: [
          { kind: "char", code: 13, fold: false },
          { kind: "char", code: 10, fold: false },
        ],
      };
      return { kind: "atomic", of: { kind: "either", choices: [crlf, { kind: "set", set: setOf(CLASSES.v!) }] } };
    }
    const reference = this.#match(/([1-9])(?!\d)|([1-9]\d+)|g(-?\d+)|g\{(-?\d+|\w+)\}|k(?:<(\w+)>|'(\w+)'|\{(\w+)\})/y);
    if (reference) {
      const [all, one, several, ...others] = reference;
      if (several !== undefined && Number(several) > this.#groupCount) this.#at -= all.length;
      else {
        const name = one ?? several ?? others.find((value) => value !== undefined)!;
        if (!/^-?\d+$/.test(name)) return this.#back(name);
        const index = Number(name);
        return this.#back(index < 0 ? (this.groups + 1 + index > 0 ? this.groups + 1 + index : bad()) : index);
      }
    }
    const test = this.#class();
    if (test) return { kind: "set", set: setOf(test) };
    return this.#char(this.#code());
  }

  /** `\d`, `\W` and so on. */
  #class(): Test | undefined {
    const property = this.#match(/([pP])(?:\{(\^?)([A-Za-z_]{1,20})\}|([A-Z]))/y);
    if (property)
      return propertyTest(property[3] ?? property[4]!, (property[1] === "P") !== (property[2] === "^")) ?? bad();
    const char = this.#peek();
    const test = CLASSES[char];
    if (test) {
      this.#at++;
      return test;
    }
    const opposite = char !== "N" && char >= "A" && char <= "Z" ? CLASSES[char.toLowerCase()] : undefined;
    if (!opposite) return undefined;
    this.#at++;
    return not(opposite);
  }

  /** The character that an escape stands for. */
  #code(): number {
    const octal = this.#match(/0[0-7]{0,2}|[0-7]{2,3}/y)?.[0];
    if (octal !== undefined) return Number.parseInt(octal, 8) & 255;
    const hex = this.#match(/x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/y);
    if (hex) {
      const code = Number.parseInt(hex[1] ?? (hex[2] || "0"), 16);
      return code > 255 ? bad() : code;
    }
    const brace = this.#match(/o\{([0-7]+)\}/y);
    if (brace) return Number.parseInt(brace[1]!, 8) & 255;
    const control = this.#match(/c([\x20-\x7e])/y);
    if (control) return control[1]!.toUpperCase().charCodeAt(0) ^ 64;
    const char = this.#peek();
    this.#at++;
    if (Object.hasOwn(ESCAPED, char)) return ESCAPED[char]!;
    // PCRE keeps letters for itself.
    return /[A-Za-z]/.test(char) ? bad() : char.charCodeAt(0);
  }

  #set(fold: boolean): Uint8Array {
    // A class of classes outside of a class is a mistake, PCRE says.
    if (/^([:.=])[^\][]*\1\]/.test(this.#text.slice(this.#at))) bad();
    const negative = this.#eat("^");
    const set = new Uint8Array(256);
    const include = (test: Test) => {
      for (let code = 0; code < 256; code++) if (test(code)) set[code] = 1;
    };
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.#text.length) bad();
      const posix = this.#match(/\[:(\^?)([a-z]+):\]/y);
      if (posix) {
        const test = POSIX[posix[2]!] ?? bad();
        include(posix[1] ? not(test) : test);
        continue;
      }
      if (this.#eat("\\Q") || this.#eat("\\E")) continue;
      const low = this.#setCode();
      if (typeof low === "function") {
        include(low);
        continue;
      }
      if (this.#peek() === "-" && this.#peek(1) !== "]" && this.#peek(1) !== "") {
        this.#at++;
        const high = this.#setCode();
        if (typeof high === "function") {
          set[low] = 1;
          set[45] = 1;
          include(high);
        } else if (high < low) bad();
        else include((code) => code >= low && code <= high);
      } else set[low] = 1;
    }
    this.#at++;
    if (fold) for (let code = 65; code <= 90; code++) if (set[code] || set[code + 32]) set[code] = set[code + 32] = 1;
    return negative ? set.map((has) => 1 - has) : set;
  }

  #setCode(): number | Test {
    if (!this.#eat("\\")) return this.#text.charCodeAt(this.#at++);
    if (this.#at >= this.#text.length) bad();
    if (this.#eat("b")) return 8;
    return this.#class() ?? this.#code();
  }
}

const countGroups = (text: string): number => {
  const plain = text.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]])*\]/g, "");
  return (plain.match(/\((?!\?)|\(\?(?:P?<(?![=!])|')/g) ?? []).length;
};

/** How many characters a look-behind looks back at: PCRE wants one number for each alternative; we want one for all. */
function widthOf(node: Node): number {
  switch (node.kind) {
    case "char":
    case "set":
      return 1;
    case "sequence":
      return node.parts.reduce((sum, part) => sum + widthOf(part), 0);
    case "either": {
      const widths = node.choices.map(widthOf);
      return widths.every((width) => width === widths[0]) ? widths[0]! : -1;
    }
    case "repeat":
      return node.min === node.max ? node.min * widthOf(node.of) : bad();
    case "group":
    case "atomic":
      return widthOf(node.of);
    case "back":
      return bad();
    default:
      return 0;
  }
}
