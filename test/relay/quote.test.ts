// What a job would take is said before it is paid for.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, QuoteRequest, QuoteView } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { defaultRules, newStanding } from "../../relay/scheduler/credibility.ts";
import { newWorker } from "../../relay/scheduler/new.ts";
import { prospectsOf, redundancyOf } from "../../relay/scheduler/prospects.ts";
import type { Worker } from "../../relay/scheduler/state.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { ECT, openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
let app: Cid;
let volunteers: NodeVolunteer[];
beforeAll(async () => {
  grid = await openTestRelay();
  app = await grid.publish(squares, await compileSquares());
  volunteers = [1, 2].map(() => new NodeVolunteer(grid.url));
  await Promise.all(volunteers.map(({ greeted }) => greeted));
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
});

const ask = (change: Partial<JobSpec & QuoteRequest> = {}) => {
  const { params: _, inputs: __, ...terms } = specOf(app, change);
  return fetch(`${grid.url}/api/quote`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(terms),
  });
};
const quote = async (change: Partial<JobSpec> = {}) => (await (await ask(change)).json()) as QuoteView;
const refusal = async (change: Partial<JobSpec>) =>
  ((await (await ask(change)).json()) as { error: { code: string; message: string } }).error;

describe("a quote", () => {
  it("counts tasks, those who could do them, and their owners", async () => {
    expect(await quote({ items: 100, itemsPerTask: 8 })).toMatchObject({
      tasks: 13,
      connected: 2,
      eligible: { workers: 2, owners: 2 },
      redundancy: { expected: 2, newcomers: 2 },
    });
    expect(await quote()).not.toHaveProperty("missing");
  });

  it("says what is missing where too few owners are there", async () => {
    expect((await quote({ replicas: 3 })).missing).toBe(
      "needs workers of 3 different owners that run wasm, found 2 such owners among 2 connected",
    );
  });

  it("says what others have paid for as much work of the app, once somebody has", async () => {
    const price = async (itemsPerTask: number) => (await quote({ itemsPerTask })).price;
    expect(await price(2)).toBeUndefined();
    const { priceWei } = await grid.submit(specOf(app, { itemsPerTask: 2 }));
    expect(await price(2)).toEqual({ lowWei: priceWei, highWei: priceWei });
    expect((await price(4))?.highWei).toBe(String(2n * BigInt(priceWei)));
    expect(BigInt(priceWei)).toBeLessThanOrEqual(ECT);
  });

  it("is refused for what would be refused as a job", async () => {
    expect(await refusal({ trust: 1_000_000 })).toMatchObject({
      code: "bad-job",
      message: expect.stringMatching(/^trust:/),
    });
    expect(await refusal({ items: 2 ** 31, itemsPerTask: 1 })).toMatchObject({ code: "bad-job" });
    expect(await refusal({ app: app.replace(/.$/, (last) => (last === "a" ? "b" : "a")) as Cid })).toMatchObject({
      code: expect.stringMatching(/not-found|bad-message/),
    });
    expect(await refusal({ colour: "red" } as Partial<JobSpec>)).toMatchObject({ code: "bad-message" });
  });
});

describe("expected redundancy", () => {
  const worker = (change: Partial<Worker>) =>
    newWorker({ address: volunteers[0]!.identity.address, connected: true, ...change });
  const proven = (history: number) => worker({ standing: { ...newStanding(), checks: history, history } });
  const terms = { tasks: 1000, trust: 1000, replicas: 1 };

  it("falls, under law pool, with what the workers have proven, down to one and its audits", () => {
    const of = (history: number) =>
      redundancyOf({ ...terms, law: "pool" }, [proven(history), proven(history)], defaultRules).expected;
    fc.assert(fc.property(fc.nat(3000), fc.nat(3000), (a, b) => of(Math.max(a, b)) <= of(Math.min(a, b)) + 1e-9));
    expect(of(2000)).toBeGreaterThan(1);
    expect(of(2000)).toBeLessThan(1.3);
  });

  it("falls, under law poco, with their scores on chain", () => {
    const of = (score: number) => redundancyOf({ ...terms, law: "poco" }, [worker({ score })], defaultRules);
    expect(of(0)).toEqual({ expected: 10, newcomers: 10 });
    expect(of(300).expected).toBe(2);
    expect(of(300).newcomers).toBe(10);
  });

  it("never is below the replicas that the deal demands", () => {
    for (const law of ["pool", "poco"] as const)
      expect(
        redundancyOf({ law, tasks: 10, trust: 2, replicas: 4 }, [worker({})], defaultRules).expected,
      ).toBeGreaterThanOrEqual(4);
  });
});

describe("the search for those who could do a job", () => {
  it("gives way to others while it goes through many workers", () => {
    const workers = Array.from({ length: 10_000 }, (_, i) => ({ connected: i % 2 === 0, banned: false }) as Worker);
    const search = prospectsOf(workers, () => true);
    let pauses = 0;
    let step = search.next();
    for (; !step.done; step = search.next()) pauses++;
    expect(pauses).toBe(20);
    expect(step.value.connected).toBe(5000);
  });
});
