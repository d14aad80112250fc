import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";

describe("the clock", () => {
  it("gives events back in order of time, and those of one moment in the order they were added", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 3000 }), (times) => {
        const clock = new Clock();
        times.forEach((at, i) => {
          clock.add(at, 1, i, 7 * i);
        });
        const expected = times.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
        for (const { at, i } of expected) {
          expect(clock.next()).toBe(true);
          expect([clock.nowMs, clock.who, clock.data]).toEqual([at, i, 7 * i]);
        }
        expect(clock.next()).toBe(false);
      }),
    );
  });

  it("never runs backwards: what is added for the past happens now", () => {
    const clock = new Clock();
    clock.add(5, 0, 1, 0);
    clock.next();
    clock.add(3, 0, 2, 0);
    clock.next();
    expect([clock.nowMs, clock.who]).toEqual([5, 2]);
  });
});
