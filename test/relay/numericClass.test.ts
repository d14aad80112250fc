// Kernels whose floats are the same on machines of one numeric class only.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WgslManifest } from "../../kernels/kernel.ts";
import type { JobView } from "../../protocol/api.ts";
import { type Address, type Bytes32, hex32, type JobId, type TaskKey } from "../../protocol/ids.ts";
import { newJob, newWorker } from "../../relay/scheduler/new.ts";
import type { Compare, Job, State, Task, Worker } from "../../relay/scheduler/state.ts";
import { emptyState, step } from "../../relay/scheduler/step.ts";
import { RawVolunteer, workOf } from "./rawVolunteer.ts";
import { squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay } from "./testRelay.ts";

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;

const makeJob = (compare: Compare, change: Partial<Job> = {}): Job => ({
  ...newJob({
    id: hex(1, 32) as JobId,
    requester: hex(1, 20) as Address,
    engine: "wgsl",
    app: "app",
    law: "poco",
    trust: 2,
    replicas: 2,
    firstReplicas: 2,
    tasks: 40,
    compare,
    keyOf: (index) => hex(1000 + index, 32) as TaskKey,
  }),
  ...change,
});
const makeWorker = (n: number, owner: number, numericClass: string): Worker =>
  newWorker({
    address: hex(n, 20) as Address,
    owner: hex(1000 + owner, 20) as Address,
    beneficiary: hex(1000 + owner, 20) as Address,
    engines: new Set(["wgsl"]),
    connected: true,
    numericClass,
  });

const begin = (job: Job, workers: Worker[]): State => {
  const state = emptyState({ random: () => 0.5 });
  for (const worker of workers) step(state, { type: "workerJoined", worker }, 0);
  step(state, { type: "jobAdded", job }, 0);
  return state;
};
/** Asks for work and commits to all of it. */
function work(state: State, { address }: Worker, nowMs: number, tasks = 4): Task[] {
  const done: Task[] = [];
  for (const effect of step(state, { type: "workRequested", worker: address, tasks }, nowMs)) {
    if (effect.type !== "lease") continue;
    done.push(...effect.tasks);
    const commitments = effect.tasks.map((task) => ({ task, commitment: hex(nowMs + 1, 32) as Bytes32 }));
    step(state, { type: "committed", worker: address, tasks: commitments, busyMs: 1 }, nowMs);
  }
  return done;
}
const classesOf = (task: Task) => new Set(task.contributions.map((c) => c.numericClass));

const people = fc.array(
  fc.record({ owner: fc.integer({ min: 0, max: 6 }), numericClass: fc.constantFrom("", "a", "b", "c") }),
  { minLength: 1, maxLength: 20 },
);

describe("a kernel that is exact inside a class", () => {
  it("has every task done in one class, and none begun where fewer than two owners could finish it", () => {
    fc.assert(
      fc.property(people, fc.array(fc.nat(), { maxLength: 60 }), (population, turns) => {
        const workers = population.map(({ owner, numericClass }, i) => makeWorker(i + 1, owner, numericClass));
        const state = begin(makeJob({ kind: "exact", within: "class" }), workers);
        for (const [i, turn] of turns.entries()) work(state, workers[turn % workers.length]!, i);
        for (const task of [...state.jobs.values()].flatMap(({ open }) => [...open.values()])) {
          if (task.contributions.length === 0) continue;
          expect(classesOf(task).size).toBe(1);
          const [numericClass] = classesOf(task);
          expect(numericClass).not.toBe("");
          const owners = new Set(workers.filter((w) => w.numericClass === numericClass).map(({ owner }) => owner));
          expect(owners.size).toBeGreaterThan(1);
        }
      }),
    );
  });

  it("is begun in a class as soon as a second owner has come", () => {
    const [ann, annToo, bob] = [makeWorker(1, 1, "a"), makeWorker(2, 1, "a"), makeWorker(3, 2, "a")];
    const state = begin(makeJob({ kind: "exact", within: "class" }), [ann, annToo]);
    expect(work(state, ann, 1)).toEqual([]);
    step(state, { type: "workerJoined", worker: bob }, 2);
    expect(work(state, ann, 3).length).toBeGreaterThan(0);
  });

  it("is no other kernel's business: exact ones are placed in any class", () => {
    const [ann, bob] = [makeWorker(1, 1, "a"), makeWorker(2, 2, "")];
    const state = begin(makeJob({ kind: "exact" }), [ann, bob]);
    const done = work(state, ann, 1);
    expect(work(state, bob, 2).slice(0, done.length)).toEqual(done);
  });
});

describe("a kernel that compares within a tolerance", () => {
  const within: Compare = { kind: "tolerance", agree: () => true, isSampled: () => false };

  it("has its tasks done again by the same class, if it has any, and by another if not", () => {
    const [ann, bob, cy, dan] = [1, 2, 3, 4].map((n) => makeWorker(n, n, n % 2 ? "a" : "b")) as Worker[];
    const state = begin(makeJob(within, { law: "pool" }), [ann!, bob!, cy!, dan!]);
    const joined = (tasks: Task[], of: Task[]) => tasks.filter((task) => of.includes(task));
    const anns = work(state, ann!, 1, 2);
    // Bob begins others, although ann's wait; cy and dan find those of their own class.
    const bobs = work(state, bob!, 2, 2);
    expect(joined(bobs, anns)).toEqual([]);
    expect(joined(work(state, dan!, 3, 1), bobs)).toHaveLength(1);
    expect(joined(work(state, cy!, 4, 2), anns)).toEqual(anns);
    // Nothing else is left: what waits for its own class is done by another.
    const last = work(state, bob!, 5, 64);
    for (let turn = 6; turn < 60; turn++) last.push(...work(state, bob!, turn, 64));
    const eve = makeWorker(5, 5, "c");
    step(state, { type: "workerJoined", worker: eve }, 60);
    expect(joined(work(state, eve, 61, 64), last).length).toBeGreaterThan(0);
  });

  it("has the tasks of a class with one owner done by others at once", () => {
    const [ann, bob] = [makeWorker(1, 1, "a"), makeWorker(2, 2, "b")];
    const state = begin(makeJob(within, { law: "pool" }), [ann, bob]);
    const anns = work(state, ann, 1, 2);
    expect(work(state, bob, 2, 2)).toEqual(anns);
  });
});

describe("on a real relay, a job that is exact inside a class", () => {
  const bound: WgslManifest = {
    ...squares,
    name: "class-bound",
    engine: "wgsl",
    params: [],
    compare: { kind: "exact", within: "class" },
    wgsl: {
      buffers: [],
      uniforms: [],
      bindings: [{ group: 0, binding: 0, kind: "storage", source: { output: true } }],
      passes: [{ entryPoint: "main", workgroups: [1, 1, 1] }],
    },
  };

  it("waits for two owners of one class, says so, and remembers the class of what was committed", async () => {
    const data = mkdtempSync(join(tmpdir(), "superedge-class-"));
    const open = () => openTestRelay({ data, poolKey: `0x${"17".repeat(32)}` });
    let grid = await open();
    const people = async (numericClass: string, key?: Uint8Array) => {
      const volunteer = await RawVolunteer.connect(grid, key);
      const ad = { engines: ["wgsl" as const], cores: 1, hidden: false, peers: false, numericClass };
      volunteer.send(volunteer.hello(volunteer.challenge, { message: { ad } }));
      await volunteer.welcomed();
      return volunteer;
    };
    const app = await grid.publish(bound, new TextEncoder().encode("shader"));
    const { job } = await grid.submit(specOf(app, { items: 2, itemsPerTask: 2 }));
    const view = async () => (await (await fetch(`${grid.url}/api/jobs/${job}`)).json()) as JobView;

    const [ann, bob] = [await people("a"), await people("b")];
    for (const volunteer of [ann, bob]) {
      volunteer.send({ type: "ready", tasks: 1 });
      await volunteer.next("idle");
    }
    expect((await view()).waitsFor).toContain(
      "2 different owners that run wgsl in one numeric class, found 1 such owner among 2",
    );
    const cy = await people("a");
    const lease = await ann.next("lease");
    expect((await view()).waitsFor).toBe(undefined);
    const work = workOf(lease.tasks[0]!.key, squaresOf({ first: 0, count: 2 }));
    ann.send(ann.commit([work]));
    await ann.next("ack");
    for (const volunteer of [ann, bob, cy]) volunteer.close();
    await grid.close();

    grid = await open();
    const dan = await people("b");
    dan.send({ type: "ready", tasks: 1 });
    await dan.next("idle");
    const eve = await people("a");
    expect((await eve.lease(1)).tasks.map(({ key }) => hex32(key))).toEqual([hex32(work.key)]);
    for (const volunteer of [dan, eve]) volunteer.close();
    await grid.close();
    rmSync(data, { recursive: true, force: true });
  });
});
