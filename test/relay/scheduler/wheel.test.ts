import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRAIN_MS, Wheel } from "../../../relay/scheduler/wheel.ts";

const drain = <T>(wheel: Wheel<T>, nowMs: number): T[] => {
  const due: T[] = [];
  for (let item = wheel.due(nowMs); item !== undefined; item = wheel.due(nowMs)) due.push(item);
  return due;
};

describe("a timing wheel", () => {
  it("gives nothing early, nothing more than a grain late, and everything once", () => {
    // From milliseconds to days, so that every level takes part.
    const wait = fc.oneof(fc.nat(50), fc.nat(5_000), fc.nat(1_000_000), fc.nat(400_000_000));
    const move = fc.record({ add: fc.array(wait, { maxLength: 8 }), pass: wait });
    const start = fc.constantFrom(0, 1, 1_790_000_000_123);
    fc.assert(
      fc.property(start, fc.array(move, { maxLength: 40 }), (startMs, moves) => {
        const wheel = new Wheel<{ atMs: number }>();
        const waiting = new Set<{ atMs: number }>();
        let nowMs = startMs;
        wheel.due(nowMs);
        for (const { add, pass } of moves) {
          for (const ms of add) {
            const item = { atMs: nowMs + ms };
            waiting.add(item);
            wheel.add(item.atMs, item);
          }
          nowMs += pass;
          for (const item of drain(wheel, nowMs)) {
            expect(waiting.delete(item)).toBe(true);
            expect(item.atMs).toBeLessThanOrEqual(nowMs);
          }
          for (const { atMs } of waiting) expect(atMs).toBeGreaterThan(nowMs - 2 * GRAIN_MS);
          expect(wheel.size).toBe(waiting.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is exact at multiples of its grain", () => {
    const wheel = new Wheel<string>();
    wheel.add(15_000, "due");
    expect(wheel.due(14_999)).toBe(undefined);
    expect(wheel.due(15_000)).toBe("due");
  });

  it("passes a year without anything due in no time", () => {
    const wheel = new Wheel<string>();
    const year = 365 * 24 * 3600 * 1000;
    wheel.add(1.79e12 + year, "late");
    for (let day = 0; day < 365; day++) expect(wheel.due(1.79e12 + (day * year) / 365)).toBe(undefined);
    expect(drain(wheel, 1.79e12 + year + GRAIN_MS)).toEqual(["late"]);
  });
});
