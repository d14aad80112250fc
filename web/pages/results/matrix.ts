// A table of numbers that fills up: rows by columns, some not known yet.
import type { Presentation } from "../../../kernels/builtin.ts";

export type Matrix = Extract<Presentation, { kind: "matrix" }>;

/** What rows, columns and values are called: the header of the CSV says it. */
export function namesOf({ csv }: Pick<Matrix, "csv">): { row: string; column: string; value: string } {
  const [row = "row", column = "column", value = "value"] = csv.slice(0, Math.max(0, csv.indexOf("\n"))).split(",");
  return { row, column, value };
}

export interface Extent {
  low: number;
  high: number;
  known: number;
}

export function extentOf({ values, known }: Pick<Matrix, "values" | "known">): Extent {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (let cell = 0; cell < values.length; cell++) {
    if (!known[cell]) continue;
    count++;
    low = Math.min(low, values[cell]!);
    high = Math.max(high, values[cell]!);
  }
  return count > 0 ? { low, high, known: count } : { low: 0, high: 0, known: 0 };
}

export interface Pair {
  row: number;
  column: number;
  value: number;
}

/** The highest known values, of one row if given, a name against itself left out. */
export function highest({ rows, columns, values, known }: Matrix, count: number, onlyRow?: number): Pair[] {
  const pairs: Pair[] = [];
  const from = onlyRow ?? 0;
  const end = onlyRow === undefined ? rows.length : onlyRow + 1;
  for (let row = from; row < end; row++)
    for (let column = 0; column < columns.length; column++) {
      const cell = row * columns.length + column;
      const value = values[cell]!;
      if (!known[cell] || rows[row] === columns[column]) continue;
      const last = pairs[pairs.length - 1];
      if (pairs.length === count && last && value <= last.value) continue;
      // Kept sorted by insertion: `count` is a screenful.
      let at = pairs.length;
      while (at > 0 && pairs[at - 1]!.value < value) at--;
      pairs.splice(at, 0, { row, column, value });
      if (pairs.length > count) pairs.pop();
    }
  return pairs;
}
