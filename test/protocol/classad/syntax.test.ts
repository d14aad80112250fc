import { describe, expect, it } from "vitest";
import {
  Ad,
  evaluate,
  match,
  parse,
  parseAd,
  parseExpression,
  unparse,
  unparseExpression,
} from "../../../protocol/classad/index.ts";

const failure = (text: string, read: (text: string) => unknown = parse): string => {
  try {
    read(text);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
  return "nothing failed";
};

describe("ads", () => {
  it("are read in brackets and in old syntax alike", () => {
    const brackets = parse('[ Memory = 2048; Name = "m"; Requirements = TARGET.x > 1 ]');
    const old = parse('# a machine\nMemory = 2048\n\n  Name = "m"\r\nRequirements = TARGET.x > 1\n');
    expect(old).toBeInstanceOf(Ad);
    expect(unparseExpression(old)).toBe(unparseExpression(brackets));
  });

  it("keep a backslash in old syntax and read an escape in brackets", () => {
    expect(evaluate("p", { my: 'p = "C:\\new\\"' })).toBe("C:\\new\\");
    expect(evaluate("p", { my: 'p = "say \\"x\\" now"' })).toBe('say "x" now');
    expect(evaluate("p", { my: '[p = "a\\tb"]' })).toBe("a\tb");
  });

  it("keep the first spelling of a name and the last value", () => {
    expect(unparse(parseAd("[Aa = 1; b = 2; aA = 3]"))).toBe("[ b = 2; Aa = 3 ]");
  });

  it("are told from comparisons at the start of a text", () => {
    expect(parse("a == 1")).not.toBeInstanceOf(Ad);
    expect(parse("a =?= 1")).not.toBeInstanceOf(Ad);
    expect(parse("a = 1")).toBeInstanceOf(Ad);
  });
});

describe("what cannot be read", () => {
  const cases: [string, string][] = [
    ["1 +", "line 1, column 4: expected an expression, found the end"],
    ["[a = 1\n b = 2]", 'line 2, column 2: expected ";", "]" or an operator, found "b = 2]"'],
    ["f(1,", "line 1, column 5: expected an expression, found the end"],
    ["{1, 2", 'line 1, column 6: expected "," or "}", found the end'],
    ["a ? b", 'line 1, column 6: expected ":", found the end'],
    ["(1", 'line 1, column 3: expected ")" or an operator, found the end'],
    ['"abc', 'line 1, column 5: expected the closing ", found the end'],
    ["1 2", 'line 1, column 3: expected an operator or the end, found "2"'],
    ["é", 'line 1, column 1: expected an expression or operator, found "é"'],
    ['"é" $', 'line 1, column 5: expected an expression or operator, found "$"'],
    ["a.1", 'line 1, column 2: expected an operator or the end, found ".1"'],
    ["1.", "line 1, column 3: expected a digit after the decimal point, found the end"],
    ["/* x", "line 1, column 5: expected the end of the comment, */, found the end"],
    ['"a\\0b"', 'line 1, column 2: expected a string without a zero byte, found "a\\\\0b\\""'],
    ["a = 1\nb = (2\n", 'line 2, column 7: expected ")" or an operator, found the end'],
    ["a = 1\n= 2\n", 'line 2, column 1: expected "name = expression", found "= 2"'],
  ];
  for (const [text, message] of cases)
    it(`${JSON.stringify(text)} says where and what`, () => {
      expect(failure(text)).toBe(`bad-classad: ${message}`);
    });

  it("is an ad where an expression is wanted in an ad's place", () => {
    expect(failure("[a = 1].a", parseAd)).toBe("bad-classad: expected an ad, found another expression");
  });
});

describe("names", () => {
  const my = "[a = 1; own = a; n = [x = a; y = MY.a; z = parent.a]]";
  const target = "[a = 5; b = 6; other = a]";

  it("are looked for in the own ad, then in the target in matchmaking scoping only", () => {
    expect(evaluate("a + b", { my, target })).toBe(7);
    expect(evaluate("a + b", { my, target, scoping: "strict" })).toBe(undefined);
    expect(evaluate("a + TARGET.b", { my, target, scoping: "strict" })).toBe(7);
  });

  it("of a target's attribute are looked for in the target first", () => {
    expect(evaluate("TARGET.other", { my, target })).toBe(5);
  });

  it("inside a nested ad see the ads around it", () => {
    expect(evaluate("n.x + n.z", { my })).toBe(2);
    // MY is the ad at hand, the nested one, as in the library; from there the search goes outwards.
    expect(evaluate("n.y", { my })).toBe(1);
    expect(evaluate("n.y", { my: "[a = 1; n = [a = 2; y = MY.a]]" })).toBe(2);
  });

  it("that lead in a circle make the whole evaluation an ERROR", () => {
    expect(unparse(evaluate("a || true", { my: "[a = b; b = a]" }))).toBe("error");
    expect(unparse(evaluate("isError(a)", { my: "[a = TARGET.a]", target: "[a = TARGET.a]" }))).toBe("error");
    expect(unparse(evaluate("true || a", { my: "[a = a]" }))).toBe("true");
  });
});

describe("pairs", () => {
  it("match if both Requirements accept", () => {
    const job = "[Requirements = TARGET.Memory >= 1024; Rank = TARGET.Memory; Size = 3]";
    const machine = (memory: number) => `Memory = ${memory}\nRequirements = TARGET.Size < 5\nRank = -Size`;
    expect(match(job, machine(2048))).toEqual({
      matches: true,
      leftAccepts: true,
      rightAccepts: true,
      leftRank: 2048,
      rightRank: -3,
    });
    expect(match(job, machine(512))).toMatchObject({ matches: false, leftAccepts: false, rightAccepts: true });
  });

  it("do not match if Requirements are missing or undecided", () => {
    expect(match("[a = 1]", "[Requirements = true]").matches).toBe(false);
    expect(match("[Requirements = TARGET.nothing]", "[Requirements = true]").matches).toBe(false);
  });

  it("may be an ad and itself", () => {
    const ad = parseAd("[a = 1; Requirements = TARGET.a == MY.a]");
    expect(match(ad, ad).matches).toBe(true);
  });
});

it("what is read is written by unparse, value or expression", () => {
  expect(unparse(parse("a+ 1 < {2}[0]"))).toBe("a + 1 < { 2 }[0]");
  expect(unparse(parse("x = 1.5"))).toBe("[ x = 1.500000000000000E+00 ]");
  expect(match(parse("Requirements = true"), parse("[Requirements = 1]")).matches).toBe(true);
  expect(() => match(parse("1 + 1"), "a = 1")).toThrow("expected an ad, found 1 + 1");
});

it("an expression that was parsed alone finds names when it is evaluated", () => {
  const expression = parseExpression("{a, b}[1] + [c = a].c");
  expect(evaluate(expression, { my: "[a = 1; b = 2]" })).toBe(3);
  expect(evaluate(expression, { my: "[a = 10; b = 20]" })).toBe(30);
});
