import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TaskState } from "../../protocol/api.ts";
import { fieldOf, moved, squareAt, squareState } from "../../web/pages/console/taskField.ts";

const tasks = fc.integer({ min: 1, max: 1_000_000 });
const width = fc.integer({ min: 200, max: 1400 });

describe("the field of tasks", () => {
  test("shows every task in the width given, within its height", () => {
    fc.assert(
      fc.property(tasks, width, (count, px) => {
        const { columns, rows, pitchPx, tasksPerSquare, squares } = fieldOf(count, px);
        expect(columns * pitchPx).toBeLessThanOrEqual(px);
        expect(rows * pitchPx).toBeLessThanOrEqual(320);
        expect(columns * rows).toBeGreaterThanOrEqual(squares);
        expect(squares * tasksPerSquare).toBeGreaterThanOrEqual(count);
      }),
    );
  });

  test("gives each task a square of its own where that is possible", () => {
    expect(fieldOf(2000, 600).tasksPerSquare).toBe(1);
    expect(fieldOf(1_000_000, 600).tasksPerSquare).toBeGreaterThan(1);
  });

  test("finds the square under a point, and none beside the field", () => {
    fc.assert(
      fc.property(tasks, width, fc.double({ min: 0, max: 0.999, noNaN: true }), (count, px, at) => {
        const field = fieldOf(count, px);
        const square = Math.floor(at * field.squares);
        const x = ((square % field.columns) + 0.5) * field.pitchPx;
        const y = (Math.floor(square / field.columns) + 0.5) * field.pitchPx;
        expect(squareAt(field, x, y)).toBe(square);
        expect(squareAt(field, field.columns * field.pitchPx + 1, y)).toBeUndefined();
        expect(squareAt(field, x, field.rows * field.pitchPx + 1)).toBeUndefined();
        expect(squareAt(field, -1, y)).toBeUndefined();
      }),
    );
  });

  test("keeps the keyboard inside", () => {
    const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
    fc.assert(
      fc.property(tasks, width, fc.array(fc.constantFrom(...keys), { maxLength: 20 }), (count, px, pressed) => {
        const field = fieldOf(count, px);
        let square = 0;
        for (const key of pressed) {
          square = moved(field, square, key)!;
          expect(square >= 0 && square < field.squares).toBe(true);
        }
      }),
    );
    expect(moved(fieldOf(10, 300), 3, "Tab")).toBeUndefined();
  });

  test("moves down by a row and stays in its column at the edge", () => {
    const field = fieldOf(25, 280);
    expect(field.columns).toBe(10);
    expect([moved(field, 3, "ArrowDown"), moved(field, 23, "ArrowDown"), moved(field, 3, "ArrowUp")]).toEqual([
      13, 23, 3,
    ]);
  });
});

describe("a square of several tasks", () => {
  const field = { ...fieldOf(4, 300), tasksPerSquare: 4, squares: 1 };
  const shown = (...states: TaskState[]) => squareState((task) => states[task]!, field, 0, states.length);

  test("shows a dispute before work, work before waiting, and certified only when all are", () => {
    expect(shown("certified", "disputed", "leased", "waiting")).toBe("disputed");
    expect(shown("certified", "committed", "leased", "waiting")).toBe("leased");
    expect(shown("certified", "waiting", "certified")).toBe("waiting");
    expect(shown("certified", "certified")).toBe("certified");
  });
});
