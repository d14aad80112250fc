// Values and expressions as HTCondor's library writes them.
import type { Expression } from "./ast.ts";
import { writeAbsoluteTime, writeRelativeTime } from "./times.ts";
import { AbsoluteTime, Ad, ERROR, List, Real, RelativeTime, type Value } from "./values.ts";

/**
 * Digits as C's `%1.15E`: `toExponential` rounds ties up, C to even. Only a double whose exact decimal expansion has 17
 * digits and ends in 5 can be a tie.
 */
function exponential(value: number): string {
  const exact = value.toExponential(40);
  const tie = /^(-?\d\.\d{14})(\d)50*e(.*)$/.exec(exact);
  let [mantissa, power] = value.toExponential(15).split("e") as [string, string];
  if (tie && Number(tie[2]) % 2 === 0) [mantissa, power] = [tie[1]! + tie[2]!, tie[3]!];
  const size = power.replace(/^[+-]/, "").padStart(2, "0");
  return `${mantissa}E${power.startsWith("-") ? "-" : "+"}${size}`;
}

/** `1.500000000000000E+00`; zero, infinities and NaN have texts of their own. */
export function writeReal(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (Number.isNaN(value)) return 'real("NaN")';
  if (!Number.isFinite(value)) return value > 0 ? 'real("INF")' : 'real("-INF")';
  return exponential(value);
}

const ESCAPES: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** What is not printable ASCII is written in octal, byte by byte. */
function escaped(text: string, quote: string): string {
  return text.replace(/[^\x20-\x7e]|[\\"']/g, (char) => {
    if (char === quote) return `\\${char}`;
    if (char === '"' || char === "'") return char;
    return ESCAPES[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}

const RESERVED = new Set(["true", "false", "undefined", "error", "is", "isnt", "parent"]);

function writeName(name: string): string {
  const text = escaped(name, "'");
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !RESERVED.has(text.toLowerCase()) ? text : `'${text}'`;
}

/** Attributes in the order in which the library keeps them: short names first, then by the alphabet. */
const sorted = (ad: Ad) =>
  [...ad.attributes].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);

/** How lists and ads are laid out; all else is the same in both. */
interface Layout {
  list(items: readonly string[]): string;
  ad(attributes: readonly string[]): string;
  /** Writes what is inside a list or ad. */
  inside<T>(kind: "list" | "ad", write: () => T): T;
}

const oneLine: Layout = {
  list: (items) => `{ ${items.join(",")} }`,
  ad: (attributes) => `[ ${attributes.join("; ")} ]`,
  inside: (_, write) => write(),
};

/** As the library's pretty printer, which `unparse()` uses: ads and lists start on lines of their own. */
function indented(): Layout {
  let indent = 0;
  const line = (by: number) => `\n${" ".repeat(indent + by)}`;
  return {
    list: (items) => `${line(3)}{${items.map((item) => `${line(6)}${item}`).join(",")}${line(3)}}`,
    ad: (attributes) => `${line(4)}[${attributes.map((text) => `${line(8)}${text}`).join("; ")}${line(4)}]`,
    inside(kind, write) {
      const before = indent;
      indent += kind === "list" ? 6 : 8;
      try {
        return write();
      } finally {
        indent = before;
      }
    },
  };
}

function write(node: Expression, layout: Layout): string {
  switch (node.kind) {
    case "literal":
      return writeValue(node.written ?? node.value, layout);
    case "reference":
      if (node.of) return `${write(node.of, layout)}.${node.name}`;
      return (node.absolute ? "." : "") + writeName(node.name);
    case "unary":
      return ` ${node.operator}${write(node.operand, layout)}`;
    case "binary":
      return `${write(node.left, layout)} ${node.operator} ${write(node.right, layout)}`;
    case "parentheses":
      return `(${write(node.inner, layout)})`;
    case "conditional":
      return `${write(node.test, layout)} ? ${write(node.then, layout)} : ${write(node.otherwise, layout)}`;
    case "elvis":
      return `${write(node.value, layout)} ?: ${write(node.otherwise, layout)}`;
    case "subscript":
      return `${write(node.of, layout)}[${write(node.index, layout)}]`;
    case "call":
      return `${node.name}(${node.args.map((arg) => write(arg, layout)).join(",")})`;
    case "list":
      return layout.list(layout.inside("list", () => node.items.map((item) => write(item, layout))));
    case "ad":
      return layout.ad(
        layout.inside("ad", () =>
          sorted(node).map(({ name, expression }) => `${writeName(name)} = ${write(expression, layout)}`),
        ),
      );
  }
}

function writeValue(value: Value, layout: Layout): string {
  if (value === undefined) return "undefined";
  if (value === ERROR) return "error";
  if (typeof value === "string") return `"${escaped(value, '"')}"`;
  if (value instanceof Real) return writeReal(value.value);
  if (value instanceof AbsoluteTime) return `absTime("${writeAbsoluteTime(value)}")`;
  if (value instanceof RelativeTime) return `relTime("${writeRelativeTime(value)}")`;
  if (value instanceof List || value instanceof Ad) return write(value, layout);
  return String(value);
}

/** HTCondor's text of a value, or of an expression, on one line: `{ 1,2 }`, `[ a = 1 ]`, `1.500000000000000E+00`. */
export const unparse = (value: Value | Expression): string =>
  isExpression(value) ? write(value, oneLine) : writeValue(value, oneLine);

const VALUE_KINDS: ReadonlySet<string> = new Set(["error", "real", "abstime", "reltime"]);

const isExpression = (value: Value | Expression): value is Expression =>
  typeof value === "object" && !VALUE_KINDS.has(value.kind);

/** HTCondor's text of an expression on one line. */
export const unparseExpression = (expression: Expression): string => write(expression, oneLine);

/** The same in the pretty printer's layout. */
export const unparseIndented = (expression: Expression): string => write(expression, indented());
