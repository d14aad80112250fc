import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreement } from "../../kernels/agreement.ts";
import type { Compare } from "../../kernels/kernel.ts";

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const doubles = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
const within = (abs: number, rel: number, ulp: number) => ({ kind: "tolerance", abs, rel, ulp }) as const;

describe("two outputs", () => {
  test("that are equal agree under every rule, NaNs and infinities included", () => {
    const outputs = fc.array(fc.float()).map((values) => floats(...values));
    const rules = fc.constantFrom<Compare>({ kind: "exact" }, within(0, 0, 0), within(1, 1, 1));
    fc.assert(
      fc.property(outputs, rules, (output, rule) => {
        expect(agreement(rule, "f32", output, output.slice())).toBe(true);
      }),
    );
  });

  test("agree whichever comes first", () => {
    const pair = fc.tuple(fc.double(), fc.double());
    fc.assert(
      fc.property(pair, fc.float({ min: 0, noNaN: true }), ([x, y], bound) => {
        const rule = within(bound, bound / 100, 2);
        expect(agreement(rule, "f64", doubles(x), doubles(y))).toBe(agreement(rule, "f64", doubles(y), doubles(x)));
      }),
    );
  });

  test("differ exactly if one byte does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
        const other = bytes.slice();
        other[at % bytes.length]! ^= flip;
        expect(agreement({ kind: "exact" }, "u8", bytes, other)).toBe(false);
      }),
    );
  });

  test.each([
    ["abs", within(0.1, 0, 0), floats(1), floats(1.0625), true],
    ["abs", within(0.05, 0, 0), floats(1), floats(1.0625), false],
    ["rel", within(0, 0.01, 0), floats(1000), floats(1009), true],
    ["rel", within(0, 0.01, 0), floats(1000), floats(1011), false],
    ["any of the bounds", within(0.5, 0.01, 0), floats(0, 1000), floats(0.25, 1009), true],
    ["ulp across zero", within(0, 0, 2), floats(2 ** -149), floats(-(2 ** -149)), true],
    ["ulp across zero", within(0, 0, 1), floats(2 ** -149), floats(-(2 ** -149)), false],
    ["ulp of doubles", within(0, 0, 1), doubles(1), doubles(1 + 2 ** -52), true],
    ["ulp of doubles", within(0, 0, 1), doubles(1), doubles(1 + 2 ** -51), false],
    ["one zero", within(0, 0, 0), floats(0), floats(-0), true],
    ["NaN and a number", within(1e9, 1, 1e9), floats(Number.NaN), floats(0), false],
    [
      "infinities of two signs",
      within(1e9, 1, 2 ** 32),
      floats(Number.POSITIVE_INFINITY),
      floats(Number.NEGATIVE_INFINITY),
      false,
    ],
    ["lengths", within(1e9, 1, 1e9), floats(1, 2), floats(1), false],
  ])("are compared by %s (%#)", (_, rule, a, b, agrees) => {
    expect(agreement(rule, a.length === 8 && b.length === 8 && rule.ulp === 1 ? "f64" : "f32", a, b)).toBe(agrees);
  });

  test("one element out of tolerance is enough to disagree", () => {
    const same = Array.from({ length: 1000 }, (_, i) => i);
    const other = same.with(997, 998.5);
    expect(agreement(within(1, 0, 0), "f32", floats(...same), floats(...other))).toBe(false);
    expect(agreement(within(2, 0, 0), "f32", floats(...same), floats(...other))).toBe(true);
  });
});
