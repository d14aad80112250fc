// Jobs meet only the machines they ask for, and where tasks are scarcer than workers, the ones they prefer.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ad, type Attributes, MACHINE_ATTRIBUTES, machineAttributes } from "../../protocol/ads.ts";
import type { JobSpec, JobView, TaskView } from "../../protocol/api.ts";
import { evaluate } from "../../protocol/classad/index.ts";
import type { Cid } from "../../protocol/ids.ts";
import { Presence } from "../../relay/presence.ts";
import { defaultRules } from "../../relay/scheduler/credibility.ts";
import { needsOf } from "../../relay/scheduler/needs.ts";
import { newWorker } from "../../relay/scheduler/new.ts";
import { emptyState } from "../../relay/scheduler/step.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { soon } from "../soon.ts";
import { address, Grid } from "./scheduler/grid.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

const asking = (wishes: Partial<JobSpec>, engine: "wgsl" | "wasm" = "wasm") =>
  needsOf({
    id: "1",
    name: "squares",
    engine,
    spec: { app: "app" as Cid, items: 64, itemsPerTask: 2, law: "poco", trust: 2, replicas: 2, ...wishes },
    priceWei: 10n ** 16n,
  });
const machine: Attributes = {
  Cores: 8,
  GflopsF32: 1200,
  Engines: ["wgsl", "wasm"],
  GpuVendor: "nvidia",
  Region: "Österreich",
  Score: 7,
};

describe("a job's needs", () => {
  it("are no for every machine if they take far more to evaluate than needs do", () => {
    const names = "abcdefghijk";
    const doubled = [...names].slice(1).map((name, i) => `${names[i]} = ${name} + ${name}`);
    const costly = `[${doubled.join("; ")}; k = 1].a > 0`;
    expect(evaluate(costly)).toBe(true);
    expect(asking({ requirements: costly }).admits(machine)).toBe(false);
    const long = Array.from({ length: 100 }, (_, i) => `Cores == ${100 + i}`).join(" || ");
    expect(asking({ requirements: `${long} || Cores == 8` }).admits(machine)).toBe(true);
  });

  const table: [requirements: string, admits: boolean][] = [
    ["Cores >= 8", true],
    ["TARGET.Cores > 8", false],
    ["GflopsF32 / 1000 > 1.1", true],
    ["OnBattery == false", false],
    ["OnBattery =!= true", true],
    ['member("wgsl", Engines)', true],
    ['GpuVendor == "NVIDIA"', true],
    ['GpuVendor =?= "NVIDIA"', false],
    ['Region == "Österreich"', true],
    ["MY.PriceEct >= 0.01 && Tasks == 32", true],
    ["Cores", true],
    ["Cores - 8", false],
    ["Cores / 0", false],
    ['"yes"', false],
    ["MemoryMiB > 1", false],
  ];
  for (const [requirements, admits] of table)
    it(`${admits ? "admit" : "refuse"} a machine by ${requirements}`, () => {
      expect(asking({ requirements }).admits(machine)).toBe(admits);
    });

  it("include what the app's manifest asks of a GPU, of machines that tell", () => {
    const job = {
      id: "1",
      name: "squares",
      engine: "wgsl" as const,
      requirements: {
        features: ["shader-f16"],
        limits: { maxBufferSize: 2 ** 30, minUniformBufferOffsetAlignment: 256 },
      },
      spec: { app: "app" as Cid, items: 64, itemsPerTask: 2, law: "poco" as const, trust: 2, replicas: 2 },
    };
    const { admits, mentions } = needsOf(job);
    expect([...mentions].sort()).toEqual(["GpuFeatures", "GpuMaxBufferMiB"]);
    expect(admits({ GpuFeatures: ["shader-f16", "subgroups"], GpuMaxBufferMiB: 1024 })).toBe(true);
    expect(admits({ GpuFeatures: ["shader-f16"], GpuMaxBufferMiB: 1023 })).toBe(false);
    expect(admits({ GpuFeatures: [], GpuMaxBufferMiB: 4096 })).toBe(false);
    expect(admits({})).toBe(true);
  });

  it("want requirements and score both", () => {
    expect(asking({ requirements: "Cores > 1", minScore: 7 }).admits(machine)).toBe(true);
    expect(asking({ requirements: "Cores > 1", minScore: 8 }).admits(machine)).toBe(false);
    expect(asking({ requirements: "Cores > 9", minScore: 7 }).admits(machine)).toBe(false);
  });

  it("name the attributes they depend on, whatever the case they are written in", () => {
    const mentions = (requirements: string) => [...asking({ requirements }).mentions].sort();
    expect(mentions("hasWGSL && TARGET.cores > MY.Tasks")).toEqual(["Cores", "HasWgsl"]);
    expect(mentions("Region isnt undefined ? Hidden : Peers")).toEqual(["Hidden", "Peers", "Region"]);
    expect(mentions("1 < 2")).toEqual([]);
    for (const open of ['eval("Cor" + "es") > 2', "TARGET =!= undefined", "[a = Cores].a > 2", 'TARGET["Cores"] > 2'])
      expect(mentions(open)).toEqual([...MACHINE_ATTRIBUTES].sort());
  });

  it("never depend on an attribute they do not mention", () => {
    const attribute = fc.constantFrom("Cores", "GflopsF32", "Score", "MemoryMiB", "TARGET.Cores", "MY.Trust");
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: "small" },
        attribute,
        fc.integer({ min: 0, max: 9 }).map(String),
        fc
          .tuple(tie("expression"), fc.constantFrom("<", "==", "&&", "||", "+", "=?=", "*"), tie("expression"))
          .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
        fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `ifThenElse(${a}, ${b}, 1)`),
      ),
    }));
    const value = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
    const names = ["Cores", "GflopsF32", "Score", "MemoryMiB"];
    fc.assert(
      fc.property(
        expression,
        fc.tuple(value, value, value, value),
        fc.tuple(value, value, value, value),
        (text, a, b) => {
          const needs = asking({ requirements: text });
          const make = (values: typeof a) =>
            Object.fromEntries(names.flatMap((name, i) => (values[i] === undefined ? [] : [[name, values[i]]])));
          const [one, other] = [make(a), make(b)];
          for (const name of needs.mentions) {
            if (one[name] === undefined) delete other[name];
            else other[name] = one[name];
          }
          expect(needs.admits(one)).toBe(needs.admits(other));
        },
      ),
    );
  });

  it("rank machines by the job's own expression; what is no number counts as 0", () => {
    const rank = (text: string) => {
      const { by } = asking({ rank: text }).ranking;
      return typeof by === "function" ? by(machine) : undefined;
    };
    expect(["Cores * 2", "GflopsF32", "true", "Memory", '"many"', "1 / 0"].map(rank)).toEqual([16, 1200, 1, 0, 0, 0]);
    expect(asking({ rank: "Cores" }).ranking.key).not.toBe(asking({}).ranking.key);
  });

  it("are refused with line and column if they do not parse", () => {
    expect(() => asking({ requirements: "Cores > 2 &&\n  && Score" })).toThrow(/^requirements: line 2, column 3:/);
    expect(() => asking({ rank: "Cores +" })).toThrow(/^rank: line 1/);
  });

  it("come to an end, whatever their author is up to", () => {
    const hostile = [
      `${"(".repeat(300)}1${")".repeat(300)}`,
      `regexp("(a+)+$", "${"a".repeat(60)}b")`,
      `eval(eval("${"x".repeat(1000)}"))`,
    ];
    for (const requirements of hostile) {
      try {
        asking({ requirements }).admits(machine);
      } catch (error) {
        expect(error).toMatchObject({ code: "bad-job" });
      }
    }
  });
});

describe("the scheduler", () => {
  it("gives a job's tasks to nobody whose score is too low, and says so", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10, needs: asking({ minScore: 5 }) });
    const low = grid.join(1, { attributes: { Score: 4 } });
    const high = grid.join(2, { attributes: { Score: 5 } });
    const ask = (worker: { address: typeof low.address }) =>
      grid.send({ type: "workRequested", worker: worker.address, tasks: 1 })[0]!;
    expect(ask(low)).toMatchObject({ type: "idle", reason: expect.stringContaining("not what it asks for") });
    expect(ask(high)).toMatchObject({ type: "lease" });
  });

  it("gives tasks to a worker once its attributes have become what the job asks for", () => {
    const grid = new Grid();
    grid.addJob({ tasks: 10, needs: asking({ minScore: 5 }) });
    const worker = grid.join(1, { attributes: { Score: 4 } });
    grid.send({ type: "workRequested", worker: worker.address, tasks: 1 });
    const engines = worker.engines;
    grid.send({ type: "adChanged", worker: worker.address, engines, numericClass: "", attributes: { Score: 5 } });
    const later = grid.send({ type: "workRequested", worker: worker.address, tasks: 1 });
    expect(later[0]).toMatchObject({ type: "lease" });
  });

  it("asks those first whom the requester prefers, among those that wait", () => {
    const needs = asking({ preference: "fastest" });
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

  it("refuses a job whose requirements do not parse, with line and column, and quotes none either", async () => {
    const spec = specOf(app, { requirements: "Cores >" });
    const { params: _, inputs: __, ...terms } = spec;
    const post = async (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${grid.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      return (await answer.json()) as object;
    };
    const refusal = {
      error: { code: "bad-job", message: expect.stringMatching(/^requirements: line 1, column \d+:/) },
    };
    expect(await post("/api/quote", terms)).toEqual(refusal);
    expect(await post("/api/jobs", { dealId: grid.openDeal(spec), spec })).toEqual(refusal);
  });

  it("computes a job on the machines that meet its requirements, and counts them before", async () => {
    const [first, second] = volunteers.map(({ identity }) => identity.address);
    const requirements = `HasWasm && Name != "0x00" && Pool == "${grid.pool}" && member(Name, {"${first}", "${second}"})`;
    volunteers.push(new NodeVolunteer(grid.url));
    await volunteers[2]!.greeted;
    const { job } = await grid.submit(specOf(app, { requirements, items: 16 }));
    await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
    const tasks = (await (await fetch(`${grid.url}/api/jobs/${job}/tasks`)).json()) as TaskView[];
    const workers = new Set(tasks.flatMap(({ contributions }) => contributions.map(({ worker }) => worker)));
    expect([...workers].sort()).toEqual([first, second].sort());
  });

  it("knows connected workers by their attributes, and puts them into bands for the preference of a job", async () => {
    const { job } = await grid.submit(specOf(app, { preference: "fastest", minScore: 1 }));
    const view = async () => (await (await fetch(`${grid.url}/api/jobs/${job}`)).json()) as JobView;
    expect((await view()).waitsFor).toBe(
      "needs workers of 2 different owners that run wasm and meet the job's requirements, found none among 2 connected",
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
    await soon(() => expect(worker.bands.get(key)).toBeDefined());
  });
});
