// Ads come from strangers. Bounds are counted in steps, so none of these tests measures time; but all of them would hang
// or fill the memory if a bound were missing.
import { describe, expect, it } from "vitest";
import { compile, evaluate, match, parse, unparse } from "../../../protocol/classad/index.ts";
import { MAX_NESTING, MAX_TEXT_BYTES } from "../../../protocol/classad/limits.ts";

const error = (text: string, my?: string) => {
  expect(unparse(compile(text).evaluate({ my }))).toBe("error");
  return unparse(evaluate(text, { my }));
};

describe("a hostile text", () => {
  it("nests no deeper than the bound", () => {
    for (const [open, close] of ["()", "{}", "[]"].map((pair) => [pair[0]!, pair[1]!]))
      expect(() => parse(open!.repeat(MAX_NESTING + 10) + close!.repeat(MAX_NESTING + 10))).toThrow(
        /levels of nesting|name/,
      );
    expect(() => parse("!".repeat(MAX_TEXT_BYTES - 1))).toThrow(/levels of nesting/);
    expect(() => parse(`${"f(".repeat(5000)}1${")".repeat(5000)}`)).toThrow(/levels of nesting/);
    expect(() => parse(`a${"[0".repeat(5000)}`)).toThrow(/levels of nesting/);
    expect(() => parse(`a${" ? b : c".repeat(5000)}`)).toThrow(/levels of nesting/);
  });

  it("chains no more operators than the bound", () => {
    expect(() => parse(`1${" + 1".repeat(5000)}`)).toThrow(/depend on each other/);
    expect(() => parse(`a${".b".repeat(5000)}`)).toThrow(/depend on each other/);
    expect(evaluate(`0${" + 1".repeat(900)}`)).toBe(900);
  });

  it("is no longer than the bound", () => {
    expect(() => parse(" ".repeat(MAX_TEXT_BYTES + 1))).toThrow(/at most/);
  });
});

describe("a hostile ad", () => {
  it("that doubles its work with every attribute runs out of steps", () => {
    const attributes = Array.from({ length: 60 }, (_, i) => `a${i} = a${i + 1} + a${i + 1}`).join("; ");
    expect(error("a0", `[${attributes}; a60 = 1]`)).toBe("error");
  });

  it("that hides its circle in a subscript runs out of steps", () => {
    expect(error("a[0]", "[a = {a[0] + a[0]}]")).toBe("error");
    expect(error("a + a", '[a = self["a"] + self["a"]]')).toBe("error");
  });

  it("that calls itself by eval runs out of depth", () => {
    expect(error("a", '[a = eval("a + a")]')).toBe("error");
    expect(error("a", "[a = evalInEachContext(a, {self, self})]")).toMatch(/error/);
  });

  it("that doubles a string stops at the longest", () => {
    const attributes = Array.from({ length: 60 }, (_, i) => `a${i} = strcat(a${i + 1}, a${i + 1})`).join("; ");
    expect(error("size(a0)", `[${attributes}; a60 = "xxxxxxxxxxxxxxxx"]`)).toBe("error");
  });

  it("that has a large text, list or pattern worked on again and again pays by its size", () => {
    const again = (work: string, s: string) => {
      const attributes = Array.from({ length: 40 }, (_, i) => `a${i} = ${work} + a${i + 1} + a${i + 1}`).join("; ");
      return `[s = ${s}; ${attributes}; a40 = 1]`;
    };
    const text = (part: string, times: number) => `"${part.repeat(times)}"`;
    expect(error("a0", again("size(toUpper(s))", text("x", 400_000)))).toBe("error");
    expect(error("a0", again("(s == s)", text("x", 400_000)))).toBe("error");
    expect(error("a0", again("sum(s)", `{${"1,".repeat(50_000)}1}`))).toBe("error");
    expect(error("a0", again("size(string(s))", `[b = {${"1,".repeat(50_000)}1}]`))).toBe("error");
    expect(error("a0", again('size(replaceAll("", s, "yy"))', text("x", 100_000)))).toBe("error");
    expect(error("a0", again('regexp(strcat(s, string(random())), "x")', text("\\\\d", 900)))).toBe("error");
  });

  it("may lead a chain of attributes as long as the library allows", () => {
    const chain = (length: number) =>
      `[${Array.from({ length }, (_, i) => `a${i} = a${i + 1}`).join("; ")}; a${length} = 7]`;
    expect(evaluate("a0", { my: chain(500) })).toBe(7);
    expect(unparse(evaluate("a0", { my: chain(1500) }))).toBe("error");
  });

  it("does not match", () => {
    expect(match("[Requirements = MY.Requirements]", "[Requirements = true]").matches).toBe(false);
  });
});

describe("a hostile pattern", () => {
  const patterns = ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?=(a+)+$)b"];
  for (const pattern of patterns)
    it(`${pattern} on a long text ends`, () => {
      const text = `regexp("${pattern}", "${"a".repeat(60)}!")`;
      expect(["error", "false"]).toContain(unparse(evaluate(text)));
    });

  it("shares one account of steps with all others of an evaluation", () => {
    const one = `regexp("(a|a)*b", "${"a".repeat(40)}")`;
    expect(error(`${Array.from({ length: 50 }, () => `isError(${one})`).join(" && ")} && 1/0`)).toBe("error");
  });

  it("nests and repeats within bounds", () => {
    expect(error(`regexp("${"(".repeat(500)}${")".repeat(500)}", "a")`)).toBe("error");
    expect(error(`regexp("a{99999}", "a")`)).toBe("error");
    expect(["error", "false"]).toContain(unparse(evaluate(`regexp("((a{1000}){1000}){1000}", "aaaa")`)));
    expect(unparse(evaluate(`regexp("(x{0}){60000}y", "y")`))).toBe("true");
  });
});
