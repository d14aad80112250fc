import { DatabaseSync } from "node:sqlite";
import { AbiCoder, BrowserProvider, type EventLog, keccak256 } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SettledTask, verifyInclusion } from "../../protocol/epoch.ts";
import { assembleEpoch } from "../../protocol/epochBuild.ts";
import { toBytes32 } from "../../protocol/ids.ts";
import * as proofs from "./proofs.ts";
import { ECT, named, type Part, World } from "./world.ts";

const honest = (...workers: string[]): Part[] => workers.map((worker) => ({ worker, digest: "right" }));
const lie = (worker: string): Part => ({ worker, digest: `wrong of ${worker}` });

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe("settlement", () => {
  it("pays six workers, leaves the liar nothing, and accounts for every wei", async () => {
    const dealId = await world.openDeal({ tasks: 10, pricePerTaskWei: ECT + 7n });
    const tasks = world.certify(dealId, {
      0: [...honest("ann", "bob"), lie("liar")],
      1: [...honest("bob", "cy"), lie("liar")],
      2: honest("cy", "dan"),
      3: [...honest("dan", "eve", "liar")],
      5: [...honest("eve", "ann", "bob")],
    });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(2000, 1000n * ECT); // the deal keeps the fee it was opened with
    expect((await world.contracts.dealTerms(dealId))?.feeBps).toBe(1000);

    const poolBefore = await world.contracts.balances(world.address("pool"));
    const supplyBefore = await world.supplyWei();
    const report = (await settler.settle())!;
    await settler.closeDeal(dealId);

    expect(report.state).toBe("credited");
    expect(report.forfeited).toEqual([world.address("liar")]);
    const paid = new Map<string, bigint>();
    for (const name of ["ann", "bob", "cy", "dan", "eve", "liar"]) {
      const { freeWei } = await world.contracts.balances(world.address(name));
      expect(freeWei).toBe(report.workersWei.get(world.address(name)));
      paid.set(name, freeWei);
    }
    expect(paid.get("liar")).toBe(0n);
    const workersWei = [...paid.values()].reduce((a, b) => a + b, 0n);
    const poolWei = (await world.contracts.balances(world.address("pool"))).freeWei - poolBefore.freeWei;
    const burnedWei = supplyBefore - (await world.supplyWei());
    const refundWei = (await world.contracts.balances(world.address("requester"))).freeWei;
    expect(refundWei).toBe(5n * (ECT + 7n));
    expect(workersWei + poolWei + burnedWei + refundWei).toBe(10n * (ECT + 7n));
    expect(poolWei).toBe(report.poolWei);
    expect(burnedWei).toBe(report.burnedWei);
  });

  it("pays the owners of app and dataset, and burns a share of the whole price", async () => {
    const price = { pricePerTaskWei: ECT + 7n, appWei: ECT / 2n + 3n, datasetWei: ECT / 10n + 1n };
    const owners = { appOwner: world.address("author"), datasetOwner: world.address("curator") };
    const dealId = await world.openDeal({ tasks: 4, ...price, ...owners });
    const tasks = world.certify(dealId, { 0: [...honest("ann", "bob"), lie("liar")], 2: honest("bob", "cy", "dan") });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(1000, 1000n * ECT);
    const supplyWei = await world.supplyWei();
    const freeWei = async (name: string) => (await world.contracts.balances(world.address(name))).freeWei;

    const report = (await settler.settle())!;
    expect(await freeWei("author")).toBe(2n * price.appWei);
    expect(await freeWei("curator")).toBe(2n * price.datasetWei);
    expect(supplyWei - (await world.supplyWei())).toBe(2n * ((price.pricePerTaskWei * 5n) / 100n));
    const workersWei = [...report.workersWei.values()].reduce((a, b) => a + b, 0n);
    const assetsWei = 2n * (price.appWei + price.datasetWei);
    expect(workersWei + report.poolWei + report.burnedWei + assetsWei).toBe(2n * price.pricePerTaskWei);
    await settler.closeDeal(dealId);
    expect(await freeWei("requester")).toBe(2n * price.pricePerTaskWei);
  });

  it("gives out what an epoch was built from, whose hash is on chain", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(1000, 1000n * ECT);
    const report = (await settler.settle())!;
    const data = settler.data(report.number)!;
    const epochs = world.contract("epochs");
    const [posted] = await epochs.queryFilter(epochs.getEvent("Posted"));
    expect(keccak256(data)).toBe((posted as EventLog).args.epoch.roots.dataHash);
    expect(settler.data(report.number + 1)).toBeUndefined();
  });

  it("raises the score of those who were right, and cuts the liar's", async () => {
    const dealId = await world.openDeal();
    const right = Object.fromEntries([0, 1, 2, 3].map((index) => [index, honest("ann", "liar")]));
    const wrong = { 4: [...honest("ann", "bob"), lie("liar")] };
    const tasks = world.certify(dealId, { ...right, ...wrong });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(0, 1000n * ECT);
    await settler.settle();
    const scores = await world.contracts.scores(["ann", "bob", "liar"].map((name) => world.address(name)));
    expect([...scores.values()]).toEqual([5, 1, 2]);
  });

  it("moves no money before the window is over", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    const waits: number[] = [];
    const settler = world.settler({
      tasks: () => tasks,
      wait: async (ms) => {
        waits.push(ms);
        expect((await world.contracts.balances(world.address("ann"))).freeWei).toBe(0n);
        expect((await world.contracts.dealTerms(dealId))?.pendingTasks).toBe(1);
        world.pass(ms / 1000);
      },
    });
    await settler.openPool(0, 1000n * ECT);
    await settler.settle();
    expect(waits).toEqual([60_000]);
    expect((await world.contracts.balances(world.address("ann"))).freeWei).toBeGreaterThan(0n);
  });

  it("settles what came later in a later epoch, and each task once", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(1000, 1000n * ECT);
    expect((await settler.settle())?.number).toBe(0);
    tasks.push(...world.certify(dealId, { 1: honest("cy", "ann"), 2: honest("bob", "cy") }));
    const second = (await settler.settle())!;
    expect([second.number, second.tasks]).toEqual([1, 2]);
    expect(await settler.settle()).toBeUndefined();
    const free = await Promise.all(["ann", "bob", "cy"].map((name) => world.contracts.balances(world.address(name))));
    expect(new Set(free.map(({ freeWei }) => freeWei)).size).toBe(1);
    expect(settler.epochs().map(({ number, state }) => [number, state])).toEqual([
      [0, "credited"],
      [1, "credited"],
    ]);
  });

  it("settles only as much as the bond covers twice over, and the rest afterwards", async () => {
    const dealId = await world.openDeal({ tasks: 5 });
    const tasks = world.certify(dealId, Object.fromEntries([0, 1, 2, 3, 4].map((i) => [i, honest("ann", "bob")])));
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(0, 5n * ECT);
    expect((await settler.settle())?.tasks).toBe(2);
    expect((await settler.settle())?.tasks).toBe(2);
    expect((await settler.settle())?.tasks).toBe(1);
    expect((await world.contracts.dealTerms(dealId))?.settledTasks).toBe(5);
  });

  it("settles comparator jobs, where those who agree have different digests", async () => {
    const dealId = await world.openDeal({ law: "pool", replicas: 3 });
    const tasks = world.certify(dealId, {
      0: [
        { worker: "ann", digest: "0.999" },
        { worker: "bob", digest: "1.000", agrees: true },
        { worker: "cy", digest: "1.001", agrees: true },
        { worker: "liar", digest: "7", agrees: false },
      ],
    });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(0, 100n * ECT);
    const report = (await settler.settle())!;
    // One mistake is forgiven, but earns nothing.
    expect(report.forfeited).toEqual([]);
    expect(report.workersWei.get(world.address("liar"))).toBe(0n);
    expect(report.workersWei.get(world.address("cy"))).toBe((ECT * 85n) / 100n / 3n);
  });

  it("proves to a stranger that a task is in a posted epoch", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, Object.fromEntries([0, 1, 2, 7].map((i) => [i, honest("ann", "bob")])));
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(0, 1000n * ECT);
    const report = (await settler.settle())!;
    const inclusion = (await settler.inclusion(dealId, 7))!;
    expect(inclusion.task.digest).toBe(tasks[3]!.digest);
    expect(verifyInclusion(inclusion, report.epochHash)).toBe(true);
    expect(verifyInclusion({ ...inclusion, task: { ...inclusion.task, index: 6 } }, report.epochHash)).toBe(false);
    expect(verifyInclusion({ ...inclusion, position: 2 }, report.epochHash)).toBe(false);
    const [, hash] = await world.contract("epochs").getFunction("stateOf")(world.address("pool"), 0);
    expect(toBytes32(`${hash}00`).slice(0, 64)).toBe(report.epochHash.slice(0, 64));
    expect(await settler.inclusion(dealId, 3)).toBeUndefined();
  });

  it("serves two pools from one Hub, each with its own bond and ledger", async () => {
    const first = world.settler({ tasks: () => tasksOfFirst });
    const second = world.settler({ tasks: () => tasksOfSecond }, "otherPool");
    await first.openPool(1000, 100n * ECT);
    await second.openPool(2000, 100n * ECT);
    const dealOfFirst = await world.openDeal({ tasks: 2 }, "pool");
    const dealOfSecond = await world.openDeal({ tasks: 2 }, "otherPool", "stranger");
    const tasksOfFirst = world.certify(dealOfFirst, { 0: honest("ann", "bob") }, "pool");
    const tasksOfSecond = world.certify(dealOfSecond, { 0: honest("ann", "cy") }, "otherPool");
    const [one, two] = [(await first.settle())!, (await second.settle())!];
    const { freeWei, score } = await world.contracts.balances(world.address("ann"));
    expect(freeWei).toBe(one.workersWei.get(world.address("ann"))! + two.workersWei.get(world.address("ann"))!);
    expect(score).toBe(2);
    expect([one.poolWei, two.poolWei]).toEqual([ECT / 10n, ECT / 5n]);
  });

  it("leaves tasks of a deal that was closed meanwhile", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    const settler = world.settler({ tasks: () => tasks, db: new DatabaseSync(":memory:") });
    await settler.openPool(0, 100n * ECT);
    await settler.closeDeal(dealId);
    await settler.closeDeal(dealId);
    expect(await settler.settle()).toBeUndefined();
    expect((await world.contracts.balances(world.address("requester"))).freeWei).toBe(10n * ECT);
  });

  it("says why the chain refuses an epoch, and builds it anew when it would not", async () => {
    const dealId = await world.openDeal({ tasks: 2 });
    const tasks = world.certify(dealId, { 0: honest("ann", "bob"), 1: honest("ann", "bob") });
    const settler = world.settler({ tasks: () => tasks });
    await settler.openPool(1000, 4n * ECT);
    // The bond shrinks after the epoch is built, before it is posted: when its gas is estimated.
    let unbonded = false;
    const request = async (call: { method: string; params?: readonly unknown[] }): Promise<unknown> => {
      const isFirst = call.method === "eth_estimateGas" && !unbonded;
      unbonded ||= isFirst;
      if (isFirst) await world.send("pool", "hub", "unbond", 2n * ECT);
      return world.chain.request(call);
    };
    const provider = new BrowserProvider({ request }, undefined, { cacheTimeout: -1 });
    const racing = world.settler({ tasks: () => tasks, provider });
    await expect(racing.settle()).rejects.toMatchObject({
      code: "chain-unavailable",
      message: expect.stringContaining("BondTooLow("),
    });
    expect((await racing.settle())?.tasks).toBe(1);
    provider.destroy();
  });

  it("gives up an epoch that somebody proved wrong, and settles its tasks anew when they are right", async () => {
    const dealId = await world.openDeal();
    const tasks = world.certify(dealId, { 0: [{ worker: "ann", digest: "right" }, lie("liar")] }); // one replica too few
    const settler = world.settler({
      tasks: () => tasks,
      wait: async (ms) => {
        world.pass(ms / 1000);
        await exposeUnproven(world, settler.epochs().length - 1, tasks[0]!);
      },
    });
    await settler.openPool(0, 100n * ECT);
    const wrong = (await settler.settle())!;
    expect(wrong.state).toBe("voided");
    expect((await world.contracts.balances(world.address("ann"))).freeWei).toBe(0n);
    expect((await world.contracts.pool(world.address("pool"))).bondWei).toBe(98n * ECT);
    expect((await world.contracts.dealTerms(dealId))?.pendingTasks).toBe(0);

    tasks.splice(0, 1, ...world.certify(dealId, { 0: honest("ann", "bob") }));
    const right = (await settler.settle())!;
    expect([right.state, right.number]).toEqual(["credited", 1]);
    expect((await world.contracts.balances(world.address("ann"))).freeWei).toBeGreaterThan(0n);
  });
});

/** A watcher rebuilds the pool's first epoch from what it posted, and challenges its first task. */
async function exposeUnproven(world: World, number: number, task: SettledTask): Promise<void> {
  if (number > 0) return;
  const [event] = await world.contract("epochs").queryFilter("Posted");
  const { epoch: header, epochHash } = (event as EventLog).args;
  const values = [world.address("challenger"), epochHash, 1, 0, named("salt")];
  const lock = AbiCoder.defaultAbiCoder().encode(["address", "bytes32", "uint8", "uint256", "bytes32"], values);
  await world.send("challenger", "challenges", "lockChallenge", keccak256(lock));
  await world.chain.mine();
  await world.chain.mine();
  const deals = new Map([[task.dealId, (await world.contracts.dealTerms(task.dealId))!]]);
  const epoch = assembleEpoch({ previous: new Map(), deals, tasks: [task], batches: [] });
  const posted = { epoch, header };
  const args = [proofs.taskProof(posted, 0), proofs.contributions(posted, 0), named("salt")];
  await world.send("challenger", "challenges", "challengeTask", header.toObject(true), ...args);
}
