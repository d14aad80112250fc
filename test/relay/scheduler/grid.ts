// A pool in virtual time whose workers do what the test says, one call a step.
import type { Address, Bytes32, JobId, TaskKey } from "../../../protocol/ids.ts";
import type { Effect, Event } from "../../../relay/scheduler/events.ts";
import { laws } from "../../../relay/scheduler/laws.ts";
import { newJob, newWorker } from "../../../relay/scheduler/new.ts";
import type { Job, State, Task, Worker } from "../../../relay/scheduler/state.ts";
import { emptyState, step } from "../../../relay/scheduler/step.ts";

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
export const address = (n: number): Address => hex(n, 20) as Address;
const hash = (n: number): Bytes32 => hex(n, 32) as Bytes32;

type Lease = Extract<Effect, { type: "lease" }>;

export class Grid {
  readonly state: State;
  readonly effects: Effect[] = [];
  readonly #leases = new Map<Address, Task[]>();
  nowMs = 1_000_000;
  #jobs = 0;

  constructor(options: Partial<Parameters<typeof emptyState>[0]> = {}) {
    this.state = emptyState({ random: () => 0.5, ...options });
  }

  send(event: Event): Effect[] {
    const effects = step(this.state, event, this.nowMs);
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type !== "lease") continue;
      const held = this.#leases.get(effect.worker.address) ?? [];
      this.#leases.set(effect.worker.address, [...held, ...effect.tasks]);
    }
    return effects;
  }

  /** One replica a task unless told. */
  addJob(terms: { tasks: number; requester?: number } & Partial<Omit<Job, "requester">>): Job {
    const n = ++this.#jobs;
    const { requester = 0, trust = 1, replicas = 1, ...rest } = terms;
    const job = newJob({
      id: hash(n) as JobId,
      requester: address(requester),
      engine: "wasm",
      app: `app ${n}`,
      law: "poco",
      trust,
      replicas,
      firstReplicas: laws.poco!.first({ trust, replicas }),
      compare: { kind: "exact" },
      keyOf: (index) => `${n}:${index}` as TaskKey,
      ...rest,
    });
    this.send({ type: "jobAdded", job });
    return job;
  }

  join(n: number, change: Partial<Worker> = {}): Worker {
    const worker = newWorker({ address: address(n), engines: new Set(["wasm"]), connected: true, ...change });
    this.send({ type: "workerJoined", worker });
    return worker;
  }

  joinMany(count: number): void {
    for (let n = 1; n <= count; n++) this.join(n);
  }

  leave(n: number): void {
    this.#leases.delete(address(n));
    this.send({ type: "workerLeft", worker: address(n) });
  }

  ask(n: number, tasks = 64): Lease | undefined {
    const effects = this.send({ type: "workRequested", worker: address(n), tasks });
    return effects.find((effect): effect is Lease => effect.type === "lease");
  }

  /** Commits to all it holds, and shows what it is asked for. */
  commit(n: number, taskMs: number): void {
    const worker = address(n);
    const tasks = (this.#leases.get(worker) ?? []).filter((task) => !task.closed);
    this.#leases.delete(worker);
    if (tasks.length === 0) return;
    const committed = tasks.map((task) => ({ task, commitment: hash(n * 1000 + task.index) }));
    this.reveal(this.send({ type: "committed", worker, tasks: committed, busyMs: taskMs * tasks.length }));
  }

  reveal(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== "askReveal") continue;
      for (const task of effect.tasks) {
        const digest = hash(task.index + 1);
        this.reveal(this.send({ type: "revealed", worker: effect.worker, task, digest, output: new Uint8Array([1]) }));
      }
    }
  }

  wait(ms: number): Effect[] {
    this.nowMs += ms;
    return this.send({ type: "ticked" });
  }

  leased(n: number): Task[] {
    return this.#leases.get(address(n)) ?? [];
  }
}
