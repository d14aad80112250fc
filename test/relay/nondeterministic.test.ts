// Kernels that do not agree with themselves: the job stops, the requester is told why, and nobody who was honest pays for it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Range } from "../../kernels/execute/program.ts";
import type { AppView, JobView, TaskView, WorkerView } from "../../protocol/api.ts";
import type { Cid, JobId } from "../../protocol/ids.ts";
import { type BadKernel, countingWasm } from "../attackers/kernels.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { soon } from "../soon.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay, type TestRelayOptions } from "./testRelay.ts";

let data: string;
let grid: TestRelay;
let volunteers: NodeVolunteer[];
const open = (options: TestRelayOptions = { referee: true }) =>
  openTestRelay({ data, poolKey: `0x${"17".repeat(32)}`, ...options });
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "superedge-quarantine-"));
  grid = await open();
  volunteers = [];
});
afterEach(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
  rmSync(data, { recursive: true, force: true });
});

const publish = ({ manifest, code }: BadKernel): Promise<Cid> => grid.publish(manifest, code as Uint8Array);
const join5 = () => {
  for (let i = 0; i < 5; i++) volunteers.push(new NodeVolunteer(grid.url));
};
const ended = async (job: string): Promise<JobView> => {
  await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
  return (await (await fetch(`${grid.url}/api/jobs/${job}`)).json()) as JobView;
};

describe("a kernel whose answers depend on how its work is cut", () => {
  it("is found by the referee: the job stops, its app is run no more, and workers keep their names", async () => {
    const app = await publish(await countingWasm());
    const { job } = await grid.submit(specOf(app, { items: 4000, itemsPerTask: 500, replicas: 3 }));
    join5();
    const view = await ended(job);
    expect(view).toMatchObject({ state: "stopped", error: { code: "kernel-nondeterministic" } });
    expect(view.error!.message).toContain("two runs on one machine differ: item");
    for (const { identity } of volunteers)
      expect(grid.relay.loop.state.workers.get(identity.address)).toMatchObject({
        bad: 0,
        suspicion: 0,
        banned: false,
      });

    await expect(grid.submit(specOf(app))).rejects.toThrow("kernel-nondeterministic");
    for (const volunteer of volunteers.splice(0)) volunteer.close();
    await grid.close();
    grid = await open();
    await expect(grid.submit(specOf(app))).rejects.toThrow("this pool runs the app no more");
    const { quarantine } = (await (await fetch(`${grid.url}/api/apps/${app}`)).json()) as AppView;
    expect(quarantine).toContain("two runs on one machine differ");
  });

  it("is blamed after the relay has started again, too: what workers lost before is given back", async () => {
    const app = await publish(await countingWasm());
    // Without a referee at first, and with machines that happen to agree: verdicts fall as in any dispute.
    await grid.close();
    grid = await open({});
    const { job } = await grid.submit(specOf(app, { items: 4000, itemsPerTask: 2 }));
    let runs = 0;
    const noise = async (_: unknown, range: Range) => squaresOf(range).map((byte) => byte ^ ++runs);
    const luck = async (_: unknown, range: Range) => squaresOf(range);
    for (const compute of [luck, luck, noise]) volunteers.push(new NodeVolunteer(grid.url, { compute }));
    const bad = () => [...grid.relay.loop.state.workers.values()].reduce((sum, worker) => sum + worker.bad, 0);
    await vi.waitFor(() => expect(bad()).toBeGreaterThan(0), { timeout: 20_000 });
    for (const volunteer of volunteers.splice(0)) volunteer.close();
    await grid.close();
    grid = await open();
    expect(bad()).toBeGreaterThan(0);
    for (let i = 0; i < 4; i++) volunteers.push(new NodeVolunteer(grid.url, { compute: noise }));
    expect(await ended(job)).toMatchObject({ state: "stopped", error: { code: "kernel-nondeterministic" } });
    for (const worker of grid.relay.loop.state.workers.values())
      expect(worker).toMatchObject({ bad: 0, suspicion: expect.closeTo(0, 6), banned: false });
  });

  it("leaves workers able to go on with other jobs", async () => {
    const bad = await publish(await countingWasm());
    const good = await grid.publish(squares, await compileSquares());
    const first = await grid.submit(specOf(bad, { items: 4000, itemsPerTask: 500, replicas: 3 }));
    join5();
    expect((await ended(first.job)).state).toBe("stopped");
    const { job } = await grid.submit(specOf(good));
    expect((await ended(job)).state).toBe("done");
    const output = await (await fetch(`${grid.url}/api/jobs/${job}/output`)).arrayBuffer();
    expect(new Uint8Array(output)).toEqual(squaresOf({ first: 0, count: 64 }));
  });
});

describe("a good kernel that liars dispute", () => {
  it("is run on, and its results are right", async () => {
    const app = await grid.publish(squares, await compileSquares());
    const { job } = await grid.submit(specOf(app, { items: 2, replicas: 3 }));
    // Two liars with one lie, and two who are honest: no majority of three.
    const tamper = (output: Uint8Array) => output.map((byte) => byte ^ 1);
    volunteers.push(new NodeVolunteer(grid.url, { tamper }), new NodeVolunteer(grid.url, { tamper }));
    await Promise.all(volunteers.map(({ greeted }) => greeted));
    await soon(() => expect(grid.relay.loop.jobs.get(job as JobId)!.contributions).toBe(2));
    for (let i = 0; i < 3; i++) volunteers.push(new NodeVolunteer(grid.url));
    expect((await ended(job)).state).toBe("done");
    const output = await (await fetch(`${grid.url}/api/jobs/${job}/output`)).arrayBuffer();
    expect(new Uint8Array(output)).toEqual(squaresOf({ first: 0, count: 2 }));
    expect(grid.relay.store.apps.quarantined(app)).toBe(undefined);
  });
});

describe("where the pool cannot run a kernel itself, machines do a disputed task again", () => {
  /** Law pool, so that the pool may ask for more than the deal pays. */
  const TERMS = { law: "pool", trust: 4, replicas: 2, items: 4000, itemsPerTask: 100 } as const;
  beforeEach(async () => {
    await grid.close();
    grid = await open({ audits: true });
  });
  const workerOf = async ({ identity }: NodeVolunteer) =>
    (await (await fetch(`${grid.url}/api/workers/${identity.address}`)).json()) as WorkerView;

  it("and a kernel that disagrees with itself on most owners' machines stops its job; workers keep score and pay", async () => {
    const app = await publish(await countingWasm());
    const { job } = await grid.submit(specOf(app, TERMS));
    join5();
    const view = await ended(job);
    expect(view).toMatchObject({ state: "stopped", error: { code: "kernel-nondeterministic" } });
    expect(view.error!.message).toMatch(
      /^task \d+: [345] machines, asked to do a task again, gave another result than before/,
    );

    const tasks = (await (await fetch(`${grid.url}/api/jobs/${job}/tasks`)).json()) as TaskView[];
    const certified = tasks.flatMap(({ contributions }) => contributions.filter((c) => c.agrees !== undefined));
    // Nobody is held to have been wrong, and what was certified before is paid.
    expect(certified.filter(({ agrees }) => !agrees)).toEqual([]);
    for (const volunteer of volunteers) {
      const worker = await workerOf(volunteer);
      expect(worker).toMatchObject({ bad: 0, banned: false });
      expect(grid.relay.loop.state.workers.get(volunteer.identity.address)!.suspicion).toBe(0);
      const earned = certified
        .filter((c) => c.worker === worker.worker)
        .reduce((sum, { rewardWei }) => sum + BigInt(rewardWei!), 0n);
      // Spot checks passed come on top.
      expect(BigInt(worker.earnedWei)).toBeGreaterThanOrEqual(earned);
    }
    // Two owners may be one liar with two keys: the job is stopped, the app is not condemned.
    expect(grid.relay.store.apps.quarantined(app)).toBe(undefined);
  });

  it("and one owner's machine that disagrees with itself stops nothing: it was that machine", async () => {
    const app = await grid.publish(squares, await compileSquares());
    const { job } = await grid.submit(specOf(app, TERMS));
    let runs = 0;
    const noisy = new NodeVolunteer(grid.url, {
      compute: async (_, range) => squaresOf(range).map((byte, at) => (at === 0 ? byte ^ ++runs : byte)),
    });
    volunteers.push(noisy);
    await noisy.greeted;
    join5();
    expect((await ended(job)).state).toBe("done");
    const output = await (await fetch(`${grid.url}/api/jobs/${job}/output`)).arrayBuffer();
    expect(new Uint8Array(output)).toEqual(squaresOf({ first: 0, count: 4000 }));
    expect((await workerOf(noisy)).bad).toBeGreaterThan(0);
    for (const volunteer of volunteers.slice(1)) expect((await workerOf(volunteer)).bad).toBe(0);
  });
});
