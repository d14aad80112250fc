// The scheduler under whatever may arrive, in any order: workers that lie, leave, come back as somebody else's, show late,
// twice or never; referees that answer late; jobs that stop in the middle. Then honest workers finish what is left.
import { describe, expect, it } from "vitest";
import type { Address, Bytes32, JobId, TaskKey } from "../../../protocol/ids.ts";
import { MAX_CONTRIBUTIONS } from "../../../protocol/poco.ts";
import type { Effect, Event } from "../../../relay/scheduler/events.ts";
import { laws } from "../../../relay/scheduler/laws.ts";
import { newJob, newWorker } from "../../../relay/scheduler/new.ts";
import type { Contribution, Job, State, Task } from "../../../relay/scheduler/state.ts";
import { emptyState, step } from "../../../relay/scheduler/step.ts";
import { chooseSeed, type Random, seeded } from "../random.ts";

const seed = chooseSeed("scheduler fuzz");
const RUNS = 60;
const EVENTS = 500;
const WORKERS = 10;
const HELPERS = 12;
const ROUNDS = 3000;

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
const address = (n: number) => hex(n, 20) as Address;
const right = (task: Task) => hex(task.index + 1, 32) as Bytes32;
type Asked = { worker: Address; task: Task };

class Chaos {
  readonly random: Random;
  readonly state: State;
  readonly jobs: Job[] = [];
  readonly leases: Asked[] = [];
  readonly asked: Asked[] = [];
  readonly uploads: Asked[] = [];
  readonly refereed: Task[] = [];
  readonly certified = new Map<Job, Set<number>>();
  /** How each contribution that was committed to has ended. */
  readonly ends = new Map<Bytes32, string[]>();
  nowMs = 0;
  #commitments = 0;

  constructor(from: number) {
    this.random = seeded(from);
    const rules = { auditRate: 0.15, checkRate: 0.15, maxHeld: this.random.pick([5, 50_000]) };
    this.state = emptyState({ random: seeded(from + 1), rules });
  }

  send(event: Event): void {
    for (const effect of step(this.state, event, this.nowMs)) this.#hear(effect);
  }

  #hear(effect: Effect): void {
    switch (effect.type) {
      case "lease":
        for (const task of effect.tasks) {
          expect(effect.job.state).toBe("running");
          const own = task.contributions.filter((c) => c.owner === effect.worker.owner);
          expect(own.length, `contributions of one owner to task ${task.index}`).toBe(1);
          this.leases.push({ worker: effect.worker.address, task });
        }
        return;
      case "askReveal":
        for (const task of effect.tasks) this.asked.push({ worker: effect.worker, task });
        return;
      case "askUpload":
        this.uploads.push(effect);
        return;
      case "askReferee":
        this.refereed.push(effect.task);
        return;
      case "certified": {
        const { task, agreeing, rejected } = effect;
        const done = this.certified.get(task.job)!;
        expect(done.has(task.index), `task ${task.index} certified twice`).toBe(false);
        done.add(task.index);
        expect(agreeing.length).toBeGreaterThanOrEqual(task.job.replicas);
        if (task.job.law === "pool") expect(agreeing.length).toBeGreaterThan(rejected.length);
        expect(agreeing.length + rejected.length).toBeLessThanOrEqual(MAX_CONTRIBUTIONS);
        for (const c of agreeing) this.#end(c, "agreed");
        for (const c of rejected) this.#end(c, "rejected");
        return;
      }
      case "lapsed":
        return this.#end(effect.contribution, "lapsed");
      case "checked":
        return this.#end(effect.contribution, "checked");
      case "banned":
        // The relay closes its connection.
        return void (effect.worker.connected && this.leave(effect.worker.address));
    }
  }

  #end(c: Contribution, how: string): void {
    const ends = this.ends.get(c.commitment!);
    expect(ends, `a contribution that ends as ${how} was committed to`).toEqual([]);
    ends!.push(how);
  }

  addJob(): void {
    const { random } = this;
    const n = this.jobs.length;
    const law = random.pick(["pool", "pool", "poco"] as const);
    const terms = { trust: random.pick([1, 2, 5, 30, 200]), replicas: 1 + random.below(3) };
    if (law === "poco") terms.trust = Math.min(terms.trust, 5);
    const job = newJob({
      id: hex(n + 1, 32) as JobId,
      requester: address(500 + random.below(2)),
      engine: random.pick(["wasm", "wasm", "wgsl"]),
      app: `app ${n}`,
      law,
      ...terms,
      firstReplicas: laws[law]!.first(terms),
      tasks: 1 + random.below(120),
      compare: random.below(5) === 0 ? { kind: "exact", within: "class" } : { kind: "exact" },
      referee: random.below(2) === 0,
      keyOf: (index) => `${n}:${index}` as TaskKey,
      ...(law === "pool" &&
        terms.trust > 1 &&
        random.below(3) > 0 && { audit: { keyOf: (i) => `${n}:check ${i}` as TaskKey, next: 0, most: 40 } }),
    });
    this.jobs.push(job);
    this.certified.set(job, new Set());
    this.send({ type: "jobAdded", job });
  }

  join(n: number, owner = n): void {
    if (this.state.workers.get(address(n))?.banned) return;
    const engines = new Set(this.random.below(4) === 0 ? ["wasm"] : ["wasm", "wgsl"]);
    const worker = newWorker({ address: address(n), owner: address(owner), engines, connected: true });
    worker.numericClass = this.random.pick(["a", "a", "b", ""]);
    const known = this.state.workers.get(worker.address);
    if (known) worker.standing = known.standing;
    this.send({ type: "workerJoined", worker });
  }

  leave(worker: Address): void {
    this.send({ type: "workerLeft", worker });
  }

  ask(worker: Address): void {
    const known = this.state.workers.get(worker);
    if (known?.connected && !known.banned)
      this.send({ type: "workRequested", worker, tasks: 1 + this.random.below(64) });
  }

  commit(worker: Address, share: number): void {
    const tasks: { task: Task; commitment: Bytes32 }[] = [];
    for (let i = this.leases.length - 1; i >= 0; i--) {
      const { task, worker: lessee } = this.leases[i]!;
      if (lessee !== worker || this.random() >= share) continue;
      this.leases.splice(i, 1);
      const c = task.contributions.find((each) => each.worker === worker);
      // The loop refuses what is no longer leased, and what is there twice.
      if (tasks.some((each) => each.task === task)) continue;
      if (task.closed || c?.state !== "leased") continue;
      const commitment = hex(++this.#commitments, 32) as Bytes32;
      this.ends.set(commitment, []);
      tasks.push({ task, commitment });
    }
    if (tasks.length > 0) this.send({ type: "committed", worker, tasks, busyMs: 10 * tasks.length });
  }

  /** `lies`: share of wrong digests; `large`: share of outputs that are fetched later. */
  reveal(share: number, lies: (worker: Address) => number, large: number): void {
    for (const each of this.asked.splice(0)) {
      const { worker, task } = each;
      if (!this.state.workers.get(worker)?.connected || this.random() >= share) {
        this.asked.push(each);
        continue;
      }
      const c = task.contributions.find((other) => other.worker === worker);
      if (task.closed || c?.state !== "asked") continue;
      const wrong = hex(1e6 + 4 * task.index + this.random.below(2), 32) as Bytes32;
      const digest = this.random() < lies(worker) ? wrong : right(task);
      const output = this.random() < large ? undefined : new Uint8Array(1);
      const event: Event = { type: "revealed", worker, task, digest, output };
      this.send(event);
      if (this.random.below(10) === 0) this.send(event);
    }
  }

  upload(share: number): void {
    for (const each of this.uploads.splice(0)) {
      if (this.random() < share && this.state.workers.get(each.worker)?.connected)
        this.send({ type: "uploaded", ...each });
    }
  }

  answer(share: number): void {
    for (const task of this.refereed.splice(0))
      if (this.random() >= share) this.refereed.push(task);
      else if (this.random.below(8) === 0) this.send({ type: "refereed", task });
      else this.send({ type: "refereed", task, digest: right(task) });
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.send({ type: "ticked" });
  }

  /** One thing that may happen. */
  act(): void {
    const { random } = this;
    const n = 1 + random.below(WORKERS);
    const worker = address(n);
    const known = this.state.workers.get(worker);
    const what = random.below(100);
    if (what < 30) this.ask(worker);
    else if (what < 50) this.commit(worker, random.pick([1, 0.5]));
    else if (what < 65) this.reveal(0.6, (w) => (Number(w) <= 3 ? 0.3 : 0.01), 0.1);
    else if (what < 70) this.upload(0.7);
    else if (what < 74) this.answer(0.5);
    else if (what < 82) this.join(n, random.below(6) === 0 ? 1 + random.below(WORKERS) : n);
    else if (what < 86) known?.connected && this.leave(worker);
    else if (what < 89) {
      const tasks = this.leases
        .filter((each) => each.worker === worker && random.below(2) === 0)
        .map(({ task }) => task);
      this.send({ type: "handedBack", worker, tasks });
    } else if (what < 90) {
      const lease = this.leases.find((each) => each.worker === worker);
      if (lease) this.send({ type: "failed", worker, task: lease.task, code: "kernel-trap", message: "it traps" });
    } else if (what < 91 && known?.connected) {
      const { attributes } = known;
      this.send({
        type: "adChanged",
        worker,
        engines: new Set(["wasm"]),
        numericClass: random.pick(["a", "b"]),
        attributes,
      });
    } else if (what < 93 && this.jobs.length < 4) this.addJob();
    else if (what === 93 && random.below(10) === 0)
      this.send({ type: "jobStopped", job: random.pick(this.jobs).id, code: "kernel-trap", message: "no more" });
    else this.wait(random.pick([0, 100, 5_000, 40_000]));
  }

  /** Newcomers, all honest, do what is left. */
  finish(): void {
    for (let n = 1; n <= WORKERS; n++) if (this.state.workers.get(address(n))?.connected) this.leave(address(n));
    const all: Address[] = [];
    for (let n = 101; n <= 100 + HELPERS; n++) {
      const engines = new Set(["wasm", "wgsl"]);
      const numericClass = n % 2 === 0 ? "a" : "b";
      const worker = newWorker({ address: address(n), engines, numericClass, connected: true });
      this.send({ type: "workerJoined", worker });
      all.push(worker.address);
    }
    for (let round = 0; round < ROUNDS && !this.isOver(); round++) {
      for (const worker of all) this.ask(worker);
      for (const worker of all) this.commit(worker, 1);
      this.reveal(1, () => 0, 0);
      this.upload(1);
      this.answer(1);
      this.wait(1_000);
    }
    for (const { address: worker } of this.state.workers.values()) this.ask(worker);
  }

  isOver = () =>
    this.jobs.every(({ state }) => state !== "running") &&
    this.jobs.every(({ open, openChecks }) => open.size + openChecks === 0);
}

describe(`any sequence of events (seed ${seed})`, () => {
  it("leaves no job unfinished, nothing decided twice, and nothing counted that is over", () => {
    for (let run = 0; run < RUNS; run++) {
      const chaos = new Chaos(seed + 7 * run);
      const { state, jobs } = chaos;
      chaos.addJob();
      for (let n = 1; n <= WORKERS; n++) chaos.join(n);
      for (let i = 0; i < EVENTS; i++) chaos.act();
      chaos.finish();
      const where = `run ${run}`;
      expect(
        jobs.filter((job) => job.state === "running").map((job) => [job.law, job.tasks, job.certified, job.held]),
        `${where}: jobs stuck`,
      ).toEqual([]);
      for (const job of jobs) {
        expect(job.certified, where).toBe(chaos.certified.get(job)!.size);
        if (job.state === "done") expect(job.certified, where).toBe(job.tasks);
        expect([job.held, job.holders.size, job.openChecks, job.open.size], where).toEqual([0, 0, 0, 0]);
      }
      for (const { standing, ...worker } of state.workers.values()) {
        const counts = { ...standing, pending: worker.pending.size, unrevealed: worker.unrevealed };
        const leftOver = { leased: worker.leased.size, held: worker.held.size };
        expect({ ...counts, ...leftOver }, `${where}, worker ${worker.address}`).toMatchObject({
          disputes: 0,
          beingChecked: 0,
          pending: 0,
          unrevealed: 0,
          leased: 0,
          held: 0,
        });
        expect(worker.proofs, `${where}: proofs of worker ${worker.address} never decided`).toEqual([]);
      }
      const open = [...chaos.ends].filter(([, ends]) => ends.length === 0);
      expect(
        open.map(([c]) => c),
        `${where}: contributions never answered`,
      ).toEqual([]);
    }
  });
});
