import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ring } from "../../../relay/scheduler/ring.ts";

describe("a ring", () => {
  it("does what an array does at its two ends, however it has grown and shrunk", () => {
    const action = fc.oneof(
      fc.record({ what: fc.constantFrom("pushBack", "pushFront"), index: fc.nat(2 ** 32 - 1) }),
      fc.record({ what: fc.constant("popFront"), index: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
        const ring = new Ring();
        const array: number[] = [];
        for (const { what, index } of actions) {
          if (what === "popFront") expect(ring.popFront()).toBe(array.shift());
          else if (what === "pushBack") ring.pushBack(array[array.push(index) - 1]!);
          else ring.pushFront(array[array.unshift(index) * 0]!);
          expect([ring.size, ring.first]).toEqual([array.length, array[0]]);
        }
        expect([...ring]).toEqual(array);
      }),
    );
  });
});
