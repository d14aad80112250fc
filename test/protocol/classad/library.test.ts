// Answers that HTCondor's ClassAd library itself gave, versions 23.9.6 and 25.14.1, which agree on all of these: operators
// on every pair of types, functions, regular expressions, random expressions in both scopings, pairs of ads, and how
// expressions are written. One case a line: mode, own ad, target, expression, answer; \n, \t and \\ stand for themselves.
// Where the library's evaluation fails altogether the answer is `error`, as here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  compile,
  evaluate,
  match,
  parseExpression,
  type Scoping,
  unparse,
  unparseExpression,
} from "../../../protocol/classad/index.ts";

const plain = (text: string) =>
  text.replace(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char);
const cases = readFileSync(join(import.meta.dirname, "../../vectors/classad.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => {
    const [mode, my, target, expression, answer] = line.split("\t").map(plain);
    return { mode: mode!, my: my || undefined, target: target || undefined, expression: expression!, answer: answer! };
  });

/** All cases of a mode, with the answers that differ. */
function differing(mode: string, answer: (one: (typeof cases)[number]) => string) {
  const chosen = cases.filter((one) => one.mode === mode);
  expect(chosen.length).toBeGreaterThan(100);
  return chosen.map((one) => ({ ...one, found: answer(one) })).filter(({ answer, found }) => answer !== found);
}

const flag = (yes: boolean) => (yes ? "1" : "0");

describe("HTCondor's own answers", () => {
  for (const scoping of ["matchmaking", "strict"] as const satisfies Scoping[]) {
    it(`are those of the interpreter, ${scoping} scoping`, () => {
      expect(
        differing(scoping, ({ expression, my, target }) => unparse(evaluate(expression, { my, target, scoping }))),
      ).toEqual([]);
    });

    it(`are those of compiled expressions, ${scoping} scoping`, () => {
      const answer = ({ expression, my, target }: (typeof cases)[number]) =>
        unparse(compile(parseExpression(expression)).evaluate({ my, target, scoping }));
      expect(differing(scoping, answer)).toEqual([]);
    });

    it(`are those of matched pairs, ${scoping} scoping`, () => {
      const found = differing(`match ${scoping}`, ({ my, target }) => {
        const result = match(my!, target!, { scoping });
        const flags = flag(result.matches) + flag(result.leftAccepts) + flag(result.rightAccepts);
        return `${flags} ${unparse(result.leftRank)} ${unparse(result.rightRank)}`;
      });
      expect(found).toEqual([]);
    });
  }

  it("are how expressions are written", () => {
    expect(differing("unparse", ({ expression }) => unparseExpression(parseExpression(expression)))).toEqual([]);
  });
});
