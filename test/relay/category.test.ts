import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { JobView } from "../../protocol/api.ts";
import type { Address, Bytes32, JobId, TaskKey } from "../../protocol/ids.ts";
import { charge, newSpending, overrun, referenceSeconds } from "../../relay/scheduler/category.ts";
import type { Effect, Event } from "../../relay/scheduler/events.ts";
import { newJob, newWorker } from "../../relay/scheduler/new.ts";
import type { Task } from "../../relay/scheduler/state.ts";
import { emptyState, step } from "../../relay/scheduler/step.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay } from "./testRelay.ts";

const seconds = fc.double({ min: 0.001, max: 1000, noNaN: true });

describe("a task's reference seconds", () => {
  test("are its time on the machine, by how fast that machine is", () => {
    expect(referenceSeconds("wasm", { GflopsWasm: 5 }, 8000, 10_000)).toBe(4);
    expect(referenceSeconds("wasm", { GflopsWasm: 20 }, 8000, 10_000)).toBe(16);
    expect(referenceSeconds("wgsl", { GflopsF32: 4000, GflopsI32: 1000, GflopsWasm: 5 }, 8000, 10_000)).toBe(16);
  });

  test("are those of the reference machine where no speed is known", () => {
    for (const attributes of [{}, { GflopsWasm: "fast" }, { GflopsWasm: 0 }, { GflopsF32: 9 }])
      expect(referenceSeconds("wasm", attributes, 8000, 10_000)).toBe(8);
  });

  test("are of no more time than the relay has seen pass", () => {
    expect(referenceSeconds("wasm", {}, 3_600_000, 2000)).toBe(2);
    expect(referenceSeconds("wasm", {}, 1000, -5)).toBe(0);
  });
});

describe("what a job has spent", () => {
  test("is the sum of its tasks, each counted once", () => {
    fc.assert(
      fc.property(
        seconds,
        fc.integer({ min: 5, max: 200 }),
        fc.integer({ min: 1, max: 4 }),
        (each, tasks, replicas) => {
          const spending = newSpending("S", 0);
          for (let task = 0; task < tasks; task++) charge(spending, Array(replicas).fill(each));
          expect(spending.seconds / (each * tasks)).toBeCloseTo(1, 9);
          expect(spending.latest.length).toBeLessThanOrEqual(63);
        },
      ),
    );
  });

  test("goes on from where it was before a restart, and is not moved by tasks nobody told of", () => {
    const spending = newSpending("S", 100);
    for (let task = 0; task < 5; task++) {
      charge(spending, []);
      expect(spending.seconds).toBe(100);
      charge(spending, [7]);
    }
    expect(spending.seconds).toBe(135);
  });

  test("is not raised by one liar among two or three that agree", () => {
    fc.assert(
      fc.property(seconds, seconds, fc.boolean(), (honest, lie, three) => {
        const spending = newSpending("S", 0);
        for (let task = 0; task < 5; task++)
          charge(spending, three ? [honest, honest + lie, honest] : [honest, honest + lie]);
        expect(spending.seconds / honest).toBeCloseTo(5, 9);
      }),
    );
  });

  test("is at most 1.6 times the truth where a fifth of the tasks, done by one worker each, is told without bound", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 80 }), (liars) => {
        const spending = newSpending("XL", 0);
        // One lie among any five tasks that begin a block, wherever it stands.
        for (const liar of liars) for (let task = 0; task < 5; task++) charge(spending, [task === liar ? 1e9 : 1]);
        expect(spending.seconds).toBe(liars.length * (4 + 4));
      }),
    );
  });

  test("is not known from fewer than five tasks, so that no single figure stops a job", () => {
    const spending = newSpending("XXS", 0);
    for (const told of [1e9, 1, 1, 1]) charge(spending, [told]);
    expect(spending.seconds).toBe(0);
    charge(spending, [1]);
    expect(spending.seconds).toBe(4 + 4);
    expect(overrun(spending, "wasm")).toBeUndefined();
  });

  test("may reach twice the category", () => {
    const spending = newSpending("XXS", 60);
    expect(overrun(spending, "wasm")).toBeUndefined();
    for (let task = 0; task < 5; task++) charge(spending, [0.001]);
    expect(overrun(spending, "wasm")).toBe(
      "expected at most 30 reference seconds, as category XXS has, found 61 in the tasks certified so far",
    );
    expect(overrun(newSpending("XS", 61), "wasm")).toBeUndefined();
  });
});

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
const address = (n: number) => hex(n, 20) as Address;
const hash = (n: number) => hex(n, 32) as Bytes32;

/** Two honest workers that take `taskMs` for each task do a job of 20 tasks, as far as they are let. */
function runJob(taskMs: number, category: "XXS" | undefined) {
  const state = emptyState({ random: () => 0.5 });
  const effects: Effect[] = [];
  let nowMs = 0;
  const send = (event: Event): Effect[] => {
    const done = step(state, event, nowMs);
    effects.push(...done);
    return done;
  };
  const job = newJob({
    id: hash(1) as JobId,
    engine: "wasm",
    app: "app",
    law: "poco",
    trust: 2,
    replicas: 2,
    firstReplicas: 2,
    tasks: 20,
    compare: { kind: "exact" },
    keyOf: (index) => hash(1000 + index) as TaskKey,
    ...(category && { spending: newSpending(category, 0) }),
  });
  send({ type: "jobAdded", job });
  // One is twice as fast as the other, and takes half as long.
  const factors = [0.5, 1];
  for (const n of [1, 2]) {
    const attributes = { GflopsWasm: 10 * factors[n - 1]! };
    send({
      type: "workerJoined",
      worker: newWorker({ address: address(n), engines: new Set(["wasm"]), connected: true, attributes }),
    });
  }
  for (let round = 0; round < 100 && job.state === "running"; round++)
    for (const n of [1, 2]) {
      const leased: Task[] = [];
      for (const effect of send({ type: "workRequested", worker: address(n), tasks: 4 }))
        if (effect.type === "lease") leased.push(...effect.tasks);
      if (leased.length === 0) continue;
      const busyMs = (leased.length * taskMs) / factors[n - 1]!;
      nowMs += busyMs;
      const tasks = leased.map((task) => ({ task, commitment: hash(n) }));
      const asked = send({ type: "committed", worker: address(n), tasks, busyMs });
      for (const effect of asked)
        if (effect.type === "askReveal")
          for (const task of effect.tasks) {
            if (task.closed) continue;
            const output = new Uint8Array([task.index]);
            send({ type: "revealed", worker: effect.worker, task, digest: hash(task.index), output });
          }
    }
  return { job, effects, certified: effects.filter(({ type }) => type === "certified").length };
}

describe("the scheduler", () => {
  test("finishes a job within its category, however it is spread over machines", () => {
    const { job, certified } = runJob(2_900, "XXS");
    expect([job.state, certified]).toEqual(["done", 20]);
    expect(job.spending!.seconds).toBeCloseTo(58, 6);
  });

  test("stops a job that overruns its category, with what was certified kept", () => {
    const { job, effects, certified } = runJob(7_000, "XXS");
    expect(job.state).toBe("stopped");
    // Eight tasks of 7 s are 56 s, nine are 63.
    expect(certified).toBe(9);
    expect(effects.filter(({ type }) => type === "jobStopped")).toMatchObject([
      { code: "category-overrun", message: expect.stringContaining("found 63 in the tasks certified so far") },
    ]);
  });

  test("lets a job that names no category run", () => {
    const { job, certified } = runJob(7_000, undefined);
    expect([job.state, certified]).toEqual(["done", 20]);
  });
});

describe("a relay", () => {
  test("refuses a job whose memory or data is beyond the category it names", async () => {
    const grid = await openTestRelay();
    onTestFinished(() => grid.close());
    const code = await compileSquares();
    const large = await grid.publish({ ...squares, name: "large", memoryBytes: 100 * 2 ** 20 }, code);
    await expect(grid.submit(specOf(large, { category: "XXS" }))).rejects.toThrow(
      "category: a task of XXS may take 67108864 bytes of memory, found 104857600",
    );
    const app = await grid.publish(squares, code);
    await expect(grid.submit(specOf(app, { items: 4_000_000, itemsPerTask: 4000, category: "XXS" }))).rejects.toThrow(
      "category: XXS has 15728640 bytes of input and output, found 16000000",
    );
    expect((await grid.submit(specOf(app, { category: "XXS" }))).spentSeconds).toBe(0);
    expect(await grid.submit(specOf(app))).not.toHaveProperty("spentSeconds");
  });

  test("counts what a job takes, and knows it after a restart", async () => {
    const data = mkdtempSync(join(tmpdir(), "superedge-category-"));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const first = await openTestRelay({ data });
    const app = await first.publish(squares, await compileSquares());
    const { job } = await first.submit(specOf(app, { category: "XXS" }));
    const volunteers = [1, 2].map(
      () =>
        new NodeVolunteer(first.url, {
          compute: async (_kernel, { first, count }) => {
            const endMs = performance.now() + 3;
            while (performance.now() < endMs);
            return new Uint8Array(Uint32Array.from({ length: count }, (_, i) => (first + i) ** 2).buffer);
          },
        }),
    );
    const view = async (url: string) => (await (await fetch(`${url}/api/jobs/${job}`)).json()) as JobView;
    await vi.waitFor(async () => expect((await view(first.url)).state).toBe("done"), { timeout: 30_000 });
    const { spentSeconds, tasks } = await view(first.url);
    expect(spentSeconds! / (tasks * 0.003)).toBeGreaterThan(0.5);
    for (const volunteer of volunteers) volunteer.close();
    await first.close();

    const second = await openTestRelay({ data });
    onTestFinished(() => second.close());
    expect((await view(second.url)).spentSeconds).toBe(spentSeconds);
  });
});
