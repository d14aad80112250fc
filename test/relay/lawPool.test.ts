// Law `pool` on a real relay, chain and store: one result a task where its worker is trusted, spot checks that the pool
// pays, a liar that is found out, and a relay that is killed in the middle of it.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkReceipt, Grid, type Job, type JobRequest } from "../../client/index.ts";
import type { Cid } from "../../protocol/ids.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";

const TASKS = 1000;
const ECT = 10n ** 18n;
const PRICE_WEI = ECT / 100n;

let server: TestGrid;
let grid: Grid;
let signer: Wallet;
let app: Cid;
const volunteers: NodeVolunteer[] = [];

const request = (change: Partial<JobRequest> = {}): JobRequest => ({
  app,
  params: {},
  inputs: [],
  items: TASKS * 4,
  itemsPerTask: 4,
  law: "pool",
  trust: 20,
  replicas: 1,
  priceWei: PRICE_WEI,
  ...change,
});

const rows = <T>(sql: string): T[] => {
  const db = new DatabaseSync(join(server.data, "relay.db"), { readOnly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
};

async function expectRight(job: Job): Promise<void> {
  let seen = 0;
  for await (const { index, output } of job.results()) {
    expect(output).toEqual(new Uint8Array(squaresOf({ first: index * 4, count: 4 }).buffer));
    seen++;
  }
  expect(seen).toBe(TASKS);
}

beforeAll(async () => {
  server = await startGrid();
  grid = await Grid.connect(server.url);
  signer = new Wallet(Wallet.createRandom().privateKey);
  await grid.fund(signer);
  app = (await grid.publish(squares, await compileSquares())).id;
});

afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  grid.close();
  await server.close();
});

describe("a job under law pool", () => {
  let job: Job;

  test("is right and done by far fewer than two contributions a task, some of them spot checks", async () => {
    job = await grid.submit(request(), signer);
    // The workers come when the pool's own deal, which pays for checks, is on chain.
    const deals = () => rows("select n from job where auditOf is not null").length;
    await vi.waitFor(() => expect(deals()).toBe(1), { timeout: 30_000, interval: 50 });
    for (let i = 0; i < 4; i++) volunteers.push(new NodeVolunteer(server.url));
    expect((await job.done).state).toBe("done");
    await expectRight(job);
    const { contributions } = await job.view();
    expect(contributions).toBeGreaterThan(TASKS);
    expect(contributions).toBeLessThan(1.5 * TASKS);
    const [audit] = rows<{ n: number }>("select n from job where auditOf is not null");
    const checked = rows(`select number from spot where job = ${audit!.n}`);
    expect(checked.length).toBeGreaterThan(0);
  });

  test("shows only its own tasks: the deal for checks is the pool's affair", async () => {
    expect((await grid.jobs()).map(({ job }) => job)).toEqual([job.id]);
  });

  test("gives receipts that prove a result on one worker's word, and say so", async () => {
    const receipt = await job.receipt(7);
    const output = (await job.output()).slice(7 * 16, 8 * 16);
    expect(checkReceipt(receipt, output).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("settles work and checks alike, and closes both deals", async () => {
    const tasks = () => rows<{ n: number }>("select count(*) as n from certified where epoch is null")[0]!.n;
    await vi.waitFor(() => expect(tasks()).toBe(0), { timeout: 30_000, interval: 200 });
    await vi.waitFor(async () => expect(await grid.deal(job.id)).toMatchObject({ closed: true, settledTasks: TASKS }), {
      timeout: 30_000,
      interval: 200,
    });
  });
});

test("a liar is found out, paid nothing for lies, and no lie is believed", async () => {
  const liar = new NodeVolunteer(server.url, {
    tamper: (output, task) => (task % 3 === 0 ? output.map((byte) => byte ^ 1) : output),
  });
  volunteers.push(liar);
  await liar.greeted;
  const job = await grid.submit(request({ params: { offset: 1 }, trust: 2000, items: 300 * 4 }), signer);
  expect((await job.done).state).toBe("done");
  for await (const { index, output } of job.results())
    expect(output).toEqual(new Uint8Array(squaresOf({ first: index * 4, count: 4 }, 1).buffer));
  const [worker] = (await grid.workers()).filter(({ worker }) => worker === liar.identity.address);
  expect(worker?.bad).toBeGreaterThan(0);
});

test("a relay that is killed keeps what waits for credibility, and checks go on", async () => {
  const job = await grid.submit(request({ params: { offset: 2 }, trust: 200 }), signer);
  await vi.waitFor(async () => expect((await job.view()).contributions).toBeGreaterThan(50), {
    timeout: 30_000,
    interval: 20,
  });
  await server.crash();
  expect((await job.done).state).toBe("done");
  for await (const { index, output } of job.results())
    expect(output).toEqual(new Uint8Array(squaresOf({ first: index * 4, count: 4 }, 2).buffer));
});
