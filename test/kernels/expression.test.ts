import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expression, parseExpression, toCount } from "../../kernels/expression.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";

const names = new Set(["a", "b", "word_data"]);
const values = { a: 7, b: -2.5 };
const words = (_: string, index: number) => (index >= 0 && index < 3 ? 10 + index : Number.NaN);
const parse = (text: string): Expression => parseExpression(text, names, "here");

/** An expression as text, fully parenthesised, with the value that it must have. */
const tree = fc.letrec<{ node: { text: string; value: number } }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6 },
    fc.nat(1000).map((value) => ({ text: `${value}`, value })),
    fc.constantFrom({ text: "a", value: values.a }, { text: "b", value: values.b }),
    fc.tuple(tie("node"), fc.constantFrom("+", "-", "*", "/", "%"), tie("node")).map(([x, operator, y]) => {
      const results = { "+": x.value + y.value, "-": x.value - y.value, "*": x.value * y.value };
      const rest = { "/": x.value / y.value, "%": x.value % y.value };
      return { text: `(${x.text} ${operator} ${y.text})`, value: { ...results, ...rest }[operator]! };
    }),
    tie("node").map((x) => ({ text: `-${x.text}`, value: -x.value })),
    fc.tuple(tie("node"), tie("node")).map(([x, y]) => ({
      text: `max(${x.text}, min(${y.text}, 5))`,
      value: Math.max(x.value, Math.min(y.value, 5)),
    })),
    tie("node")
      .map((x) => ({ text: `floor(${x.text})+ceil(${x.text})`, value: Math.floor(x.value) + Math.ceil(x.value) }))
      .map(({ text, value }) => ({ text: `(${text})`, value })),
  ),
})).node;

describe("an expression of a manifest", () => {
  test("has the value that arithmetic gives it", () => {
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        // Adding 0 makes one of the two zeros: which of them an expression gives does not matter.
        expect(parse(text).evaluate(values) + 0).toBe(value + 0);
      }),
    );
  });

  test.each([
    ["2 + 3 * 4", 14],
    ["2 * 3 + 4", 10],
    ["12 - 5 - 4", 3],
    ["64 / 4 / 2", 8],
    ["7 % 4 * 2", 6],
    ["-a + 1", -6],
    ["- - a", 7],
    ["1e3 + .5", 1000.5],
    ["log2(1) + log2(1023) + log2(1024)", 19],
    ["pow2(log2(a))", 4],
    ["word_data(1) + word_data(a - 7)", 21],
  ])("%s is %d", (text, value) => expect(parse(text).evaluate(values, words)).toBe(value));

  test("may be a plain number", () => expect(parseExpression(42, names, "here").evaluate({})).toBe(42));

  test("tells which names it depends on", () => expect(parse("a * min(a, b)").names).toEqual(new Set(["a", "b"])));

  test.each([
    ["", 'here: expected a number, a name or "(", found the end at character 1 of ""'],
    ["a b", 'here: expected an operator or the end, found "b" at character 3 of "a b"'],
    ["c", 'here: "c" is not among a, b, word_data at character 1 of "c"'],
    ["word_data", 'here: "word_data" is not among a, b, word_data at character 1 of "word_data"'],
    ["eval(1)", 'here: "eval" is not among min, max, floor, ceil, log2, pow2 at character 1 of "eval(1)"'],
    ["toString(1)", 'here: "toString" is not among min, max, floor, ceil, log2, pow2 at character 1 of "toString(1)"'],
    ["floor(1, 2)", 'here: floor takes 1 arguments, found 2 at character 1 of "floor(1, 2)"'],
    ["(1", 'here: expected ")", found the end at character 3 of "(1"'],
    ["a ** 2", 'here: expected a number, a name or "(", found "*" at character 4 of "a ** 2"'],
  ])("%j is refused with the place", (text, message) => {
    expect(() => parse(text)).toThrow(new SuperEdgeError("bad-app", message));
  });

  test("is refused when nested so deep that it could exhaust the stack", () => {
    expect(() => parse(`${"(".repeat(400)}1${")".repeat(400)}`)).toThrow("more than 64 levels");
    expect(() => parse(`${"-".repeat(400)}1`)).toThrow("more than 64 levels");
  });

  test("is refused above its length", () => expect(() => parse("1+".repeat(600))).toThrow("at most 1000 characters"));

  test("of any text parses or is refused, and nothing else happens", () => {
    const junk = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."ab12.e+-*/%(), minmax") }));
    fc.assert(
      fc.property(junk, (text) => {
        try {
          expect(typeof parse(text).evaluate(values)).toBe("number");
        } catch (error) {
          expect(error).toMatchObject({ name: "SuperEdgeError", code: "bad-app" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test("a count is whole, not negative and bounded", () => {
  expect(toCount(5, 5, "size")).toBe(5);
  for (const wrong of [-1, 0.5, 6, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => toCount(wrong, 5, "size")).toThrow(`size: expected a whole number from 0 to 5, found ${wrong}`);
});
