// How long a job will take, and whether its deadline is promised and kept.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobSpec, JobView, QuoteView } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { forecastOf, type Load, normal } from "../../relay/scheduler/forecast.ts";
import { newWorker } from "../../relay/scheduler/new.ts";
import type { Worker } from "../../relay/scheduler/state.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { address } from "./scheduler/grid.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

const load: Load = { app: "app", tasks: 1000, redundancy: 2, size: 1, rivals: 0 };
const worker = (n: number, itemMs?: number): Worker =>
  newWorker({ address: address(n), itemMs: new Map(itemMs === undefined ? [] : [["app", itemMs]]) });
const crowd = (count: number, taskMs: number) => Array.from({ length: count }, (_, n) => worker(n, taskMs));

describe("the forecast", () => {
  it("divides the work by the speed of those who could do it", () => {
    // 2,000 contributions of 100 ms on ten machines take 20 s, and then comes the last task.
    expect(forecastOf(load, crowd(10, 100))!.p50Ms).toBeCloseTo(20_000 + 2 * 1_100, 6);
  });

  it("is none where nobody has run the app, or nobody could", () => {
    expect(forecastOf(load, [worker(1), worker(2)])).toBeUndefined();
    expect(forecastOf(load, [])).toBeUndefined();
  });

  it("takes machines that have not run the app for middling, and is less sure then", () => {
    const known = forecastOf(load, crowd(10, 100))!;
    const half = forecastOf(load, [...crowd(5, 100), ...[11, 12, 13, 14, 15].map((n) => worker(n))])!;
    expect(half.p50Ms).toBeCloseTo(known.p50Ms, 6);
    expect(half.p90Ms).toBeGreaterThan(known.p90Ms);
  });

  it("grows with work, size and rivals, and shrinks with workers", () => {
    const p50 = (change: Partial<Load>, workers = 10) => forecastOf({ ...load, ...change }, crowd(workers, 50))!.p50Ms;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (more) => {
        expect(p50({ tasks: 1000 + more })).toBeGreaterThan(p50({}));
        expect(p50({ size: 1 + more })).toBeGreaterThan(p50({}));
        expect(p50({ rivals: more })).toBeGreaterThan(p50({}));
        expect(p50({}, 10 + more)).toBeLessThan(p50({}));
      }),
    );
  });

  it("gives its own halves and tenths their probabilities, and never less to a later deadline", () => {
    const forecast = forecastOf(load, crowd(3, 40))!;
    expect(forecast.within(forecast.p50Ms)).toBeCloseTo(0.5, 6);
    expect(forecast.within(forecast.p90Ms)).toBeCloseTo(0.9, 4);
    expect(forecast.within(0)).toBe(0);
    fc.assert(fc.property(fc.nat(1e6), fc.nat(1e6), (a, b) => forecast.within(a) <= forecast.within(a + b) + 1e-7));
  });

  it("uses a normal distribution as tables have it", () => {
    const table = [-3, -1.96, -1, 0, 0.5, 1.2816, 2].map((x) => Number(normal(x).toFixed(4)));
    expect(table).toEqual([0.0013, 0.025, 0.1587, 0.5, 0.6915, 0.9, 0.9772]);
  });
});

describe("a deadline", () => {
  let grid: TestRelay;
  let app: Cid;
  let volunteers: NodeVolunteer[];
  let nowMs = 0;
  beforeEach(async () => {
    nowMs = Date.now();
    grid = await openTestRelay({ now: () => nowMs });
    app = await grid.publish(squares, await compileSquares());
    volunteers = [1, 2].map(() => new NodeVolunteer(grid.url));
    await Promise.all(volunteers.map(({ greeted }) => greeted));
  });
  afterEach(async () => {
    for (const volunteer of volunteers) volunteer.close();
    await grid.close();
  });

  const run = async (spec: Partial<JobSpec>): Promise<JobView> => {
    const { job } = await grid.submit(specOf(app, spec));
    await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
    return (await fetch(`${grid.url}/api/jobs/${job}`)).json() as Promise<JobView>;
  };
  const quote = async (change: Partial<JobSpec>): Promise<QuoteView> => {
    const { params: _, inputs: __, ...terms } = specOf(app, change);
    const body = JSON.stringify(terms);
    const headers = { "content-type": "application/json" };
    return (await fetch(`${grid.url}/api/quote`, { method: "POST", headers, body })).json() as Promise<QuoteView>;
  };

  it("is not promised while nobody knows how long the app takes, and is once it has run", async () => {
    const first = await run({ items: 8, deadlineSeconds: 3600 });
    expect(first.promise).toMatchObject({ granted: false, probability: 0, kept: true });
    const { eta, promise } = await quote({ items: 8, deadlineSeconds: 3600, completion: 0.99 });
    expect(eta!.p50Ms).toBeGreaterThan(0);
    expect(eta!.p90Ms).toBeGreaterThan(eta!.p50Ms);
    expect(promise).toEqual({ granted: true, probability: expect.closeTo(1, 5) });
    expect((await run({ items: 8, deadlineSeconds: 3600 })).promise).toMatchObject({ granted: true, kept: true });
  });

  it("is not promised where it is too short, and its job runs all the same", async () => {
    await run({ items: 8 });
    const { promise } = await quote({ items: 4_000_000, itemsPerTask: 1000, deadlineSeconds: 1 });
    expect(promise!.granted).toBe(false);
    const { state, promise: told, createdMs } = await run({ items: 8, deadlineSeconds: 1, completion: 1 });
    expect(state).toBe("done");
    expect(told).toMatchObject({ granted: false, deadlineMs: createdMs + 1000 });
  });

  it("is refused without a date to be complete by", async () => {
    const answer = (await quote({ completion: 0.5 })) as unknown as { error: { code: string } };
    expect(answer.error.code).toBe("bad-job");
  });
});
