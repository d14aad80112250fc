// The secret order of a job's tasks: a bijection for any number of tasks and any key, and one that a restart finds again.
import { describe, expect, it } from "vitest";
import type { Address, Bytes32, JobId, TaskKey } from "../../../protocol/ids.ts";
import type { Event } from "../../../relay/scheduler/events.ts";
import { newJob, newWorker } from "../../../relay/scheduler/new.ts";
import { inOrder, ORDER_KEY_WORDS, type Order, secretOrder } from "../../../relay/scheduler/order.ts";
import type { Contribution, Job, State, Task } from "../../../relay/scheduler/state.ts";
import { emptyState, step } from "../../../relay/scheduler/step.ts";
import { orderOf } from "../../../relay/taskKeys.ts";
import { chooseSeed, seeded } from "../random.ts";

const seed = chooseSeed("order");
const keyOf = (n: number): Uint32Array => {
  const random = seeded(seed + n);
  return Uint32Array.from({ length: ORDER_KEY_WORDS }, () => random.below(2 ** 32));
};
const indices = (order: Order, tasks: number): number[] =>
  Array.from({ length: tasks }, (_, position) => order.indexAt(position));

describe(`a secret order (seed ${seed})`, () => {
  it("puts every task at exactly one position, for each number of tasks up to 1,200", () => {
    for (let tasks = 1; tasks <= 1200; tasks++) {
      const found = indices(secretOrder(tasks, keyOf(tasks)), tasks);
      expect(new Set(found).size).toBe(tasks);
      expect(found.every((index) => index >= 0 && index < tasks)).toBe(true);
    }
  });

  it("says of every index the position it is at, for small jobs and the largest", () => {
    const random = seeded(seed);
    for (const tasks of [1, 2, 3, 4, 5, 255, 256, 257, 65_536, 65_537, 1_000_000, 2 ** 30]) {
      const order = secretOrder(tasks, keyOf(tasks));
      for (let i = 0; i < 500; i++) {
        const position = random.below(tasks);
        expect(order.positionOf(order.indexAt(position))).toBe(position);
        expect(order.indexAt(order.positionOf(position))).toBe(position);
      }
    }
  });

  it("is another under another key, of any one word", () => {
    const key = keyOf(1);
    const first = indices(secretOrder(1000, key), 1000);
    for (let word = 0; word < ORDER_KEY_WORDS; word++) {
      const changed = key.slice();
      changed[word]! ^= 1;
      const second = indices(secretOrder(1000, changed), 1000);
      const same = first.filter((index, position) => index === second[position]).length;
      // A word of the first or last round touches one half: what that half leaves alone is a thirty-second part at a time.
      expect(same).toBeLessThan(300);
    }
  });

  it("has neighbours no nearer than chance: neither neighbouring positions nor neighbouring tasks tell of each other", () => {
    const tasks = 4000;
    const order = secretOrder(tasks, keyOf(2));
    for (const list of [indices(order, tasks), Array.from({ length: tasks }, (_, index) => order.positionOf(index))]) {
      let rising = 0;
      let near = 0;
      for (let i = 1; i < tasks; i++) {
        if (list[i]! > list[i - 1]!) rising++;
        if (Math.abs(list[i]! - list[i - 1]!) <= 20) near++;
      }
      // Rises of a random order: half, deviation sqrt(n / 12); near neighbours: 40 of 4,000 pairs, Poisson.
      expect(Math.abs(rising - tasks / 2)).toBeLessThan(7 * Math.sqrt(tasks / 12));
      expect(near).toBeLessThan(100);
    }
  });

  it("comes of the job's secret: the same from the same, another from another", () => {
    const secret = new Uint8Array(32).fill(7);
    expect(indices(orderOf(500, secret), 500)).toEqual(indices(orderOf(500, secret.slice()), 500));
    expect(indices(orderOf(500, secret), 500)).not.toEqual(indices(orderOf(500, new Uint8Array(32).fill(8)), 500));
  });
});

const address = (n: number) => `0x${n.toString(16).padStart(40, "0")}` as Address;
const right = "0x01" as Bytes32;

const jobOf = (order: Order, tasks: number): Job =>
  newJob({
    id: `0x${"1".repeat(64)}` as JobId,
    engine: "wasm",
    app: "app",
    law: "pool",
    trust: 100,
    replicas: 1,
    firstReplicas: 1,
    tasks,
    compare: { kind: "exact" },
    keyOf: (index) => `task ${index}` as TaskKey,
    order,
  });

/** Works for some rounds; tells what a store would know, and in which order tasks were leased first. */
class Pool {
  readonly state: State = emptyState({ random: seeded(seed) });
  readonly certified = new Set<number>();
  readonly leased: number[] = [];
  readonly leases: number[][] = [];
  readonly #hands = new Map<Address, Task[]>();
  readonly #asked: { worker: Address; task: Task }[] = [];
  #nowMs = 0;

  send(event: Event): void {
    for (const effect of step(this.state, event, this.#nowMs)) {
      if (effect.type === "lease") {
        this.#hands.set(effect.worker.address, effect.tasks);
        this.leases.push(effect.tasks.map(({ index }) => index));
        this.leased.push(...this.leases.at(-1)!);
      } else if (effect.type === "askReveal")
        this.#asked.push(...effect.tasks.map((task) => ({ worker: effect.worker, task })));
      else if (effect.type === "certified") this.certified.add(effect.task.index);
    }
  }

  work(rounds: number): void {
    for (let n = 1; n <= 3; n++)
      this.send({
        type: "workerJoined",
        worker: newWorker({ address: address(n), engines: new Set(["wasm"]), connected: true }),
      });
    for (let round = 0; round < rounds; round++) {
      this.#nowMs += 1000;
      this.send({ type: "ticked" });
      for (let n = 1; n <= 3; n++) {
        const worker = address(n);
        this.send({ type: "workRequested", worker, tasks: 4 });
        const tasks = this.#hands.get(worker) ?? [];
        this.#hands.delete(worker);
        const commitments = tasks.map((task) => ({ task, commitment: `0x${task.index}:${n}` as Bytes32 }));
        this.send({ type: "committed", worker, tasks: commitments, busyMs: 1 });
        for (const { worker, task } of this.#asked.splice(0))
          this.send({ type: "revealed", worker, task, digest: right, output: new Uint8Array(1) });
      }
    }
  }

  contributions(): { index: number; contribution: Contribution }[] {
    return [...this.state.jobs.values()].flatMap(({ open }) =>
      [...open.values()].flatMap(({ index, contributions }) =>
        contributions.filter((c) => c.state !== "leased").map((contribution) => ({ index, contribution })),
      ),
    );
  }
}

describe(`a job whose order is secret (seed ${seed})`, () => {
  it("leases first in that order, whatever was leased again in between", () => {
    const order = secretOrder(400, keyOf(3));
    const pool = new Pool();
    const job = jobOf(order, 400);
    pool.send({ type: "jobAdded", job });
    pool.work(10);
    const leased = new Set(pool.leased);
    expect(leased.size).toBeGreaterThan(30);
    expect(leased).toEqual(new Set(indices(order, job.fresh)));
  });

  it("goes on after a restart with what nobody had, leases no certified task, and finishes", () => {
    const order = secretOrder(200, keyOf(4));
    const before = new Pool();
    before.send({ type: "jobAdded", job: jobOf(order, 200) });
    // How many rounds that takes is up to the audits drawn.
    for (let tries = 0; tries < 10 && before.certified.size === 0; tries++) before.work(8);
    expect(before.certified.size).toBeGreaterThan(0);
    const fresh = [...before.state.jobs.values()][0]!.fresh;

    const after = new Pool();
    const job = jobOf(order, 200);
    const contributions = before.contributions();
    for (let n = 1; n <= 3; n++) after.state.workers.set(address(n), newWorker({ address: address(n) }));
    after.send({ type: "jobRestored", job, certified: before.certified, contributions });
    expect(job.fresh).toBeLessThanOrEqual(fresh);
    const known = new Set([...before.certified, ...contributions.map(({ index }) => index)]);
    // What is neither known nor past the counter is a number in line: nothing is lost, nothing is there twice.
    expect(known.size + job.dispatch.returned.size + (200 - job.fresh)).toBe(200);
    after.work(200);
    expect(job.state).toBe("done");
    for (const index of after.leased) expect(before.certified.has(index)).toBe(false);
    expect(new Set([...before.certified, ...after.certified]).size).toBe(200);
  });

  it("mixes what is new with what is not: a confirmation may be anywhere in a lease", () => {
    const pool = new Pool();
    pool.send({ type: "jobAdded", job: jobOf(inOrder, 3000) });
    pool.work(120);
    const places = [0, 0, 0, 0];
    const rising = { yes: 0, no: 0 };
    for (const lease of pool.leases.filter(({ length }) => length === 4)) {
      const highest = Math.max(...lease);
      places[lease.indexOf(highest)]!++;
      for (let i = 1; i < 4; i++) rising[lease[i]! > lease[i - 1]! ? "yes" : "no"]++;
    }
    const sum = places.reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThan(100);
    for (const count of places) expect(Math.abs(count - sum / 4)).toBeLessThan(6 * Math.sqrt((sum * 3) / 16));
    expect(Math.abs(rising.yes - rising.no)).toBeLessThan(6 * Math.sqrt(3 * sum));
  });

  it("asks nobody again for a task that an epoch has shown to be certified", () => {
    const pool = new Pool();
    const job = jobOf(secretOrder(2000, keyOf(5)), 2000);
    job.audit = { keyOf: (n) => `check ${n}` as TaskKey, next: 0, most: 2000 };
    pool.state.rules.checkRate = 0.3;
    pool.send({ type: "jobAdded", job });
    pool.work(60);
    expect(job.known.length).toBeGreaterThan(3);
    const published = new Set(pool.certified);
    pool.send({ type: "published", job: job.id, indices: published });
    expect(job.known).toEqual([]);
    pool.leased.length = 0;
    pool.work(60);
    const repeated = pool.leased.filter((index) => published.has(index));
    expect(repeated).toEqual([]);
    expect(job.audit.next).toBeGreaterThan(20);
  });

  it("is open where nothing rests on one worker's word", () => {
    const pool = new Pool();
    pool.send({ type: "jobAdded", job: { ...jobOf(inOrder, 100), law: "poco", trust: 1 } });
    pool.work(1);
    expect(pool.leased.slice(0, 4)).toEqual([0, 1, 2, 3]);
  });
});
