import { describe, expect, it } from "vitest";
import type { Needs } from "../../../relay/scheduler/needs.ts";
import { address, Grid } from "./grid.ts";

/** Wants an attribute to have a value; counts how often it is asked. */
function wants(name: string, value: unknown) {
  const needs = {
    asked: 0,
    mentions: [name],
    admits: (machine: Record<string, unknown>) => {
      needs.asked++;
      return machine[name] === value;
    },
    ranking: { key: "any", engine: "wasm" as const, by: () => 0 },
  };
  return needs;
}

describe("clusters", () => {
  it("are asked once what a job admits, however many workers they have and however often those ask", () => {
    const grid = new Grid();
    const needs = wants("Gpu", "big");
    const job = grid.addJob({ tasks: 1_000, needs: needs as Needs });
    for (let n = 1; n <= 300; n++) grid.join(n, { attributes: { Gpu: n % 3 === 0 ? "big" : "small", Age: n } });
    for (let n = 1; n <= 300; n++) grid.ask(n, 1);
    expect(needs.asked).toBe(2);
    expect(grid.state.dispatch.clusters.size).toBe(2);
    expect(job.fresh).toBe(100);
    for (const effect of grid.effects)
      if (effect.type === "lease") expect(effect.worker.attributes).toMatchObject({ Gpu: "big" });
  });

  it("become finer when a job mentions a new attribute, while workers go on waiting and are fed", () => {
    const grid = new Grid();
    for (let n = 1; n <= 500; n++) grid.join(n, { attributes: { Memory: n } });
    for (let n = 1; n <= 500; n++) grid.ask(n);
    expect(grid.state.waiting.size).toBe(500);
    grid.addJob({ tasks: 1, needs: wants("Memory", 77) as Needs });
    for (let tick = 0; tick < 10; tick++) grid.wait(250);
    expect(grid.leased(77)).toHaveLength(1);
    expect(grid.state.waiting.size).toBe(499);
  });

  it("follow a worker whose ad changes", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10, needs: wants("Gpu", "big") as Needs });
    const worker = grid.join(1, { attributes: { Gpu: "small" } });
    expect(grid.ask(1)).toBe(undefined);
    const { engines, numericClass } = worker;
    grid.send({ type: "adChanged", worker: address(1), engines, numericClass, attributes: { Gpu: "big" } });
    for (let tick = 0; tick < 3; tick++) grid.wait(250);
    expect(grid.leased(1).length).toBeGreaterThan(0);
  });

  it("offer a job again that had nothing left, once a task comes back", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 1 });
    grid.joinMany(2);
    grid.ask(1);
    expect(grid.ask(2)).toBe(undefined);
    grid.leave(1);
    expect(grid.leased(2)).toHaveLength(1);
  });
});
