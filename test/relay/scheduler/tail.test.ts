import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_CONTRIBUTIONS } from "../../../protocol/poco.ts";
import type { Contribution, Task } from "../../../relay/scheduler/state.ts";
import { address, Grid } from "./grid.ts";

const indices = (tasks: readonly Task[]) => tasks.map(({ index }) => index);
const leasesOf = (grid: Grid) => grid.effects.filter((effect) => effect.type === "lease");

describe("the end of a job", () => {
  /** Many fast workers and one slow one; everybody's pace is known from a first job. */
  const nearTheEnd = (tasks = 400) => {
    const grid = new Grid();
    const job = grid.addJob({ tasks });
    grid.joinMany(4);
    // Long enough there to be expected to stay.
    grid.wait(3_600_000);
    for (let n = 1; n <= 4; n++) {
      grid.ask(n);
      grid.nowMs += 2_000;
      grid.commit(n, 1_000);
    }
    const slow = grid.ask(4, 1)!.tasks;
    for (let n = 1; job.fresh < job.tasks; n = (n % 3) + 1) {
      grid.ask(n);
      grid.nowMs += 1_000;
      grid.commit(n, 1_000);
    }
    return { grid, job, slow };
  };

  it("does not wait for one slow machine: its task is copied, and the copy ends the job", () => {
    const { grid, job, slow } = nearTheEnd();
    expect(job.certified).toBe(job.tasks - 1);
    const copy = grid.ask(1);
    expect(indices(copy!.tasks)).toEqual(indices(slow));
    grid.nowMs += 1_000;
    grid.commit(1, 1_000);
    expect(job.state).toBe("done");
    // The slow one is told that its work is not needed any more.
    expect(grid.effects.some((e) => e.type === "revoke" && e.worker === address(4))).toBe(true);
  });

  it("is looked after at every tick for workers that wait", () => {
    const { grid, job, slow } = nearTheEnd();
    // Nobody has asked since the slow one got late.
    const waiting = grid.state.workers.get(address(2))!;
    grid.state.dispatch.ending.add(job);
    waiting.wants = 64;
    grid.state.waiting.add(waiting);
    const leases = grid.wait(250).filter((effect) => effect.type === "lease");
    expect(leases.map(({ tasks }) => indices(tasks))).toEqual([indices(slow)]);
  });

  it("has no more than two copies of a task at one time", () => {
    const { grid, slow } = nearTheEnd();
    for (let round = 0; round < 5; round++) {
      for (const n of [1, 2, 3]) grid.ask(n);
      grid.wait(3_000);
      expect(slow[0]!.contributions.length).toBeLessThanOrEqual(3);
    }
    expect(grid.state.jobs.values().next().value!.dispatch.copies).toBeGreaterThanOrEqual(2);
  });

  it("copies no task that has as many contributions as a contract counts", () => {
    const { grid, slow } = nearTheEnd();
    const task = slow[0]!;
    const [lease] = task.contributions;
    const strangers = Array.from({ length: MAX_CONTRIBUTIONS - 1 }, (_, i): Contribution => {
      const stranger = address(100 + i);
      return {
        ...lease!,
        who: undefined,
        worker: stranger,
        owner: stranger,
        beneficiary: stranger,
        state: "committed",
      };
    });
    task.contributions = [...strangers, lease!];
    task.target = MAX_CONTRIBUTIONS;
    for (const n of [1, 2, 3]) expect(grid.ask(n)).toBeUndefined();
    expect(task.contributions.length).toBe(MAX_CONTRIBUTIONS);
  });

  it("takes no more than a twentieth of the job's work in copies, whatever happens", () => {
    const action = fc.record({
      n: fc.integer({ min: 1, max: 8 }),
      what: fc.constantFrom("ask", "commit", "wait", "long"),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), fc.integer({ min: 5, max: 120 }), (actions, tasks) => {
        const grid = new Grid();
        const warm = grid.addJob({ tasks: 16, app: "app" });
        grid.joinMany(8);
        grid.wait(3_600_000);
        for (let n = 1; n <= 8; n++) {
          grid.ask(n);
          grid.nowMs += 100;
          grid.commit(n, 100);
        }
        for (let n = 1; warm.state === "running"; n = (n % 8) + 1) {
          grid.ask(n);
          grid.commit(n, 100);
        }
        const job = grid.addJob({ tasks, app: "app" });
        for (const { n, what } of actions) {
          if (what === "ask") grid.ask(n);
          else if (what === "commit") grid.commit(n, 100);
          else grid.wait(what === "wait" ? 200 : 15_000);
          for (const task of job.open.values()) expect(task.contributions.length).toBeLessThanOrEqual(task.target + 2);
          expect(job.dispatch.copies).toBeLessThanOrEqual(tasks / 20);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("gives no copy to a worker that is suspected, drops much of what it takes, or has hardly come", () => {
    for (const change of [{ suspicion: 1 }, { lapsed: 40 }, { fresh: true }]) {
      const { grid } = nearTheEnd();
      const worker = grid.state.workers.get(address(1))!;
      if ("fresh" in change) worker.dispatch.joinedMs = grid.nowMs;
      else Object.assign(worker, change);
      // Seconds of work are much for somebody who has come this moment.
      worker.itemMs.set("app 1", "fresh" in change ? 60_000 : 1_000);
      grid.nowMs += 600_000;
      if ("fresh" in change) worker.dispatch.joinedMs = grid.nowMs;
      expect(grid.ask(1)).toBe(undefined);
    }
  });

  it("gives a copy to strangers only", () => {
    const { grid } = nearTheEnd();
    grid.state.workers.get(address(1))!.owner = address(4);
    expect(grid.ask(1)).toBe(undefined);
    expect(grid.ask(2)?.tasks).toHaveLength(1);
  });
});

describe("many that leave at once", () => {
  it("give their tasks back at once, and those are handed out before any other", () => {
    const grid = new Grid();
    const job = grid.addJob({ tasks: 10_000 });
    grid.joinMany(200);
    for (let n = 1; n <= 200; n++) grid.ask(n);
    const lost = new Set<number>();
    for (let n = 1; n <= 180; n++) {
      for (const { index } of grid.leased(n)) lost.add(index);
      grid.leave(n);
    }
    expect(job.dispatch.returned.size).toBe(lost.size);
    const fresh = job.fresh;
    for (let n = 181; lost.size > 0; n = n === 200 ? 181 : n + 1) {
      const lease = grid.ask(n)!;
      for (const { index } of lease.tasks) expect(lost.delete(index) || lost.size === 0).toBe(true);
      grid.commit(n, 10);
    }
    expect(job.fresh - fresh).toBeLessThan(64);
  });

  it("do not make the pool believe that sessions are short", () => {
    const grid = new Grid();
    grid.joinMany(1_000);
    const { sessions } = grid.state.dispatch;
    const before = sessions.scaleMs;
    grid.wait(1_000);
    for (let n = 1; n <= 900; n++) grid.leave(n);
    expect(sessions.scaleMs).toBeGreaterThan(before / 2);
  });

  it("cost nothing for tasks that others hold: a task goes to whom it is new", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 50, trust: 2, replicas: 2 });
    grid.joinMany(20);
    for (let n = 1; n <= 20; n++) grid.ask(n, 4);
    for (let n = 1; n <= 15; n++) grid.leave(n);
    for (let round = 0; round < 10; round++)
      for (let n = 16; n <= 20; n++) {
        grid.ask(n, 4);
        grid.commit(n, 10);
      }
    for (const { tasks } of leasesOf(grid))
      for (const task of tasks) {
        const owners = task.contributions.map(({ owner }) => owner);
        expect(new Set(owners).size).toBe(owners.length);
      }
  });
});
