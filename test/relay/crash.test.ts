// The relay is killed, as by a power failure, at random points of running jobs and of their settlement, ten times on one
// data folder. Volunteers and requester are the real ones; they reconnect by themselves.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Contract, type HDNodeWallet, JsonRpcProvider, Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { checkReceipt, Grid, type Job, type Result } from "../../client/index.ts";
import { hubAbi, tokenAbi } from "../../contracts/abi.ts";
import { type Address, type Cid, toAddress } from "../../protocol/ids.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { chooseSeed, seeded } from "./random.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";

const TASKS = 60;
const ITEMS_A_TASK = 16;
const PRICE_WEI = 10n ** 18n + 7n;
const TERMS = { items: TASKS * ITEMS_A_TASK, itemsPerTask: ITEMS_A_TASK, law: "poco", trust: 2, replicas: 2 } as const;
/** Changes at the volunteers and results at the requester while one job runs: about five a task. */
const EVENTS = 5 * TASKS;
const SETTLED_MS = 60_000;

const firstSeed = chooseSeed("kill -9");
const seeds = Array.from({ length: 10 }, (_, i) => firstSeed + i);

let grid: TestGrid;
let client: Grid;
let app: Cid;
let requester: HDNodeWallet;
let volunteers: NodeVolunteer[];
let onEvent: () => void = () => {};
const jobs: Job[] = [];

beforeAll(async () => {
  grid = await startGrid("--epoch-seconds", "1");
  client = await Grid.connect(grid.url);
  app = (await client.publish(squares, await compileSquares())).id;
  requester = Wallet.createRandom();
  await client.fund(requester.address as Address);
  volunteers = Array.from({ length: 3 }, () => new NodeVolunteer(grid.url, { onChange: () => onEvent() }));
  await Promise.all(volunteers.map(({ greeted }) => greeted));
});
afterAll(async () => {
  for (const volunteer of volunteers ?? []) volunteer.close();
  client?.close();
  await grid?.close();
});

const submit = (offset: number) =>
  client.submit(
    { app, params: { offset }, inputs: [], ...TERMS, priceWei: PRICE_WEI, title: `job ${offset}` },
    requester,
  );

/** Rows of the relay's store, as they are on the disk. */
function onDisk<Row>(sql: string, ...values: string[]): Row[] {
  const db = new DatabaseSync(join(grid.data, "relay.db"), { readOnly: true });
  try {
    return db.prepare(sql).all(...values) as Row[];
  } finally {
    db.close();
  }
}

const acknowledged = () => volunteers.flatMap((v) => v.acked.map((sequence) => `${v.identity.address} ${sequence}`));
const batchesOnDisk = () =>
  onDisk<{ address: string; sequence: number }>(
    "select w.address, b.sequence from batch b join worker w on w.n = b.worker",
  ).map(({ address, sequence }) => `${address} ${sequence}`);

describe("a relay killed in the middle of its work", () => {
  it.each(seeds)("goes on where it stopped (seed %i)", async (seed) => {
    const random = seeded(seed);
    const killAt = 1 + random.below(EVENTS);
    let events = 0;
    let crash: Promise<void> | undefined;
    const told = { acks: [] as string[], results: [] as Result[] };
    const results: Result[] = [];
    onEvent = () => {
      if (++events < killAt || crash) return;
      told.acks = acknowledged();
      told.results = [...results];
      crash = grid.crash();
    };

    const job = await submit(seed % 1000);
    jobs.push(job);
    for await (const result of job.results()) {
      results.push(result);
      onEvent();
    }
    // Few events, if leases were long: then it is killed while it settles.
    while (!crash) onEvent();
    await crash;
    onEvent = () => {};

    // What was acknowledged is on the disk.
    expect(told.acks.filter((batch) => !batchesOnDisk().includes(batch))).toEqual([]);
    // What was streamed before is still so, under the same number, and came once.
    const view = await job.view();
    expect(view).toMatchObject({ state: "done", title: `job ${seed % 1000}`, certified: TASKS });
    expect(view.requester).toBe(toAddress(requester.address));
    expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from({ length: TASKS }, (_, i) => i));
    const again: Result[] = [];
    for await (const result of job.results()) again.push(result);
    expect(again).toEqual(results);
    expect(again.slice(0, told.results.length)).toEqual(told.results);
    const half = results[TASKS / 2]!;
    const rest: number[] = [];
    for await (const { index } of job.results({ after: half.sequence })) rest.push(index);
    expect(rest).toEqual(results.slice(TASKS / 2 + 1).map(({ index }) => index));
    // And it is right, and proven.
    expect(await job.output()).toEqual(squaresOf({ first: 0, count: TERMS.items }, seed % 1000));
    for (const { index, output } of [results[0]!, half, results.at(-1)!])
      expect(checkReceipt(await job.receipt(index), output).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("remembers that a job was stopped", async () => {
    const job = await submit(999);
    jobs.push(job);
    const stopped = new AbortController();
    const seen: number[] = [];
    await expect(async () => {
      for await (const { index } of job.results({ signal: stopped.signal }))
        if (seen.push(index) === 3) {
          expect((await job.cancel()).state).toBe("stopped");
          await grid.crash();
          stopped.abort();
        }
    }).rejects.toThrow("stopped");
    const view = await job.view();
    expect(view).toMatchObject({ state: "stopped", error: { code: "cancelled" } });
    const indices = (await job.tasks()).filter(({ state }) => state === "certified").map(({ index }) => index);
    expect(indices).toEqual(expect.arrayContaining(seen));
  });

  it("has paid every certified task once, refunded the rest, and lost no wei of all deposits", async () => {
    const deals = await vi.waitFor(
      async () => {
        const found = await Promise.all(jobs.map((job) => client.deal(job.id)));
        expect(found.every(({ closed, pendingTasks }) => closed && pendingTasks === 0)).toBe(true);
        return found;
      },
      { timeout: SETTLED_MS, interval: 200 },
    );
    const certified = await Promise.all(jobs.map(async (job) => (await job.view()).certified));
    expect(deals.map(({ settledTasks }) => settledTasks)).toEqual(certified);
    const settled = certified.reduce((sum, n) => sum + n, 0);

    const { hub, token, pool } = await client.pool();
    const provider = new JsonRpcProvider(`${grid.url}/chain`, undefined, { cacheTimeout: -1, staticNetwork: true });
    const free = (who: string): Promise<bigint> => new Contract(hub, hubAbi, provider).getFunction("freeWei")(who);
    const earned = async () =>
      (await Promise.all(volunteers.map(({ identity }) => free(identity.address)))).reduce((a, b) => a + b, 0n);
    const epochs = () => client.epochs();
    const sum = async (of: "workersWei" | "poolWei" | "burnedWei") =>
      (await epochs()).filter(({ state }) => state === "finalised").reduce((all, epoch) => all + BigInt(epoch[of]), 0n);
    await vi.waitFor(async () => expect(await earned()).toBe(await sum("workersWei")), { timeout: SETTLED_MS });

    const depositWei = PRICE_WEI * BigInt(TASKS * jobs.length);
    const refundWei = await free(requester.address);
    expect(refundWei).toBe(PRICE_WEI * BigInt(TASKS * jobs.length - settled));
    const supply: bigint = await new Contract(
      token,
      [...tokenAbi, "function totalSupply() view returns (uint256)"],
      provider,
    ).getFunction("totalSupply")();
    const burnedWei = 1_000_000_000n * 10n ** 18n - supply;
    expect(burnedWei).toBe(await sum("burnedWei"));
    const poolWei = await free(pool);
    expect(poolWei).toBe(await sum("poolWei"));
    expect((await earned()) + poolWei + burnedWei + refundWei).toBe(depositWei);

    const rows = onDisk<{ deal: string; task: number }>("select deal, task from settlement_task");
    expect(new Set(rows.map(({ deal, task }) => `${deal} ${task}`)).size).toBe(settled);
    expect(rows).toHaveLength(settled);
    expect((await epochs()).reduce((all, epoch) => all + (epoch.state === "finalised" ? epoch.tasks : 0), 0)).toBe(
      settled,
    );
    provider.destroy();
  }, 150_000);
});
