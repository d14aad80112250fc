import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Param } from "../../kernels/kernel.ts";
import { beliefWords, oddsWords, percent } from "../../web/pages/console/beliefWords.ts";
import { costOf } from "../../web/pages/console/cost.ts";
import { readParam } from "../../web/pages/console/params.ts";
import { offerWords, promiseWords } from "../../web/pages/console/promiseWords.ts";
import { FIRST_WISHES, readWishes, unknownNames } from "../../web/pages/console/wishes.ts";

describe("the cost of a job", () => {
  const deal = fc
    .record({ tasks: fc.integer({ min: 1, max: 1000 }), price: fc.bigInt(1n, 10n ** 24n), closed: fc.boolean() })
    .chain(({ tasks, price, closed }) =>
      fc.integer({ min: 0, max: tasks }).chain((settledTasks) =>
        fc.record({
          tasks: fc.constant(tasks),
          settledTasks: fc.constant(settledTasks),
          // A deal closes only when nothing of it is pending.
          pendingTasks: closed ? fc.constant(0) : fc.integer({ min: 0, max: tasks - settledTasks }),
          pricePerTaskWei: fc.constant(price),
          closed: fc.constant(closed),
        }),
      ),
    );

  test("adds up to the deposit, to the wei, however far the relay is ahead of the chain", () => {
    fc.assert(
      fc.property(deal, fc.nat(2000), (view, certified) => {
        const { depositWei, ...parts } = costOf(view, certified);
        expect(Object.values(parts).reduce((sum, part) => sum + part, 0n)).toBe(depositWei);
        for (const part of Object.values(parts)) expect(part).toBeGreaterThanOrEqual(0n);
      }),
    );
  });

  test("refunds what was not computed, once the deal is closed", () => {
    const view = { tasks: 10, settledTasks: 7, pendingTasks: 0, pricePerTaskWei: 5n };
    expect(costOf({ ...view, closed: true }, 7)).toMatchObject({ paidWei: 35n, refundedWei: 15n, lockedWei: 0n });
    expect(costOf({ ...view, closed: false }, 8)).toMatchObject({ owedWei: 5n, refundedWei: 0n, lockedWei: 10n });
  });
});

describe("a parameter as typed", () => {
  const param: Param = { name: "x", type: "u32", default: 1, min: 1, max: 20, title: "X", description: "" };
  const read = (text: string, change: Partial<Param> = {}) => readParam({ ...param, ...change }, text);

  test("is read", () => {
    expect(read(" 7 ")).toEqual({ ok: true, value: 7 });
    expect(read("0,5", { type: "f32", min: 0 })).toEqual({ ok: true, value: 0.5 });
  });

  test("that cannot be is refused with the reason", () => {
    expect(read("")).toEqual({ ok: false, why: "A number is needed here." });
    expect(read("seven")).toEqual({ ok: false, why: "A number is needed here." });
    expect(read("1.5")).toEqual({ ok: false, why: "A whole number is needed here." });
    expect(read("21")).toEqual({ ok: false, why: "It must be from 1 to 20." });
  });
});

describe("why a task is believed", () => {
  test("is said in odds under law pool, and in shares of weight under law poco", () => {
    expect(beliefWords({ law: "pool", reached: 0.9996, needed: 0.999 })).toBe(
      "That those who agree are right stands 2,500 to 1; the deal asked for 999 to 1.",
    );
    expect(beliefWords({ law: "poco", reached: 4 / 7, needed: 0.5, referee: { agrees: true } })).toBe(
      "The weights of those who agree make 57\u00a0% of all there is; the deal asked for more than 50\u00a0%. The pool’s own referee computed it too and agrees.",
    );
  });

  test("never shows certainty that is not there", () => {
    expect([0.5, 0.99, 0.999, 0.99987, 1].map(percent)).toEqual(
      ["50 %", "99 %", "99.90 %", "99.987 %", "100 %"].map((text) => text.replace(" ", "\u00a0")),
    );
    expect(oddsWords(1)).toBe("more than a million million to 1");
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1 - 1e-9, noNaN: true }), (share) => !percent(share).startsWith("100")),
    );
  });
});

describe("a deadline in words", () => {
  const promise = { granted: true, probability: 0.97, deadlineMs: Date.UTC(2026, 0, 2, 3, 4) };

  test("before, while it runs, and when it has been kept or missed", () => {
    expect(offerWords(promise)).toBe("The pool would promise the deadline: it expects to keep it with 97\u00a0%.");
    expect(offerWords({ granted: false, probability: 0 })).toContain("it cannot tell how long");
    expect(promiseWords(promise)).toMatch(
      /^To be done by .*The pool promised it, expecting to keep it with 97\u00a0%\.$/,
    );
    expect(promiseWords({ ...promise, kept: true })).toMatch(/^The deadline was kept\./);
    expect(promiseWords({ ...promise, granted: false, probability: 0, kept: false })).toBe(
      "The deadline was missed. The pool did not promise it: it could not tell how long the job would take.",
    );
  });
});

describe("wishes as typed", () => {
  test("that were left alone are no part of the job", () => {
    expect(readWishes(FIRST_WISHES)).toEqual({ ok: true, value: {} });
  });

  test("become parts of the job's spec", () => {
    const typed = { preference: "fastest", requirements: "HasWgsl", deadline: "1.5", completion: "95" } as const;
    expect(readWishes(typed)).toEqual({
      ok: true,
      value: { preference: "fastest", requirements: "HasWgsl", deadlineSeconds: 90, completion: 0.95 },
    });
  });

  test("that cannot be are refused with the reason", () => {
    const why = (change: object) => readWishes({ ...FIRST_WISHES, ...change });
    expect(why({ deadline: "soon" })).toMatchObject({ ok: false, why: expect.stringContaining("minutes are needed") });
    expect(why({ deadline: "5", completion: "101" })).toMatchObject({ ok: false });
    expect(why({ requirements: "x".repeat(2049) })).toMatchObject({ ok: false });
    expect(why({ requirements: "Cores >" })).toMatchObject({
      ok: false,
      why: expect.stringMatching(/^Requirements: line 1, column \d+: expected/),
    });
  });

  test("say which names no machine has", () => {
    expect(unknownNames("HasWgsl && Memory > 3 && MY.Anything")).toEqual(["Memory"]);
    expect(unknownNames("Memory >")).toEqual([]);
  });
});
