import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace } from "../../../relay/scheduler/pace.ts";
import { Sessions } from "../../../relay/scheduler/sessions.ts";
import { seeded } from "../random.ts";
import { address, Grid } from "./grid.ts";

const HOUR_MS = 3_600_000;

describe("a lease", () => {
  it("is as long as five seconds of the worker's work, once its pace is known", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 100_000 });
    grid.joinMany(3);
    grid.wait(HOUR_MS);
    for (const [n, taskMs, tasks] of [
      [1, 500, 10],
      [2, 100, 50],
      [3, 5_000, 1],
    ] as const) {
      expect(grid.ask(n)!.tasks).toHaveLength(2);
      grid.nowMs += 2 * taskMs;
      grid.commit(n, taskMs);
      expect(grid.ask(n)!.tasks).toHaveLength(tasks);
    }
  });

  it("is shorter for those who have just come, where sessions are short", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 100_000 });
    for (let i = 0; i < 2_000; i++) grid.state.dispatch.sessions.end(10_000, i * 1_000, 1_000);
    const size = (n: number) => {
      grid.ask(n);
      grid.nowMs += 40;
      grid.commit(n, 20);
      return grid.ask(n)!.tasks.length;
    };
    grid.join(1);
    grid.wait(HOUR_MS);
    grid.join(2);
    expect(size(1)).toBe(64);
    expect(size(2)).toBeLessThan(30);
  });

  it("runs out after mean and four deviations of each task, and later each time that it ran out in vain", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 100_000 });
    grid.joinMany(1);
    const deadline = () => grid.ask(1)!.deadlineMs - grid.nowMs;
    expect(deadline()).toBe(60_000);
    grid.nowMs += 40_000;
    grid.commit(1, 20_000);
    // One task of 20 s whose deviation is taken to be a half.
    expect(deadline()).toBe(20_000 + 4 * 10_000);
    grid.wait(60_010);
    expect(deadline()).toBe(2 * (20_000 + 4 * 10_000));
    grid.nowMs += 20_000;
    grid.commit(1, 20_000);
    expect(deadline()).toBeLessThan(100_000);
  });

  it("of an app that nobody has run yet gets more time until somebody can", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10 });
    grid.joinMany(9);
    const given: number[] = [];
    for (let n = 1; n <= 9; n++) {
      given.push(grid.ask(n)!.deadlineMs - grid.nowMs);
      grid.wait(given.at(-1)! + 10);
    }
    expect(given).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256].map((factor) => factor * 60_000));
  });

  it("goes on with the job whose inputs the worker has, while shares are level", () => {
    const grid = new Grid();
    for (let n = 0; n < 8; n++) grid.addJob({ tasks: 100_000, requester: n });
    grid.joinMany(16);
    grid.wait(HOUR_MS);
    let changes = 0;
    let leases = 0;
    const last = new Map<number, unknown>();
    for (let round = 0; round < 60; round++)
      for (let n = 1; n <= 16; n++) {
        const { job } = grid.ask(n)!;
        leases++;
        if (last.get(n) !== job) changes++;
        last.set(n, job);
        grid.nowMs += 50;
        grid.commit(n, 100);
      }
    // By turns alone it would be another job seven times out of eight.
    expect(changes / leases).toBeLessThan(0.5);
  });
});

describe("a pace", () => {
  it("grows faster than it shrinks, and settles on what is measured", () => {
    const up = new Pace(100);
    up.learn(200);
    const down = new Pace(200);
    down.learn(100);
    expect(up.meanMs - 100).toBeGreaterThan(200 - down.meanMs);
    for (let i = 0; i < 200; i++) up.learn(300);
    expect(up.meanMs).toBeCloseTo(300, 0);
    expect(up.devMs).toBeLessThan(1);
  });

  it("is not carried away by one that dawdles", () => {
    const pace = new Pace(100);
    for (let i = 0; i < 50; i++) pace.learn(90 + (i % 20));
    pace.learn(3_600_000);
    expect(pace.meanMs).toBeLessThan(130);
  });
});

describe("sessions", () => {
  it("age backwards: who has stayed longer is expected to stay longer", () => {
    const sessions = new Sessions();
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e8, noNaN: true }),
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        (age, more) => {
          expect(sessions.stayMs(age + more, 0.9)).toBeGreaterThanOrEqual(sessions.stayMs(age, 0.9) - 1e-3);
          const ms = sessions.stayMs(age, 0.9);
          expect(sessions.staysFor(age, ms)).toBeCloseTo(0.9, 5);
        },
      ),
    );
  });

  it("are learnt: the scale comes out from what was seen", () => {
    const random = seeded(11);
    const sessions = new Sessions();
    const scaleMs = 45_000;
    for (let i = 0; i < 20_000; i++) sessions.end(scaleMs * (-Math.log(1 - random())) ** 2, i * 1_000, 1_000);
    expect(sessions.scaleMs / scaleMs).toBeGreaterThan(0.85);
    expect(sessions.scaleMs / scaleMs).toBeLessThan(1.15);
  });
});

describe("a requester's preference", () => {
  const needs = { mentions: [], admits: () => true, ranking: { key: "fastest", engine: "wasm" as const, by: () => 0 } };

  it("leaves tasks to better workers that can do them soon, and to everybody when those do not", () => {
    const grid = new Grid();
    const warm = grid.addJob({ tasks: 2, app: "app" });
    for (let n = 1; n <= 10; n++) grid.join(n, { bands: new Map([["fastest", n <= 5 ? 0 : 3]]) });
    while (warm.state === "running") {
      grid.ask(1);
      grid.commit(1, 1_000);
    }
    grid.addJob({ tasks: 20, app: "app", needs });
    expect(grid.ask(9)).toBe(undefined);
    expect(grid.ask(2)).toBeDefined();
    // The others never ask.
    for (let seconds = 0; seconds < 40; seconds++) grid.wait(1_000);
    expect(grid.leased(9).length).toBeGreaterThan(0);
  });

  it("keeps nothing from anybody where the better ones cannot do all of it in time", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 2, app: "app" });
    for (let n = 1; n <= 10; n++) grid.join(n, { bands: new Map([["fastest", n <= 5 ? 0 : 3]]) });
    grid.ask(1);
    grid.nowMs += 2_000;
    grid.commit(1, 1_000);
    grid.addJob({ tasks: 10_000, app: "app", needs });
    expect(grid.ask(9)).toBeDefined();
    expect(grid.leased(9).length).toBeGreaterThan(0);
    expect(address(9)).toBe(grid.state.workers.get(address(9))?.address);
  });
});
