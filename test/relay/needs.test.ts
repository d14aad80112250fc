// Jobs meet only the machines they ask for, and where tasks are scarcer than workers, the ones they prefer.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Ad, machineAttributes } from "../../protocol/ads.ts";
import type { JobView } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { Presence } from "../../relay/presence.ts";
import { defaultRules } from "../../relay/scheduler/credibility.ts";
import { needsOf } from "../../relay/scheduler/needs.ts";
import { newWorker } from "../../relay/scheduler/new.ts";
import { emptyState } from "../../relay/scheduler/step.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { address, Grid } from "./scheduler/grid.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

describe("the scheduler", () => {
  it("gives a job's tasks to nobody whose score is too low, and says so", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10, needs: needsOf({ minScore: 5 }, "wasm") });
    const low = grid.join(1, { attributes: { Score: 4 } });
    const high = grid.join(2, { attributes: { Score: 5 } });
    const ask = (worker: { address: typeof low.address }) =>
      grid.send({ type: "workRequested", worker: worker.address, tasks: 1 })[0]!;
    expect(ask(low)).toMatchObject({ type: "idle", reason: expect.stringContaining("not what it asks for") });
    expect(ask(high)).toMatchObject({ type: "lease" });
  });

  it("gives tasks to a worker once its attributes have become what the job asks for", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10, needs: needsOf({ minScore: 5 }, "wasm") });
    const worker = grid.join(1, { attributes: { Score: 4 } });
    grid.send({ type: "workRequested", worker: worker.address, tasks: 1 });
    const engines = worker.engines;
    grid.send({ type: "adChanged", worker: worker.address, engines, numericClass: "", attributes: { Score: 5 } });
    const later = grid.send({ type: "workRequested", worker: worker.address, tasks: 1 });
    expect(later[0]).toMatchObject({ type: "lease" });
  });

  it("asks those first whom the requester prefers, among those that wait", () => {
    const needs = needsOf({ preference: "fastest" }, "wasm");
    const { key } = needs.ranking;
    const grid = new Grid();
    const bands = [3, 2, undefined, 0, 1];
    bands.forEach((band, i) => {
      const worker = grid.join(i, { bands: new Map(band === undefined ? [] : [[key, band]]) });
      grid.send({ type: "workRequested", worker: worker.address, tasks: 1 });
    });
    grid.addJob({ tasks: 3, needs });
    const leased = grid.effects.flatMap((effect) => (effect.type === "lease" ? [effect.worker.address] : []));
    // Not ranked counts as band 1, and it has waited longer than the one of band 1.
    expect(leased).toEqual([3, 2, 4].map(address));
  });
});

describe("presence", () => {
  const ad: Ad = { engines: ["wasm"], cores: 4, hidden: false, peers: true };
  const pool = address(99);

  it("tells a session's age in steps, and only who is no longer what it was", () => {
    const presence = new Presence(pool);
    const state = emptyState({ random: () => 0 });
    for (const n of [1, 2]) {
      const worker = newWorker({ address: address(n), connected: true });
      Object.assign(worker, presence.tell(worker, ad, state, n === 1 ? 0 : 50_000));
      state.workers.set(worker.address, worker);
    }
    expect(state.workers.get(address(1))!.attributes).toMatchObject({ SessionAgeSeconds: 0, Cores: 4, Pool: pool });
    expect([...presence.outdated(state, 10, 59_000)]).toEqual([]);
    const later = [...presence.outdated(state, 10, 61_000)];
    expect(later.map(({ worker }) => worker)).toEqual([address(1)]);
    expect(later[0]!.told.attributes.SessionAgeSeconds).toBe(60);
    presence.leave(address(1));
    expect([...presence.outdated(state, 10, 62_000)]).toEqual([]);
  });

  it("tells credibility as the pool has it: that of a newcomer at first, more with every check passed", () => {
    const presence = new Presence(pool);
    const state = emptyState({ random: () => 0 });
    const worker = newWorker({ address: address(1), connected: true });
    const credibility = () => presence.tell(worker, ad, state, 0).attributes.Credibility;
    expect(credibility()).toBe(1 - defaultRules.saboteurs);
    worker.standing.history = 500;
    expect(credibility()).toBeGreaterThan(0.998);
  });
});

describe("the relay", () => {
  let grid: TestRelay;
  let app: Cid;
  let volunteers: NodeVolunteer[];
  beforeEach(async () => {
    grid = await openTestRelay();
    app = await grid.publish(squares, await compileSquares());
    volunteers = [1, 2].map(() => new NodeVolunteer(grid.url));
    await Promise.all(volunteers.map(({ greeted }) => greeted));
  });
  afterEach(async () => {
    for (const volunteer of volunteers) volunteer.close();
    await grid.close();
  });

  it("knows connected workers by their attributes, and puts them into bands for the preference of a job", async () => {
    const { job } = await grid.submit(specOf(app, { preference: "fastest", minScore: 1 }));
    const view = async () => (await (await fetch(`${grid.url}/api/jobs/${job}`)).json()) as JobView;
    expect((await view()).waitsFor).toBe(
      "needs workers of 2 different owners that run wasm and meet the job's requirements; 0 of 2 connected are",
    );
    const { state } = grid.relay.loop;
    const worker = state.workers.get(volunteers[0]!.identity.address)!;
    expect(Object.keys(worker.attributes)).toEqual(
      expect.arrayContaining(
        Object.keys(
          machineAttributes(
            { engines: ["wasm"], cores: 1, hidden: false, peers: true },
            {
              ...{ worker: worker.address, owner: worker.owner, pool: grid.pool },
              score: 0,
              credibility: 0.8,
              sessionAgeSeconds: 0,
            },
          ),
        ),
      ),
    );
    const { key } = state.jobs.get(job as never)!.needs!.ranking;
    await vi.waitFor(() => expect(worker.bands.get(key)).toBeDefined());
  });
});
