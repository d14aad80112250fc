import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { colourAt, logShare, type Rgb, SCALES } from "../../web/pages/results/colourScale.ts";
import { extentOf, highest, type Matrix, namesOf } from "../../web/pages/results/matrix.ts";
import { movedCell } from "../../web/pages/results/movedCell.ts";
import { ticksOf } from "../../web/pages/results/ticks.ts";

const matrix = (rows: string[], columns: string[], values: (number | undefined)[]): Matrix => ({
  kind: "matrix",
  rows,
  columns,
  values: Int32Array.from(values, (value) => value ?? 0),
  known: Uint8Array.from(values, (value) => (value === undefined ? 0 : 1)),
  csv: "query,target,score\n",
});

describe("a matrix that fills up", () => {
  const half = matrix(["a", "b"], ["a", "b", "c"], [9, 4, undefined, undefined, 8, 7]);

  test("has its extent over what is known alone", () => {
    expect(extentOf(half)).toEqual({ low: 4, high: 9, known: 4 });
    expect(extentOf(matrix(["a"], ["b"], [undefined]))).toEqual({ low: 0, high: 0, known: 0 });
  });

  test("lists its best pairs, a name against itself left out, unknown ones too", () => {
    expect(highest(half, 5)).toEqual([
      { row: 1, column: 2, value: 7 },
      { row: 0, column: 1, value: 4 },
    ]);
    expect(highest(half, 5, 0)).toEqual([{ row: 0, column: 1, value: 4 }]);
  });

  test("lists the same as sorting everything", () => {
    const names = ["a", "b", "c", "d"];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 }), (values) => {
        const sorted = values.filter((_, cell) => Math.floor(cell / 4) !== cell % 4).sort((a, b) => b - a);
        expect(highest(matrix(names, names, values), 5).map(({ value }) => value)).toEqual(sorted.slice(0, 5));
      }),
    );
  });

  test("takes its names from its CSV", () => {
    expect(namesOf(half)).toEqual({ row: "query", column: "target", value: "score" });
  });
});

describe("colours", () => {
  const lightness = ([red, green, blue]: Rgb) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

  test("run one way in lightness, so that they also read in grey", () => {
    for (const [scheme, scale] of Object.entries(SCALES)) {
      const steps = Array.from({ length: 51 }, (_, at) => lightness(colourAt(scale, at / 50)));
      for (let at = 1; at < steps.length; at++)
        expect((steps[at]! - steps[at - 1]!) * (scheme === "light" ? -1 : 1)).toBeGreaterThanOrEqual(0);
    }
  });

  test("begin and end with the scale, and are cut beyond it", () => {
    expect(colourAt(SCALES.light, -1)).toEqual(SCALES.light[0]);
    expect(colourAt(SCALES.light, 2)).toEqual(SCALES.light.at(-1));
  });

  test("spread values over the whole scale, negative ones too, in their order", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (low, span) => {
        const high = low + span;
        expect(logShare(low, low, high)).toBe(0);
        expect(logShare(high, low, high)).toBe(1);
        expect(logShare(low + span / 2, low, high)).toBeGreaterThan(0);
      }),
    );
    expect(logShare(3, 3, 3)).toBe(0);
  });
});

describe("ticks", () => {
  test("are round, in range, and about as many as asked", () => {
    expect(ticksOf(-29, 29, 6)).toEqual([-20, -10, 0, 10, 20]);
    expect(ticksOf(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, span, count) => {
          const ticks = ticksOf(low, low + span, count);
          expect(ticks.length).toBeLessThanOrEqual(count + 1);
          for (const tick of ticks) expect(tick >= low - span * 1e-6 && tick <= low + span * (1 + 1e-6)).toBe(true);
        },
      ),
    );
  });
});

describe("arrow keys in a matrix", () => {
  test("move by a cell and stop at the edges", () => {
    expect(["ArrowLeft", "ArrowUp", "Home"].map((key) => movedCell(0, key, 2, 3))).toEqual([0, 0, 0]);
    expect(["ArrowRight", "ArrowDown", "End"].map((key) => movedCell(0, key, 2, 3))).toEqual([1, 3, 2]);
    expect(["ArrowRight", "ArrowDown"].map((key) => movedCell(5, key, 2, 3))).toEqual([5, 5]);
    expect(movedCell(0, "a", 2, 3)).toBeUndefined();
  });
});
