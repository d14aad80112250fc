import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Param } from "../../kernels/kernel.ts";
import { costOf } from "../../web/pages/console/cost.ts";
import { readParam } from "../../web/pages/console/params.ts";

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
