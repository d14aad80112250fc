// Law `poco` in the scheduler: as few replicas as the workers at hand allow.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bytes32, JobId, TaskKey } from "../../../protocol/ids.ts";
import { certifiedDigest, MAX_CONTRIBUTIONS, MAX_SCORE } from "../../../protocol/poco.ts";
import { laws } from "../../../relay/scheduler/laws.ts";
import { newJob } from "../../../relay/scheduler/new.ts";
import type { Task } from "../../../relay/scheduler/state.ts";
import { address, Grid } from "./grid.ts";

const T = 10_000;
const terms = {
  law: "poco" as const,
  trust: T,
  replicas: 1,
  firstReplicas: laws.poco!.first({ trust: T, replicas: 1 }),
};

/** Contributions of the only task's leases until nobody gets it any more, by workers of these scores, in this order. */
function place(scores: readonly number[]): { grid: Grid; placed: number } {
  const grid = new Grid();
  grid.addJob({ tasks: 1, ...terms });
  scores.forEach((score, i) => {
    grid.join(i + 1, { score });
  });
  let placed = 0;
  for (let n = 1; n <= scores.length; n++) if (grid.ask(n)) placed++;
  return { grid, placed };
}

describe("law poco", () => {
  it("aims at what the integer rule asks for, and at no contribution more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: MAX_SCORE })), { maxLength: 15 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: MAX_CONTRIBUTIONS }),
        (scores, trust, replicas) => {
          const aimed = laws.poco!.aim!({ trust, replicas }, scores);
          const isEnough = (count: number) => {
            const votes = Array.from({ length: count }, (_, i) => ({ score: scores[i] ?? 0, digest: "same" }));
            return count >= replicas && certifiedDigest(votes, trust) === "same";
          };
          expect(aimed).toBeGreaterThanOrEqual(scores.length);
          if (aimed < MAX_CONTRIBUTIONS) expect(isEnough(aimed)).toBe(true);
          if (aimed > scores.length) expect(isEnough(aimed - 1)).toBe(false);
        },
      ),
    );
  });

  it("takes two proven workers where fourteen newcomers are needed", () => {
    expect(place(Array(20).fill(0)).placed).toBe(14);
    expect(place(Array(20).fill(3_000)).placed).toBe(2);
    // Two newcomers count as four, so a proven one more is not enough, and two are.
    expect(place([0, 0, 3_000, 3_000, 0, 0]).placed).toBe(4);
  });

  it("places more again when a proven worker hands its lease back", () => {
    const { grid } = place([0, 3_000, 3_000]);
    const [task] = [...grid.state.jobs.values()][0]!.open.values();
    expect([task!.target, task!.contributions.length]).toEqual([3, 3]);
    grid.leave(3);
    // A newcomer (2) and a proven worker (999) lack three newcomers: 2 · 999 · 2³ > 9,999.
    expect([task!.target, task!.contributions.length]).toEqual([5, 2]);
    for (let n = 10; n < 20; n++) {
      grid.join(n);
      grid.ask(n);
    }
    expect(task!.contributions.length).toBe(5);
  });

  it("does not wait for a copy that it does not need", () => {
    const { grid } = place([3_000, 3_000]);
    const [task] = [...grid.state.jobs.values()][0]!.open.values();
    task!.contributions = [
      ...task!.contributions,
      { ...task!.contributions[0]!, worker: "0xcc", owner: "0xcc" } as never,
    ];
    for (const n of [1, 2]) {
      const commitment = `0x${n}` as Bytes32;
      const { address } = grid.join(n, { score: 3_000 });
      grid.send({ type: "committed", worker: address, tasks: [{ task: task!, commitment }], busyMs: 1 });
    }
    expect(grid.effects.filter(({ type }) => type === "askReveal").length).toBe(2);
  });

  it("seeks no more than proven workers leave to be sought when results differ, and waits for no more", () => {
    const grid = new Grid();
    const job = grid.addJob({ tasks: 1, ...terms });
    grid.join(1, { score: 3_000 });
    grid.join(2, { score: 3_000 });
    const [task] = grid.ask(1)!.tasks as [Task];
    grid.ask(2);
    for (const n of [1, 2]) {
      const event = { worker: address(n), tasks: [{ task, commitment: commitmentOf(n) }], busyMs: 1 };
      grid.send({ type: "committed", ...event });
    }
    for (const n of [1, 2]) {
      const output = new Uint8Array(1);
      grid.send({ type: "revealed", worker: address(n), task, digest: commitmentOf(10 * n), output });
    }
    // One of the two is right: 999 · 2^14 > 9,999 · (1 + 999), so that many newcomers, or two more that are proven.
    expect(task.target).toBe(2 + 14);
    for (const n of [3, 4]) {
      grid.join(n, { score: 3_000 });
      grid.ask(n);
      const event = { worker: address(n), tasks: [{ task, commitment: commitmentOf(n) }], busyMs: 1 };
      for (const effect of grid.send({ type: "committed", ...event }))
        if (effect.type === "askReveal") answerAll(grid, task, commitmentOf(10));
    }
    answerAll(grid, task, commitmentOf(10));
    expect(job.state).toBe("done");
  });

  it("is not forgotten by a restart: what proven workers have committed is asked for", () => {
    const { grid } = place([3_000, 3_000]);
    const [task] = [...grid.state.jobs.values()][0]!.open.values();
    for (const n of [1, 2]) {
      const event = { worker: address(n), tasks: [{ task: task!, commitment: commitmentOf(n) }], busyMs: 1 };
      grid.send({ type: "committed", ...event });
    }
    const contributions = task!.contributions.map((c) => ({
      index: 0,
      contribution: { ...c, state: "committed" as const },
    }));
    const after = new Grid();
    for (const n of [1, 2]) after.join(n, { score: 3_000 });
    const job = { id: "0x1" as JobId, engine: "wasm" as const, app: "app", tasks: 1, ...terms };
    const compare = { kind: "exact" as const };
    const restored = newJob({ ...job, compare, keyOf: () => "0x2" as TaskKey });
    after.send({ type: "jobRestored", job: restored, certified: new Set(), contributions });
    expect(after.effects.filter(({ type }) => type === "askReveal").length).toBe(2);
  });
});

const commitmentOf = (n: number) => `0x${n}` as Bytes32;

/** Whoever is asked shows this. */
function answerAll(grid: Grid, task: Task, digest: Bytes32): void {
  for (const { worker, state } of task.contributions)
    if (state === "asked") grid.send({ type: "revealed", worker, task, digest, output: new Uint8Array(1) });
}
