import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address, Bytes32, JobId, TaskKey } from "../../protocol/ids.ts";
import type { Effect, Event } from "../../relay/scheduler/events.ts";
import { laws } from "../../relay/scheduler/laws.ts";
import { newJob, newWorker } from "../../relay/scheduler/new.ts";
import { GONE_MS, REVEAL_MS, UPLOAD_MS } from "../../relay/scheduler/settle.ts";
import type { Contribution, Job, State, Task, Worker } from "../../relay/scheduler/state.ts";
import { emptyState, RETURN_MS, step } from "../../relay/scheduler/step.ts";
import { subnetOf } from "../../relay/scheduler/strangers.ts";
import { isLiar, nextSuspicion } from "../../relay/scheduler/suspicion.ts";

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
const address = (n: number) => hex(n, 20) as Address;
const hash = (n: number) => hex(n, 32) as Bytes32;

function makeJob(id: number, terms: { tasks: number; trust?: number; replicas?: number }): Job {
  const law = { law: "poco" as const, trust: terms.trust ?? 2, replicas: terms.replicas ?? 2 };
  return newJob({
    id: hash(id) as JobId,
    requester: address(1),
    engine: "wasm",
    app: `app ${id}`,
    ...law,
    firstReplicas: laws.poco!.first(law),
    tasks: terms.tasks,
    compare: { kind: "exact" },
    keyOf: (index) => hash(id * 1_000_000 + index) as TaskKey,
  });
}

const makeWorker = (n: number, owner = n, subnet = ""): Worker =>
  newWorker({
    address: address(n),
    owner: address(owner),
    beneficiary: address(owner),
    subnet,
    engines: new Set(["wasm"]),
    connected: true,
  });

/** As the store gives it back after a restart. */
const committedBy = (n: number): Contribution => ({
  worker: address(n),
  owner: address(n),
  beneficiary: address(n),
  subnet: "",
  cohort: "",
  numericClass: "",
  score: 0,
  checksAt: 0,
  historyAt: 0,
  failuresAt: 0,
  state: "committed",
  deadlineMs: 0,
  leasedMs: 0,
  commitment: hash(n),
});

/** A pool in virtual time: performs effects at once, and lets workers answer as they please. */
class Pool {
  readonly state: State = emptyState({ random: Math.random });
  readonly effects: Effect[] = [];
  readonly leases = new Map<Address, Task[]>();
  readonly asked: { worker: Address; task: Task }[] = [];
  nowMs = 0;

  send(event: Event): Effect[] {
    const effects = step(this.state, event, this.nowMs);
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type === "lease")
        this.leases.set(effect.worker.address, [...(this.leases.get(effect.worker.address) ?? []), ...effect.tasks]);
      if (effect.type === "askReveal")
        for (const task of effect.tasks) this.asked.push({ worker: effect.worker, task });
    }
    return effects;
  }

  join(worker: Worker): void {
    this.send({ type: "workerJoined", worker });
  }

  ask(worker: Address): void {
    this.send({ type: "workRequested", worker, tasks: 8 });
  }

  commit(worker: Address): void {
    const tasks = (this.leases.get(worker) ?? []).filter((task) => !task.closed);
    this.leases.delete(worker);
    if (tasks.length === 0) return;
    const committed = tasks.map((task) => ({ task, commitment: hash(Number(worker) * 1000 + task.index) }));
    this.send({ type: "committed", worker, tasks: committed, busyMs: 10 });
  }

  reveal(digestOf: (worker: Address, task: Task) => Bytes32): void {
    for (const { worker, task } of this.asked.splice(0))
      this.send({ type: "revealed", worker, task, digest: digestOf(worker, task), output: new Uint8Array([1]) });
  }

  certified(): Extract<Effect, { type: "certified" }>[] {
    return this.effects.filter((effect) => effect.type === "certified");
  }
}

const truth = (_worker: Address, task: Task): Bytes32 => hash(task.index + 1);

describe("the scheduler", () => {
  it("certifies a task once two owners agree, and asks for no digest before both have committed", () => {
    const pool = new Pool();
    for (const n of [1, 2]) pool.join(makeWorker(n));
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    pool.ask(address(1));
    pool.commit(address(1));
    expect(pool.asked).toEqual([]);
    pool.ask(address(2));
    pool.commit(address(2));
    expect(pool.asked.map((a) => a.worker).sort()).toEqual([address(1), address(2)]);
    pool.reveal(truth);
    expect(pool.certified().map((c) => c.agreeing.length)).toEqual([2]);
    expect(pool.effects.at(-1)).toMatchObject({ type: "jobDone" });
  });

  it("gives no worker a second replica of its own task, nor one of its owner or subnet", () => {
    const pool = new Pool();
    pool.join(makeWorker(1, 1, "1.2.3"));
    pool.join(makeWorker(2, 1));
    pool.join(makeWorker(3, 3, "1.2.3"));
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    for (const n of [1, 1, 2, 3]) pool.ask(address(n));
    expect(pool.effects.filter((e) => e.type === "lease")).toHaveLength(1);
    pool.join(makeWorker(4));
    pool.ask(address(4));
    expect(pool.effects.filter((e) => e.type === "lease")).toHaveLength(2);
  });

  it("asks a third worker when two disagree, and believes the majority", () => {
    const pool = new Pool();
    for (const n of [1, 2, 3]) pool.join(makeWorker(n));
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    const lie = (worker: Address, task: Task) => (worker === address(2) ? hash(666) : truth(worker, task));
    for (const n of [1, 2]) {
      pool.ask(address(n));
      pool.commit(address(n));
    }
    pool.reveal(lie);
    expect(pool.effects.some((e) => e.type === "mismatch")).toBe(true);
    pool.ask(address(3));
    pool.commit(address(3));
    pool.reveal(lie);
    const [certified] = pool.certified();
    expect(certified?.canonical.digest).toBe(hash(1));
    expect(certified?.rejected.map((c) => c.worker)).toEqual([address(2)]);
  });

  it("gives a lease that was not committed in time to somebody else", () => {
    const pool = new Pool();
    for (const n of [1, 2, 3]) pool.join(makeWorker(n));
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    pool.ask(address(1));
    pool.ask(address(2));
    pool.nowMs += 3_600_000;
    pool.send({ type: "ticked" });
    expect(pool.effects.filter((e) => e.type === "revoke").map((e) => e.worker)).toEqual([address(1), address(2)]);
    pool.ask(address(3));
    expect(pool.leases.get(address(3))).toHaveLength(1);
  });

  it("drops a commitment that is not revealed in time, without harm to the worker's name", () => {
    const pool = new Pool();
    for (const n of [1, 2, 3]) pool.join(makeWorker(n));
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    for (const n of [1, 2]) {
      pool.ask(address(n));
      pool.commit(address(n));
    }
    const silent = pool.asked.shift()!;
    pool.reveal(truth);
    pool.nowMs += REVEAL_MS;
    pool.send({ type: "ticked" });
    expect(pool.effects.filter((e) => e.type === "lapsed").map((e) => e.contribution.worker)).toEqual([silent.worker]);
    expect(pool.state.workers.get(silent.worker)?.bad).toBe(0);
    pool.ask(address(3));
    pool.commit(address(3));
    pool.reveal(truth);
    expect(pool.certified()).toHaveLength(1);
  });

  it("after a restart waits for workers as long as their pages wait between two tries", () => {
    const pool = new Pool();
    for (const n of [1, 2]) pool.join({ ...makeWorker(n), connected: false });
    const contributions = [1, 2].map((n) => ({ index: 0, contribution: committedBy(n) }));
    pool.send({ type: "jobRestored", job: makeJob(9, { tasks: 1 }), certified: new Set(), contributions });
    pool.asked.length = 0;
    pool.nowMs += RETURN_MS - 1;
    pool.send({ type: "ticked" });
    for (const n of [1, 2]) pool.join(makeWorker(n));
    pool.reveal(truth);
    expect(pool.certified()).toHaveLength(1);
  });

  describe("with a large output", () => {
    /** Two winners have shown their digests; the output is asked of one. */
    const shown = () => {
      const pool = new Pool();
      for (const n of [1, 2]) pool.join(makeWorker(n));
      pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
      for (const n of [1, 2]) {
        pool.ask(address(n));
        pool.commit(address(n));
      }
      return pool;
    };
    const reveal = (pool: Pool) => {
      for (const { worker, task } of pool.asked.splice(0))
        pool.send({ type: "revealed", worker, task, digest: truth(worker, task), output: undefined });
    };
    const uploadsAsked = (pool: Pool) => pool.effects.filter((e) => e.type === "askUpload").map((e) => e.worker);
    const lapsed = (pool: Pool) => pool.effects.filter((e) => e.type === "lapsed").length;
    const wait = (pool: Pool, ms: number) => {
      pool.nowMs += ms;
      pool.send({ type: "ticked" });
    };

    it("asks the other winner when one does not send it, and has it done again when neither does", () => {
      const pool = shown();
      reveal(pool);
      wait(pool, UPLOAD_MS);
      expect(new Set(uploadsAsked(pool))).toEqual(new Set([address(1), address(2)]));
      expect(lapsed(pool)).toBe(0);
      wait(pool, UPLOAD_MS);
      expect(lapsed(pool)).toBe(2);
    });

    it("asks a winner again that was away for a moment", () => {
      const pool = shown();
      for (const n of [1, 2]) pool.send({ type: "workerLeft", worker: address(n) });
      reveal(pool);
      expect([uploadsAsked(pool), lapsed(pool)]).toEqual([[], 0]);
      wait(pool, GONE_MS - 1);
      pool.join(makeWorker(2));
      expect([uploadsAsked(pool), lapsed(pool)]).toEqual([[address(2)], 0]);
    });

    it("after a restart keeps what was shown until the winners are back", () => {
      const pool = new Pool();
      for (const n of [1, 2]) pool.join({ ...makeWorker(n), connected: false });
      const contributions = [1, 2].map((n) => ({
        index: 0,
        contribution: { ...committedBy(n), state: "revealed" as const, digest: hash(1) },
      }));
      pool.send({ type: "jobRestored", job: makeJob(9, { tasks: 1 }), certified: new Set(), contributions });
      wait(pool, RETURN_MS - 1);
      pool.join(makeWorker(2));
      expect([uploadsAsked(pool), lapsed(pool)]).toEqual([[address(2)], 0]);
    });
  });

  it("stops a job whose kernel fails on every machine, and says what the last one said", () => {
    const pool = new Pool();
    pool.join(makeWorker(1));
    const job = makeJob(9, { tasks: 3 });
    pool.send({ type: "jobAdded", job });
    pool.ask(address(1));
    const [task] = pool.leases.get(address(1))!;
    pool.send({
      type: "failed",
      worker: address(1),
      task: task!,
      code: "kernel-compile",
      message: "line 3: no such name",
    });
    expect(job.state).toBe("stopped");
    expect(pool.effects.at(-1)).toMatchObject({ type: "jobStopped", code: "kernel-compile" });
    expect(JSON.stringify(pool.effects.at(-1))).toContain("line 3");
  }, 5_000);

  it("stops no job that has run somewhere, whoever says that it fails", () => {
    const pool = new Pool();
    for (const n of [1, 2, 3, 4]) pool.join(makeWorker(n));
    const job = makeJob(9, { tasks: 8 });
    pool.send({ type: "jobAdded", job });
    pool.ask(address(1));
    pool.commit(address(1));
    for (const n of [2, 3, 4]) {
      pool.ask(address(n));
      const [task] = pool.leases.get(address(n))!;
      pool.send({ type: "failed", worker: address(n), task: task!, code: "kernel-trap", message: "no" });
    }
    expect(job.failures.size).toBe(3);
    expect(job.state).toBe("running");
  });

  it("finds the one who can work among a thousand that wait and cannot, by and by", () => {
    const pool = new Pool();
    pool.send({ type: "jobAdded", job: makeJob(9, { tasks: 1 }) });
    // One subnet, and so one replica for all of them.
    for (let n = 1; n <= 1000; n++) {
      pool.join(makeWorker(n, n, "1.2.3"));
      pool.ask(address(n));
    }
    const first = pool.state.waiting.values().next().value!;
    pool.send({ type: "ticked" });
    expect([...pool.state.waiting].indexOf(first)).toBeGreaterThan(900);
    pool.state.workers.get(address(777))!.subnet = "4.5.6";
    for (let tick = 0; tick < 1000 / 32; tick++) pool.send({ type: "ticked" });
    expect(pool.leases.get(address(777))).toHaveLength(1);
    expect(pool.state.waiting.size).toBe(998);
  });

  it("finishes every job with honest workers in the majority, whatever the order of events", () => {
    const action = fc.record({ worker: fc.nat(5), what: fc.constantFrom("ask", "commit", "reveal", "leave", "wait") });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 1, max: 12 }), (actions, tasks) => {
        const pool = new Pool();
        const digestOf = (worker: Address, task: Task) => (worker === address(1) ? hash(666) : truth(worker, task));
        for (let n = 1; n <= 6; n++) pool.join(makeWorker(n));
        const job = makeJob(9, { tasks });
        pool.send({ type: "jobAdded", job });
        const act = (n: number, what: string) => {
          const worker = address(n + 1);
          if (what === "ask") pool.ask(worker);
          else if (what === "commit") pool.commit(worker);
          else if (what === "reveal") pool.reveal(digestOf);
          else if (what === "leave") {
            pool.send({ type: "workerLeft", worker });
            pool.leases.delete(worker);
            pool.join({ ...pool.state.workers.get(worker)!, connected: true });
          } else {
            pool.nowMs += 30_000;
            pool.send({ type: "ticked" });
          }
          for (const task of job.open.values()) {
            const owners = task.contributions.map((c) => c.owner);
            expect(new Set(owners).size).toBe(owners.length);
          }
        };
        for (const { worker, what } of actions) act(worker, what);
        for (let round = 0; round < 200 && job.state === "running"; round++)
          for (let n = 0; n < 6; n++) for (const what of ["ask", "commit", "reveal"]) act(n, what);
        expect(job.state).toBe("done");
        const certified = pool.certified();
        expect(new Set(certified.map((c) => c.task.index)).size).toBe(tasks);
        expect(certified).toHaveLength(tasks);
        for (const { task, canonical, agreeing } of certified) {
          expect(canonical.digest).toBe(hash(task.index + 1));
          expect(new Set(agreeing.map((c) => c.owner)).size).toBeGreaterThanOrEqual(2);
        }
        for (const worker of pool.state.workers.values()) expect(worker.leased.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe("suspicion", () => {
  it("bans nobody for one mistake in a thousand, and a liar on every third task within twenty", () => {
    let honest = 0;
    for (let i = 0; i < 20_000; i++) {
      honest = nextSuspicion(honest, i % 1000 !== 0);
      expect(isLiar(honest)).toBe(false);
    }
    let liar = 0;
    let tasks = 0;
    while (!isLiar(liar)) liar = nextSuspicion(liar, ++tasks % 3 !== 0);
    expect(tasks).toBeLessThanOrEqual(20);
  });
});

describe("a subnet", () => {
  it("is the /24 or /48, and none for private and loopback addresses", () => {
    expect(subnetOf("203.0.113.7")).toBe("203.0.113");
    expect(subnetOf("::ffff:203.0.113.7")).toBe("203.0.113");
    expect(subnetOf("2001:db8:1:2::3")).toBe("2001:db8:1");
    for (const ip of ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.20.0.1", "100.64.0.1", "::1", "fe80::1", "fd00::1"])
      expect(subnetOf(ip)).toBe("");
  });
});
