// Two pools fill one request from their books, each for a part, and their volunteers compute the whole between them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Apps } from "../../client/apps.ts";
import { partsOf } from "../../client/index.ts";
import { Job } from "../../client/job.ts";
import { Relay } from "../../client/relay.ts";
import type { JobSpec } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { appHash, jobHash } from "../../protocol/job.ts";
import type { OrderOf } from "../../protocol/orders.ts";
import { Filler } from "../../relay/orders/filler.ts";
import { Mirror } from "../../relay/orders/mirror.ts";
import type { Orders } from "../../relay/orders/orders.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares, squaresOf } from "../relay/squares.ts";
import { openTestRelay, type TestRelay } from "../relay/testRelay.ts";
import { ECT, named, walletOf } from "../settlement/world.ts";
import { Stage } from "./stage.ts";

interface Pool {
  name: string;
  relay: TestRelay;
  orders: Orders;
  filler: Filler;
  volunteers: NodeVolunteer[];
  said: string[];
}

let stage: Stage;
let app: Cid;
let pools: [Pool, Pool];
beforeAll(async () => {
  stage = await Stage.open();
  pools = [await openPool("pool"), await openPool("otherPool")];
});
afterAll(async () => {
  for (const { volunteers, relay } of pools) {
    for (const volunteer of volunteers) volunteer.close();
    await relay.close();
  }
  await stage.close();
});

async function openPool(name: string): Promise<Pool> {
  const { world } = stage;
  let orders!: Orders;
  const relay = await openTestRelay({
    ...{ poolKey: walletOf(name).privateKey, domain: world.domain },
    deal: (id) => world.contracts.dealTerms(id),
    orders: (store) => {
      orders = stage.book(store);
      return orders;
    },
  });
  app = await relay.publish(squares, await compileSquares());
  const volunteers = [new NodeVolunteer(relay.url), new NodeVolunteer(relay.url)];
  await Promise.all(volunteers.map(({ greeted }) => greeted));
  const { contracts, sender, pool } = world.settler({ db: relay.relay.store.db }, name);
  const said: string[] = [];
  const filler = new Filler({
    ...{ orders, stores: relay.relay, loop: () => relay.relay.loop, pool, contracts, sender },
    nowMs: () => world.nowS * 1000,
    log: (event, { reason }) => said.push(reason === undefined ? event : `${event}: ${reason}`),
  });
  return { name, relay, orders, filler, volunteers, said };
}

const specOf = (change: Partial<JobSpec> = {}): JobSpec => ({
  ...{ app, params: { offset: 3 }, inputs: [], items: 38, itemsPerTask: 4, law: "poco", trust: 2, replicas: 2 },
  ...change,
});

let salts = 0;
async function request(spec: JobSpec, change: Partial<OrderOf<"RequestOrder">> = {}) {
  const terms = { appHash: appHash(app), jobHash: jobHash(spec), salt: named(`fill ${salts++}`), ...change };
  return { ...(await stage.request(terms)), job: { spec, title: "squares" } };
}
const jobsOf = ({ relay }: Pool) => [...relay.relay.loop.jobs.values()];

describe("a request in the book", () => {
  it("is filled by two pools that mirror it, each for a part; their results are the whole job's", async () => {
    const [one, two] = pools;
    const spec = specOf();
    const { id } = await one.orders.post(await request(spec));
    await one.orders.post(await stage.poolOrder({ volume: 4, salt: named("one") }));
    await two.orders.post(await stage.poolOrder({ salt: named("two") }, "otherPool"));
    await new Mirror({ url: one.relay.url, orders: two.orders }).look();
    for (const { orders } of pools) await orders.look();
    await one.filler.look();
    await one.filler.look();
    await two.orders.look();
    await two.filler.look();
    for (const { orders } of pools) await orders.look();
    expect(pools.map(({ orders }) => orders.page({ kind: "RequestOrder" }).orders)).toEqual([[], []]);

    const parts = await partsOf(stage.world.addresses, id, stage.world.provider);
    expect(parts).toMatchObject([
      { pool: stage.world.address("pool"), firstTask: 0, tasks: 4 },
      { pool: stage.world.address("otherPool"), firstTask: 4, tasks: 6 },
    ]);
    const outputs: Uint8Array[] = [];
    for (const [i, { relay }] of pools.entries()) {
      const job = new Job(new Relay(relay.url), new Apps(new Relay(relay.url)), parts[i]!.dealId);
      const found: { first: number; output: Uint8Array }[] = [];
      for await (const result of job.results()) found.push(result);
      outputs.push(...found.sort((a, b) => a.first - b.first).map(({ output }) => output));
      expect(relay.relay.loop.jobs.get(parts[i]!.dealId)?.row).toMatchObject({
        title: "squares",
        requester: stage.world.address("challenger"),
        priceWei: ECT,
      });
    }
    expect(Buffer.concat(outputs)).toEqual(Buffer.from(squaresOf({ first: 0, count: 38 }, 3)));
    // What a deal pays for is the chain's to say, whatever a submitter says.
    const submit = (part: JobSpec["part"]) =>
      fetch(`${two.relay.url}/api/jobs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ dealId: parts[0]!.dealId, spec: { ...spec, part } }),
      });
    expect((await submit({ firstTask: 4, tasks: 4 })).status).toBe(402);
  });

  it("is left alone by a pool that cannot do it, or whose orders do not fit", async () => {
    const [one] = pools;
    await one.orders.post(await stage.poolOrder({ volume: 50, salt: named("three"), tags: ["wasm"] }));
    const before = jobsOf(one).length;
    const spec = specOf({ items: 40 });
    const unfit = [
      await request(spec, { poolMaxWei: ECT - 1n }),
      await request(spec, { category: "M" }),
      await request(spec, { trust: 3 }),
      await request(spec, { tags: ["wgsl"] }),
      await request(spec, { pools: stage.world.address("otherPool") }),
      await request(spec, { maxFeeBps: 999 }),
      await request(spec, { deadline: stage.world.nowS + 59 }),
      await request(specOf({ law: "pool" }), {}),
      await request(specOf({ items: 36 }), {}), // nine tasks, and the order is for ten
      await request(specOf({ params: { offset: 5000 } }), {}),
      await request(specOf({ requirements: "HasWgsl" }), {}),
      { ...(await request(spec)), job: undefined },
    ];
    for (const { job, ...order } of unfit) await one.orders.post({ ...order, ...(job && { job }) });
    await one.filler.look();
    expect(one.said.filter((line) => line.includes("was not filled"))).toEqual([]);
    expect(jobsOf(one)).toHaveLength(before);
  });

  it("whose payer has spent its money is not filled, and the pool loses nothing but the asking", async () => {
    const [one] = pools;
    const { id } = await one.orders.post(await request(specOf({ items: 40 })));
    const free = (await stage.world.contracts.balances(stage.world.address("challenger"))).freeWei;
    await stage.world.send("challenger", "hub", "withdraw", stage.world.address("challenger"), free);
    const sent = await stage.world.provider.getTransactionCount(stage.world.address("pool"));
    const before = jobsOf(one).length;
    await one.filler.look();
    expect(one.said.at(-1)).toMatch(/was not filled: .*NotEnough/);
    expect(await stage.world.provider.getTransactionCount(stage.world.address("pool"))).toBe(sent);
    expect(jobsOf(one)).toHaveLength(before);
    await stage.world.send("challenger", "market", "cancel", id);
    await one.orders.look();
  });

  it("that was matched before a crash is worked on after it", async () => {
    const [one] = pools;
    await stage.world.deposit("challenger", 1000n * ECT);
    const { id } = await one.orders.post(await request(specOf({ items: 40, params: { offset: 9 } })));
    const { loop } = one.relay.relay;
    const addJob = loop.addJob.bind(loop);
    loop.addJob = () => Promise.reject(new Error("the relay died here"));
    stage.world.pass(61);
    await expect(one.filler.look()).rejects.toThrow("died here");
    loop.addJob = addJob;
    expect(await partsOf(stage.world.addresses, id, stage.world.provider)).toHaveLength(1);
    await one.orders.look();
    await one.filler.look();
    await one.filler.look();
    const [part] = await partsOf(stage.world.addresses, id, stage.world.provider);
    expect(loop.jobs.get(part!.dealId)?.row.spec).toMatchObject({ items: 40, params: { offset: 9 } });
  });
});
