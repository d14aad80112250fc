import { describe, expect, it } from "vitest";
import { drawPlot } from "./svg.ts";

const plot = (points: { x: number; y: number }[], log = false) =>
  drawPlot({ title: "a < b", x: { label: "x" }, y: { label: "y", log }, series: [{ name: "one", points }] });

const ys = (svg: string) => [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map((match) => Number(match[1]));

describe("a plot", () => {
  it("draws larger values higher, in proportion, or in proportion of their logarithms", () => {
    const [a, b, c] = ys(
      plot([
        { x: 0, y: 0 },
        { x: 1, y: 5 },
        { x: 2, y: 10 },
      ]),
    ) as [number, number, number];
    expect(a - b).toBeCloseTo(b - c, 0);
    expect(a).toBeGreaterThan(b);
    const [d, e, f] = ys(
      plot(
        [
          { x: 0, y: 1e-6 },
          { x: 1, y: 1e-4 },
          { x: 2, y: 1e-2 },
        ],
        true,
      ),
    ) as [number, number, number];
    expect(d - e).toBeCloseTo(e - f, 0);
  });

  it("draws 0 at the foot of a logarithmic axis, and everything inside the picture", () => {
    const all = ys(
      plot(
        [
          { x: 0, y: 0 },
          { x: 1, y: 1e-5 },
          { x: 2, y: 1 },
        ],
        true,
      ),
    );
    expect(all[0]).toBe(Math.max(...all));
    for (const y of all) expect(y).toBeGreaterThan(0);
  });

  it("is well formed whatever a title says, and copes with no points and with equal ones", () => {
    expect(plot([])).toContain("a &lt; b");
    expect(
      plot([
        { x: 1, y: 1 },
        { x: 1, y: 1 },
      ]),
    ).not.toContain("NaN");
    expect(plot([])).not.toContain("NaN");
  });
});
