import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compile,
  evaluate,
  match,
  matches,
  parseAd,
  parseExpression,
  unparse,
  unparseExpression,
} from "../../../protocol/classad/index.ts";

const literals = [
  ..."0 1 -7 2.5 -0.0 1e300 true false undefined error 9223372036854775807".split(" "),
  '"a"',
  '"A b"',
  "{1,2}",
  "[a=1]",
];
const names = "a b c MY.a TARGET.b TARGET.c n.x l[0] self.a nothing".split(" ");
const binaries = "|| && | ^ & == != =?= =!= < <= > >= << >> >>> + - * / %".split(" ");
const functions = ["size", "int", "string", "isError", "isUndefined", "floor", "toUpper", "sum", "eval", "max"];

const expression: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...literals, ...names),
    fc.tuple(tie("any"), fc.constantFrom(...binaries), tie("any")).map(([a, op, b]) => `${a} ${op} ${b}`),
    tie("any").map((inner) => `(${inner})`),
    fc.tuple(fc.constantFrom(..."-!~+"), tie("any")).map(([op, of]) => `${op}(${of})`),
    fc.tuple(tie("any"), tie("any"), tie("any")).map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a}) ?: ${b}`),
    fc.tuple(fc.constantFrom(...functions), tie("any")).map(([name, of]) => `${name}(${of})`),
    fc.array(tie("any"), { maxLength: 3 }).map((items) => `{${items.join(",")}}`),
  ),
})).any;

const ad = fc
  .record({ a: expression, b: expression, c: expression, x: expression, requirements: expression, rank: expression })
  .map(
    ({ a, b, c, x, requirements, rank }) =>
      `[a=${a}; b=${b}; c=${c}; n=[x=${x}]; l={${x}}; Requirements=${requirements}; Rank=${rank}]`,
  );
const scoping = fc.constantFrom("matchmaking" as const, "strict" as const);

describe("any expression", () => {
  it("is the same after writing and reading", () => {
    fc.assert(
      fc.property(expression, (text) => {
        const written = unparseExpression(parseExpression(text));
        expect(unparseExpression(parseExpression(written))).toBe(written);
        expect(unparse(evaluate(written))).toBe(unparse(evaluate(text)));
      }),
    );
  });

  it("has one value, compiled or not", () => {
    fc.assert(
      fc.property(expression, ad, ad, scoping, (text, my, target, scope) => {
        const surroundings = { my, target, scoping: scope };
        expect(unparse(compile(parseExpression(text)).evaluate(surroundings))).toBe(
          unparse(evaluate(text, surroundings)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("a value", () => {
  it("that is a scalar is read back from its text", () => {
    const scalar = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      // 16 digits of the very largest reals round to what is no longer finite: the library writes those too.
      fc.double({ noNaN: true, min: -1e300, max: 1e300 }).map((value) => value.toExponential()),
      fc.string({ unit: "binary" }).map((text) => JSON.stringify(text.replaceAll("\0", ""))),
    );
    fc.assert(
      fc.property(scalar, (text) => {
        const written = unparse(evaluate(text));
        expect(unparse(evaluate(written))).toBe(written);
      }),
    );
  });
});

describe("a pair", () => {
  it("matches the same way round and the other way", () => {
    fc.assert(
      fc.property(ad, ad, scoping, (left, right, scope) => {
        const [one, two] = [match(left, right, { scoping: scope }), match(right, left, { scoping: scope })];
        expect([two.rightAccepts, two.leftAccepts]).toEqual([one.leftAccepts, one.rightAccepts]);
        expect(unparse(two.rightRank)).toBe(unparse(one.leftRank));
        expect(unparse(two.leftRank)).toBe(unparse(one.rightRank));
        expect(one.leftAccepts && one.rightAccepts).toBe(two.matches);
        expect(matches(parseAd(left), parseAd(right), scope)).toBe(one.matches);
      }),
      { numRuns: 300 },
    );
  });

  it("accepts as its Requirements evaluate", () => {
    fc.assert(
      fc.property(ad, ad, (left, right) => {
        const value = evaluate("Requirements", { my: left, target: right });
        const yes = evaluate(`(${unparse(value)}) ? true : false`) === true;
        expect(match(left, right).leftAccepts).toBe(yes);
      }),
      { numRuns: 200 },
    );
  });
});

describe("three-valued logic", () => {
  const truths = ["true", "false", "undefined"];
  const value = (text: string) => unparse(evaluate(text));

  it("is that of min and max over false < undefined < true", () => {
    const rank = (text: string) => ["false", "undefined", "true"].indexOf(text);
    for (const a of truths)
      for (const b of truths) {
        expect(rank(value(`${a} && ${b}`))).toBe(Math.min(rank(a), rank(b)));
        expect(rank(value(`${a} || ${b}`))).toBe(Math.max(rank(a), rank(b)));
        expect(value(`!(${a} && ${b})`)).toBe(value(`!${a} || !${b}`));
      }
  });

  it("lets ERROR through unless the left side has decided", () => {
    expect(["false && error", "true || error", "error && false", "undefined && error"].map(value)).toEqual([
      "false",
      "true",
      "error",
      "error",
    ]);
  });

  it("has `is` and `isnt` decide always", () => {
    for (const a of [...truths, "error", "1", '"x"'])
      for (const b of [...truths, "error", "1", '"x"'])
        expect([value(`${a} is ${b}`), value(`${a} isnt ${b}`)].sort()).toEqual(["false", "true"]);
  });
});
