import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Turns } from "../../../relay/scheduler/stride.ts";
import { Grid } from "./grid.ts";

describe("turns", () => {
  it("always name the least served, however passes grow behind their back", () => {
    const action = fc.record({ who: fc.nat(19), grow: fc.nat(100), what: fc.constantFrom("grow", "take", "push") });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const all = Array.from({ length: 20 }, () => ({ pass: 0 }));
        const turns = new Turns<{ pass: number }>();
        const present = new Set<{ pass: number }>();
        for (const { who, grow, what } of actions) {
          const item = all[who]!;
          if (what === "grow") item.pass += grow;
          else if (what === "take") present.delete(turns.take()!);
          else if (!present.has(item)) {
            present.add(item);
            turns.push(item);
          }
          expect(turns.size).toBe(present.size);
          const least = Math.min(...[...present].map(({ pass }) => pass));
          if (present.size > 0) expect(turns.first()!.pass).toBe(least);
          else expect(turns.first()).toBe(undefined);
        }
      }),
    );
  });
});

describe("shares of the pool", () => {
  it("are level among requesters, and among each one's jobs, within a few leases", () => {
    const jobsOf = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(jobsOf, fc.integer({ min: 1, max: 12 }), (counts, workers) => {
        const grid = new Grid();
        const jobs = counts.map((count, requester) =>
          Array.from({ length: count }, () => grid.addJob({ tasks: 100_000, requester })),
        );
        grid.joinMany(workers);
        for (let round = 0; round < 40; round++)
          for (let n = 1; n <= workers; n++) {
            grid.ask(n);
            grid.nowMs += 10;
            grid.commit(n, 100);
          }
        // One lease is 5 s of work at most, and a worker goes on with what it has within 10 s.
        const spread = (passes: number[]) => Math.max(...passes) - Math.min(...passes);
        expect(spread(jobs.map(([job]) => job!.dispatch.requester.pass))).toBeLessThanOrEqual(20_000);
        for (const own of jobs) expect(spread(own.map((job) => job.pass))).toBeLessThanOrEqual(20_000);
      }),
      { numRuns: 12 },
    );
  });

  it("of a newcomer begin level with the least served", () => {
    const grid = new Grid();
    const old = grid.addJob({ tasks: 100_000, requester: 1 });
    grid.joinMany(4);
    const work = () => {
      for (let n = 1; n <= 4; n++) {
        grid.ask(n);
        grid.commit(n, 100);
      }
    };
    for (let round = 0; round < 50; round++) work();
    const young = grid.addJob({ tasks: 100_000, requester: 2 });
    const before = { old: old.fresh, young: young.fresh };
    for (let round = 0; round < 50; round++) work();
    const served = { old: old.fresh - before.old, young: young.fresh - before.young };
    expect(served.young / served.old).toBeGreaterThan(0.8);
    expect(served.young / served.old).toBeLessThan(1.25);
  });

  it("do not depend on how many jobs a requester has", () => {
    const grid = new Grid();
    const one = grid.addJob({ tasks: 100_000, requester: 1 });
    const many = Array.from({ length: 9 }, () => grid.addJob({ tasks: 100_000, requester: 2 }));
    grid.joinMany(5);
    for (let round = 0; round < 100; round++)
      for (let n = 1; n <= 5; n++) {
        grid.ask(n);
        grid.commit(n, 100);
      }
    const others = many.reduce((sum, job) => sum + job.fresh, 0);
    expect(one.fresh / others).toBeGreaterThan(0.9);
    expect(one.fresh / others).toBeLessThan(1.1);
  });
});
