// Law `pool` in virtual time: who is believed alone, who is checked and by whom, and what happens to who is found wrong.
import { beforeEach, describe, expect, it } from "vitest";
import type { Address, Bytes32, JobId, TaskKey } from "../../../protocol/ids.ts";
import { leaseTo } from "../../../relay/scheduler/contribution.ts";
import type { Rules } from "../../../relay/scheduler/credibility.ts";
import type { Effect, Event } from "../../../relay/scheduler/events.ts";
import { laws } from "../../../relay/scheduler/laws.ts";
import { newJob, newWorker } from "../../../relay/scheduler/new.ts";
import type { Job, State, Task, Worker } from "../../../relay/scheduler/state.ts";
import { emptyState, step } from "../../../relay/scheduler/step.ts";
import { chooseSeed, seeded } from "../random.ts";

const seed = chooseSeed("law pool");
const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, "0")}`;
const address = (n: number) => hex(n, 20) as Address;
const right = (task: Task) => hex(task.index + 1, 32) as Bytes32;
const wrong = (task: Task) => hex(task.index + 1_000_001, 32) as Bytes32;

class Grid {
  readonly state: State;
  readonly job: Job;
  readonly leases: { worker: number; tasks: Task[] }[] = [];
  readonly effects: Effect[] = [];
  readonly lies = new Map<number, (task: Task) => boolean>();
  readonly #asked: { worker: Address; task: Task }[] = [];
  nowMs = 0;
  /** The referee's answer, if there is one. */
  referee: ((task: Task) => Pick<Extract<Event, { type: "refereed" }>, "digest" | "unstable">) | undefined;

  constructor(terms: { tasks: number; trust: number }, rules: Partial<Rules> = {}, isChecked = false) {
    this.state = emptyState({ random: seeded(seed), rules });
    const law = { law: "pool" as const, trust: terms.trust, replicas: 1 };
    this.job = newJob({
      id: hex(1, 32) as JobId,
      engine: "wasm",
      app: "app",
      ...law,
      firstReplicas: laws.pool!.first(law),
      tasks: terms.tasks,
      compare: { kind: "exact" },
      keyOf: (index) => hex(index, 32) as TaskKey,
      ...(isChecked && { audit: { keyOf: (n) => hex(2 ** 40 + n, 32) as TaskKey, next: 0, most: 1e6 } }),
    } as Parameters<typeof newJob>[0]);
    this.send({ type: "jobAdded", job: this.job });
  }

  join(...workers: number[]): void {
    for (const n of workers)
      this.send({
        type: "workerJoined",
        worker: newWorker({ address: address(n), engines: new Set(["wasm"]), connected: true }),
      });
  }

  worker(n: number): Worker {
    return this.state.workers.get(address(n))!;
  }

  send(event: Event): void {
    for (const effect of step(this.state, event, this.nowMs)) {
      this.effects.push(effect);
      if (effect.type === "lease")
        this.leases.push({ worker: Number(effect.worker.address), tasks: [...effect.tasks] });
      if (effect.type === "askReveal")
        for (const task of effect.tasks) this.#asked.push({ worker: effect.worker, task });
      if (effect.type === "askReferee" && this.referee)
        this.send({ type: "refereed", task: effect.task, ...this.referee(effect.task) });
    }
  }

  ask(n: number): void {
    if (!this.worker(n).banned) this.send({ type: "workRequested", worker: address(n), tasks: 8 });
  }

  /** What worker `n` has leased is computed, committed and shown. */
  work(n: number): void {
    this.nowMs += 10;
    for (const lease of this.leases.filter(({ worker }) => worker === n)) {
      this.leases.splice(this.leases.indexOf(lease), 1);
      const tasks = lease.tasks.map((task) => ({ task, commitment: hex(n * 1e6 + task.index, 32) as Bytes32 }));
      this.send({ type: "committed", worker: address(n), tasks, busyMs: 10 * tasks.length });
    }
    for (const { worker, task } of this.#asked.splice(0)) {
      const lies = this.lies.get(Number(worker))?.(task) ?? false;
      const output = new Uint8Array(1);
      this.send({ type: "revealed", worker, task, digest: lies ? wrong(task) : right(task), output });
    }
  }

  /** Everybody asks and works, in turn, until the job is done. */
  run(workers: number[]): void {
    for (let round = 0; round < 20_000 && this.job.state === "running"; round++) {
      for (const n of workers) this.ask(n);
      for (const n of workers) this.work(n);
      if (round % 50 === 49) {
        this.nowMs += 1000;
        this.send({ type: "ticked" });
      }
    }
  }

  certified = () => this.effects.filter((effect) => effect.type === "certified");
}

describe(`law pool (seed ${seed})`, () => {
  it("believes nobody new alone, waits while there is other work, and believes all of it once enough was checked", () => {
    const grid = new Grid({ tasks: 1000, trust: 50 }, { auditRate: 0 });
    grid.join(1, 2);
    for (let i = 0; i < 4; i++) {
      grid.ask(1);
      grid.work(1);
    }
    expect([grid.certified().length, grid.job.held > 4]).toEqual([0, true]);
    grid.worker(1).standing.checks += 100;
    grid.state.improved.add(grid.worker(1));
    grid.send({ type: "ticked" });
    expect(grid.job.held).toBe(0);
    expect(grid.certified().length).toBeGreaterThan(4);
    expect(grid.certified().every(({ agreeing, reason }) => agreeing.length === 1 && reason.reached >= 0.98)).toBe(
      true,
    );
  });

  it("asks a copy that comes while its task is held, so that no task waits for somebody who has answered", () => {
    const grid = new Grid({ tasks: 1000, trust: 50 }, { auditRate: 0 });
    grid.join(1, 2);
    for (let i = 0; i < 4; i++) {
      grid.ask(1);
      grid.work(1);
    }
    const task = [...grid.job.open.values()].find(({ hold }) => hold)!;
    // As a speculative copy would be: leased before the first result was there and waited.
    const copier = grid.worker(2);
    task.contributions = [...task.contributions, leaseTo(copier, grid.nowMs, grid.nowMs + 60_000)];
    copier.leased.add(task);
    grid.lies.set(2, () => true);
    const before = grid.effects.length;
    const commitment = hex(2e6, 32) as Bytes32;
    grid.send({ type: "committed", worker: copier.address, tasks: [{ task, commitment }], busyMs: 10 });
    const asked = grid.effects.slice(before).filter((effect) => effect.type === "askReveal");
    expect(asked).toEqual([{ type: "askReveal", worker: copier.address, tasks: [task] }]);
    grid.work(2);
    // It contradicts: neither is believed, and a third is sought.
    expect([task.hold, task.disputants?.length, task.target]).toEqual([undefined, 2, 3]);
  });

  it("has a held task that somebody is at already checked by that, not by one machine more", () => {
    const grid = new Grid({ tasks: 1, trust: 10 }, { auditRate: 0 });
    grid.join(1, 2);
    grid.ask(1);
    const [task] = grid.job.open.values();
    const copier = grid.worker(2);
    task!.contributions = [...task!.contributions, leaseTo(copier, grid.nowMs, grid.nowMs + 60_000)];
    copier.leased.add(task!);
    grid.leases.push({ worker: 2, tasks: [task!] });
    grid.work(1);
    expect(task!.hold).toBeDefined();
    grid.ask(2);
    expect(task!.audited).toBe(grid.worker(1));
    grid.work(2);
    expect([grid.job.state, grid.worker(1).standing.beingChecked]).toEqual(["done", 0]);
  });

  it("has a task's second contribution made by whom the lot falls on, not by who asks most", () => {
    const grid = new Grid({ tasks: 300, trust: 1000 }, { auditRate: 1 });
    const slow = [2, 3, 4, 5, 6, 7, 8, 9, 10];
    grid.join(1, ...slow);
    for (let round = 0; round < 400 && grid.job.certified < 300; round++) {
      for (let i = 0; i < 10; i++) {
        grid.ask(1);
        grid.work(1);
      }
      for (const n of slow) {
        grid.ask(n);
        grid.work(n);
      }
    }
    const confirmed = new Map<string, number>();
    for (const { agreeing } of grid.certified())
      for (const c of agreeing.slice(1)) confirmed.set(c.worker, (confirmed.get(c.worker) ?? 0) + 1);
    const all = [...confirmed.values()].reduce((a, b) => a + b, 0);
    expect(all).toBeGreaterThan(200);
    expect(confirmed.get(address(1)) ?? 0).toBeLessThan(0.25 * all);
  });

  it("never has a worker confirm or check what it did itself", () => {
    const grid = new Grid({ tasks: 600, trust: 200 }, { checkRate: 0.3, auditRate: 0.3 }, true);
    const workers = [1, 2, 3, 4, 5];
    grid.join(...workers);
    grid.run(workers);
    expect(grid.job.state).toBe("done");
    const checks = grid.effects.filter((effect) => effect.type === "checked");
    expect(checks.length).toBeGreaterThan(30);
    expect(checks.every(({ passed }) => passed)).toBe(true);
    const authors = new Map(grid.certified().map(({ task, agreeing }) => [task.index, agreeing.map((c) => c.owner)]));
    for (const { task, contribution } of checks) expect(authors.get(task.index)).not.toContain(contribution.owner);
    for (const { agreeing } of grid.certified())
      expect(new Set(agreeing.map((c) => c.owner)).size).toBe(agreeing.length);
  });

  it("makes no more checks than certified tasks have paid for, whoever asks for them", () => {
    const grid = new Grid({ tasks: 300, trust: 200 }, { checkRate: 1, auditRate: 0.3 }, true);
    const audit = grid.job.audit!;
    audit.perTask = 0.1;
    grid.join(1, 2, 3, 4, 5);
    let most = 0;
    for (let round = 0; round < 2000 && grid.job.state === "running"; round++)
      for (const n of [1, 2, 3, 4, 5]) {
        grid.ask(n);
        most = Math.max(most, audit.next - 0.1 * grid.job.certified);
        grid.work(n);
      }
    expect([grid.job.state, audit.next > 10]).toEqual(["done", true]);
    expect(most).toBeLessThanOrEqual(0);
  });

  it("gives nobody more tasks for the checks among them, who could tell by it that there are some", () => {
    const grid = new Grid({ tasks: 600, trust: 20 }, { checkRate: 0.2 }, true);
    grid.join(1, 2, 3);
    let checks = 0;
    for (let round = 0; round < 10_000 && grid.job.state === "running"; round++)
      for (const n of [1, 2, 3]) {
        grid.send({ type: "workRequested", worker: address(n), tasks: 1 });
        for (const { tasks } of grid.leases) {
          expect(tasks.length).toBe(1);
          if (tasks[0]!.check) checks++;
        }
        grid.work(n);
      }
    expect([grid.job.state, checks > 20]).toEqual(["done", true]);
  });

  it("gives a check that was handed back to the same worker again, under the same key", () => {
    const grid = new Grid({ tasks: 2000, trust: 20 }, { checkRate: 1, auditRate: 1 }, true);
    grid.join(1, 2, 3);
    const checks = () => grid.leases.flatMap(({ worker, tasks }) => (worker === 1 ? tasks.filter((t) => t.check) : []));
    for (let round = 0; round < 200 && checks().length === 0; round++) {
      for (const n of [2, 3, 1]) {
        grid.ask(n);
        if (n !== 1 || checks().length === 0) grid.work(n);
      }
    }
    const [check] = checks();
    const made = grid.job.audit!.next;
    const [lease] = grid.leases.filter(({ worker }) => worker === 1);
    grid.leases.length = 0;
    grid.send({ type: "handedBack", worker: address(1), tasks: lease!.tasks });
    expect(grid.job.openChecks).toBe(0);
    grid.ask(1);
    expect(checks().map(({ key }) => key)).toContain(check!.key);
    expect(grid.job.audit!.next - made).toBeLessThan(checks().length);
    grid.lies.set(1, ({ check: isCheck }) => isCheck !== undefined);
    grid.work(1);
    expect(grid.effects.filter((effect) => effect.type === "checked" && !effect.passed).length).toBeGreaterThan(0);
  });

  it("blames no kernel on the word of a few machines that contradict themselves", () => {
    const grid = new Grid({ tasks: 400, trust: 50 }, { auditRate: 0.3 }, true);
    const honest = [3, 4, 5, 6, 7, 8, 9, 10];
    grid.join(1, 2, ...honest);
    // Each time another answer: the two contradict everybody, each other, and themselves.
    for (const liar of [1, 2]) grid.lies.set(liar, () => true);
    grid.run([1, 2, ...honest]);
    expect(grid.job.unsteady.size).toBeLessThanOrEqual(2);
    expect(grid.job.state).toBe("done");
  });

  it("looks again at what a worker did before it was found wrong, without its word", () => {
    const grid = new Grid({ tasks: 4000, trust: 2000 }, { auditRate: 0, checkRate: 0 });
    grid.join(1, 2, 3, 4);
    for (let i = 0; i < 4; i++) {
      grid.ask(1);
      grid.work(1);
    }
    const waiting = [...grid.job.open.values()].filter((task) => task.hold);
    expect(waiting.length).toBeGreaterThan(4);
    // From now on somebody else does whatever is new, and confirms it.
    grid.lies.set(1, () => true);
    grid.state.rules.auditRate = 1;
    grid.job.referee = true;
    grid.referee = (task) => ({ digest: right(task) });
    for (let i = 0; i < 200 && grid.worker(1).standing.failures === 0; i++)
      for (const n of [1, 2, 3, 4]) {
        grid.ask(n);
        grid.work(n);
      }
    expect(grid.worker(1).standing.failures).toBeGreaterThan(0);
    expect(waiting.filter((task) => task.hold?.worker === grid.worker(1))).toEqual([]);
    expect(waiting.every(({ target }) => target >= 2)).toBe(true);
  });

  it("finishes a job by other workers while somebody of it is in a dispute that never ends", () => {
    const grid = new Grid({ tasks: 40, trust: 20 }, { auditRate: 0 });
    grid.join(1, 2, 3);
    for (let i = 0; i < 2; i++) {
      grid.ask(1);
      grid.work(1);
    }
    expect(grid.job.held).toBeGreaterThan(4);
    const { standing } = grid.worker(1);
    // In another job, of which nobody else can do the task.
    standing.disputes = 1;
    standing.checks += 100;
    grid.run([1, 2, 3]);
    expect([grid.job.state, standing.disputes]).toEqual(["done", 1]);
  });

  describe("with a referee", () => {
    let grid: Grid;
    beforeEach(() => {
      grid = new Grid({ tasks: 60, trust: 1000 }, { auditRate: 1 });
      grid.job.referee = true;
      grid.join(1, 2, 3, 4);
    });

    it("certifies what it says, and judges the others by it", () => {
      grid.lies.set(1, () => true);
      grid.referee = (task) => ({ digest: right(task) });
      grid.run([1, 2, 3, 4]);
      expect(grid.job.state).toBe("done");
      expect(grid.certified().every(({ task, canonical }) => canonical.digest === right(task))).toBe(true);
      expect(grid.worker(1).banned).toBe(true);
      expect([2, 3, 4].map((n) => grid.worker(n).bad)).toEqual([0, 0, 0]);
    });

    it("stops a job whose kernel gives it two results, and gives everybody back what that had cost", () => {
      grid.lies.set(1, (task) => task.index % 2 === 0);
      let asked = 0;
      grid.referee = (task) => (++asked > 5 ? { unstable: "two results" } : { digest: right(task) });
      grid.run([1, 2, 3, 4]);
      expect(grid.job.state).toBe("stopped");
      expect(grid.effects).toContainEqual(
        expect.objectContaining({ type: "jobStopped", code: "kernel-nondeterministic" }),
      );
      expect([1, 2, 3, 4].map((n) => [grid.worker(n).bad, grid.worker(n).banned])).toEqual(Array(4).fill([0, false]));
      expect([1, 2, 3, 4].map((n) => grid.worker(n).standing.disputes)).toEqual([0, 0, 0, 0]);
    });
  });

  it("keeps its counters: nothing is held, disputed, checked or owed once a job is done", () => {
    const grid = new Grid({ tasks: 800, trust: 300 }, { checkRate: 0.1, auditRate: 0.2 }, true);
    const workers = [1, 2, 3, 4, 5, 6];
    grid.join(...workers);
    const random = seeded(seed + 1);
    grid.lies.set(6, () => random() < 0.05);
    grid.run(workers);
    expect(grid.job.state).toBe("done");
    for (const n of workers) grid.work(n);
    const standings = workers.map((n) => grid.worker(n)).filter(({ banned }) => !banned);
    expect(standings.map(({ standing }) => [standing.disputes, standing.beingChecked])).toEqual(
      standings.map(() => [0, 0]),
    );
    expect([grid.job.held, grid.job.holders.size, grid.job.openChecks, grid.job.open.size]).toEqual([0, 0, 0, 0]);
    expect(standings.every(({ pending, unrevealed, held }) => pending.size + unrevealed + held.size === 0)).toBe(true);
  });
});
