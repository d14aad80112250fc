import { describe, expect, it } from "vitest";
import { progressBar, table, wrap } from "../../tools/demo/layout.ts";

const TEXT = "  pool 5.25, burned 6.025, refund 0.0; paid + refund = deposit 52.5";
const HEADER = ["volunteer", "right", "wrong", "ECT on chain"];
const ROWS = [
  ["Ben", "93", "0", "19.7625"],
  ["Dan, who lies on every third task", "16", "7", "0.0"],
];
const WIDTHS = [...Array(200).keys()].slice(1);

describe("at every width of the terminal", () => {
  it("lines break between words, and no word is lost", () => {
    for (const columns of WIDTHS) {
      const lines = wrap(TEXT, columns);
      expect(lines.join(" ").split(/ +/).filter(Boolean)).toEqual(TEXT.trim().split(" "));
      for (const line of lines) if (line.length > columns) expect(line.trim()).not.toContain(" ");
    }
  });

  it("the bar stays short of the edge, so that it can be drawn over", () => {
    for (const columns of WIDTHS)
      for (const done of [0, 1, 104, 105])
        expect(progressBar(done, 105, "certified, 22.8 s", columns).length).toBeLessThan(columns);
    expect(progressBar(105, 105, "certified", 200)).toContain("█".repeat(40));
  });

  it("a table that does not fit is shown cell by cell", () => {
    for (const columns of WIDTHS) {
      const lines = table(HEADER, ROWS, columns);
      for (const cell of ROWS.flat().flatMap((text) => text.split(" "))) expect(lines.join(" ")).toContain(cell);
      for (const line of lines) if (line.length > columns) expect(line.trim()).not.toContain(" ");
    }
    expect(table(HEADER, ROWS, 200)).toHaveLength(3);
    expect(table(HEADER, ROWS, 40).length).toBeGreaterThan(3);
  });
});
