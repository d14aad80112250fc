// Deals that the epoch opens which settles them: no transaction of the requester's but the one that locked its budget.
import { AbiCoder, keccak256 } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { orderId, signOrder } from "../../client/index.ts";
import { type DealTerms, dealsHash, epochHash } from "../../protocol/epoch.ts";
import { assembleEpoch, type Epoch } from "../../protocol/epochBuild.ts";
import { type Bytes32, fromHex, type Hex, toHex } from "../../protocol/ids.ts";
import type { Ledger } from "../../protocol/ledger.ts";
import { type LazyOrder, orderMessage, type Signed } from "../../protocol/orders.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { dealsToAbi, rangeToAbi, rootsToAbi, sumTreeToAbi } from "../../relay/settlement/abi.ts";
import * as proofs from "./proofs.ts";
import { ECT, named, type Part, World, walletOf } from "./world.ts";

const BUDGET_WEI = 10n * ECT;
const CLOSE_S = 3600;
const parts: Part[] = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));

let world: World;
beforeEach(async () => {
  world = await World.open();
  await world.settler().openPool(1000, 1000n * ECT);
  await world.deposit("requester", BUDGET_WEI);
  await world.send("requester", "hub", "lockBudget", world.address("pool"), BUDGET_WEI);
});
afterEach(() => world.close());

type Terms = Partial<LazyOrder["order"]> & { sequence?: number; mostWei?: bigint };

function lazyOrder({ sequence = 1, mostWei = BUDGET_WEI, ...terms }: Terms = {}): LazyOrder {
  const order: LazyOrder["order"] = {
    ...{ pool: world.address("pool"), appHash: named("app"), jobHash: named("job"), law: "poco", trust: 2 },
    ...{ replicas: 2, tasks: 1, pricePerTaskWei: ECT, maxFeeBps: 1000, deadline: world.nowS + 1000 },
    ...FREE_ASSETS,
    ...terms,
  };
  return { requester: world.address("requester"), order, sequence, mostWei };
}

const sign = (order: LazyOrder, as = "requester"): Promise<Signed<"LazyOrder">> =>
  signOrder(world.addresses, "LazyOrder", order, walletOf(as));
const idOf = (order: LazyOrder): Bytes32 => orderId(world.addresses, "LazyOrder", order);

/** Certified tasks of deals that are not on chain yet. */
function assemble(orders: LazyOrder[], previous: Ledger = new Map(), indices = [0]): Epoch {
  const deals = new Map(
    orders.map((lazy): [Bytes32, DealTerms] => {
      const { requester, order } = lazy;
      const assetsWei = order.appWei + order.datasetWei;
      return [idOf(lazy), { ...order, dealId: idOf(lazy), payer: requester, requester, assetsWei, feeBps: 1000 }];
    }),
  );
  const tasks = orders.flatMap((lazy) =>
    world.certify(idOf(lazy), Object.fromEntries(indices.map((index) => [index, parts]))),
  );
  return assembleEpoch({ previous, deals, tasks, batches: [] });
}

async function post(epoch: Epoch, lazy: Signed<"LazyOrder">[]): Promise<proofs.Posted & { gas: number }> {
  const sorted = [...lazy].sort((a, b) => (idOf(a.order) < idOf(b.order) ? -1 : 1));
  const opened = sorted.map(({ order, signature }) => ({ order: orderMessage("LazyOrder", order), signature }));
  const number = Number(await world.contract("epochs").getFunction("posted")(world.address("pool")));
  const args = [rootsToAbi(epoch.roots), sumTreeToAbi(epoch.previous), dealsToAbi(epoch.deals), opened];
  const gas = await world.send("pool", "epochs", "post", ...args);
  const { valueWei, previous, roots } = epoch;
  const header = {
    ...{ pool: world.address("pool"), number, postedAt: world.nowS, valueWei },
    ...{ dealsHash: dealsHash(epoch.deals), previous, roots },
  };
  return { epoch, header, gas };
}

async function finalise(posted: proofs.Posted): Promise<void> {
  world.pass(60);
  const header = proofs.headerOf(posted);
  await world.send("stranger", "epochs", "finalise", header, dealsToAbi(posted.epoch.deals));
  const { ledger, trees } = posted.epoch;
  await world.send("stranger", "epochs", "creditMany", header, rangeToAbi(trees.ledger, ledger, 0, ledger.length));
}

const ledgerAfter = ({ epoch }: proofs.Posted): Ledger => new Map(epoch.ledger.map(({ worker, sum }) => [worker, sum]));

const budget = async () => {
  const { lockedWei, drawnWei } = await world.contract("hub").getFunction("budgetOf")(
    world.address("requester"),
    world.address("pool"),
  );
  return { lockedWei, drawnWei };
};
const freeWei = async (name: string) => (await world.contracts.balances(world.address(name))).freeWei;
const terms = async (order: LazyOrder) => world.contracts.dealTerms(idOf(order));

describe("a lazy deal", () => {
  it("is opened, paid from the budget and settled by its epoch, without a transaction of its requester", async () => {
    const sent = await world.provider.getTransactionCount(world.address("requester"));
    const order = lazyOrder();
    expect(await terms(order)).toBeUndefined();
    const posted = await post(assemble([order]), [await sign(order)]);
    expect(await terms(order)).toMatchObject({
      ...{ payer: world.address("requester"), requester: world.address("requester"), pendingTasks: 1, feeBps: 1000 },
    });
    expect(await budget()).toEqual({ lockedWei: BUDGET_WEI - ECT, drawnWei: ECT });
    await finalise(posted);
    expect(await freeWei("ann")).toBe((ECT * 85n) / 200n);
    expect(await terms(order)).toMatchObject({ settledTasks: 1, pendingTasks: 0 });
    expect(await world.provider.getTransactionCount(world.address("requester"))).toBe(sent);
  });

  it("costs less gas in its epoch than a deal opened by a transaction, and none before", async () => {
    const orders = [1, 2, 3, 4, 5, 6].map((sequence) => lazyOrder({ sequence }));
    const signed = await Promise.all(orders.map((order) => sign(order)));
    const one = await post(assemble(orders.slice(0, 1)), signed.slice(0, 1));
    const five = await post(assemble(orders.slice(1), ledgerAfter(one)), signed.slice(1));
    await world.deposit("stranger", ECT);
    const order = orderMessage("LazyOrder", lazyOrder()).order;
    const opening = await world.send("stranger", "hub", "openDeal", order);
    // Opened, and its task set aside.
    expect((five.gas - one.gas) / 4).toBeLessThan(opening);
  });

  it("can be settled in parts, and what is left of it is its requester's", async () => {
    const order = lazyOrder({ tasks: 4 });
    const first = await post(assemble([order]), [await sign(order)]);
    await finalise(first);
    // Opened already: to bring it along again does no harm.
    const second = await post(assemble([order], ledgerAfter(first), [1]), [await sign(order)]);
    await finalise(second);
    expect(await budget()).toEqual({ lockedWei: BUDGET_WEI - 4n * ECT, drawnWei: 4n * ECT });
    await world.send("pool", "hub", "closeDeal", idOf(order));
    expect(await freeWei("requester")).toBe(2n * ECT);
    const reopened = post(assemble([order], ledgerAfter(second), [2]), [await sign(order)]);
    expect(await world.revertOf(reopened)).toBe("DealIsClosed");
  });

  it("pays the owners of app and dataset as its requester has signed", async () => {
    const order = lazyOrder({ appOwner: world.address("author"), appWei: ECT / 10n });
    await finalise(await post(assemble([order]), [await sign(order)]));
    expect(await freeWei("author")).toBe(ECT / 10n);
  });

  it("falls on the pool where the budget is short, or the order's maximum is used up; the workers are paid", async () => {
    await world.deposit("pool", 100n * ECT);
    const poolFreeWei = await freeWei("pool");
    const dear = lazyOrder({ tasks: 11 });
    const first = lazyOrder({ sequence: 2, mostWei: ECT });
    // Signed in the first one's place: the requester owes one of the two.
    const second = lazyOrder({ sequence: 3, mostWei: ECT });
    const orders = [dear, first, second];
    const posted = await post(assemble(orders), await Promise.all(orders.map((order) => sign(order))));
    const payers = await Promise.all(orders.map(async (order) => (await terms(order))!.payer));
    expect(payers[0]).toBe(world.address("pool"));
    expect(payers.slice(1).sort()).toEqual([world.address("pool"), world.address("requester")].sort());
    expect((await terms(dear))!.requester).toBe(world.address("requester"));
    expect(await budget()).toEqual({ lockedWei: BUDGET_WEI - ECT, drawnWei: ECT });
    expect(await freeWei("pool")).toBe(poolFreeWei - 12n * ECT);
    await finalise(posted);
    expect(await freeWei("ann")).toBe((3n * (ECT * 85n)) / 200n);
    // What of it is not computed is the pool's again.
    await world.send("pool", "hub", "closeDeal", idOf(dear));
    expect(await budget()).toEqual({ lockedWei: BUDGET_WEI - ECT, drawnWei: ECT });
  });

  it("is refused where its requester has not signed exactly it", async () => {
    const order = lazyOrder();
    const { signature } = await sign(order);
    const bytes = fromHex(signature);
    const flipped = bytes.slice();
    flipped[64] = flipped[64] === 27 ? 28 : 27;
    const compact = toHex(bytes.subarray(0, 64));
    const signed = (by: Signed<"LazyOrder">["signature"]) => [{ order, signature: by }];
    const other = await sign(lazyOrder({ sequence: 2 }));
    const abroad = await signOrder({ ...world.addresses, chainId: 1 }, "LazyOrder", order, walletOf("requester"));
    const elsewhere = { ...world.addresses, hub: world.addresses.market };
    const misplaced = await signOrder(elsewhere, "LazyOrder", order, walletOf("requester"));
    const wrong = [toHex(flipped), compact, "0x" as Hex, other.signature, abroad.signature, misplaced.signature];
    wrong.push((await sign(order, "stranger")).signature, highS(signature));
    for (const by of wrong) expect(await world.revertOf(post(assemble([order]), signed(by)))).toBe("BadSignature");
    await post(assemble([order]), signed(signature));
  });

  it("of another pool is refused", async () => {
    const order = lazyOrder({ pool: world.address("otherPool") });
    expect(await world.revertOf(post(assemble([order]), [await sign(order)]))).toBe("DealOfOtherPool");
  });

  it("is opened only by an epoch that settles some of it", async () => {
    const [order, idle] = [lazyOrder(), lazyOrder({ sequence: 2 })];
    const signed = [await sign(order), await sign(idle)];
    expect(await world.revertOf(post(assemble([order]), signed))).toBe("LazyDealNotSettled");
    expect(await world.revertOf(post(assemble([order]), []))).toBe("DealOfOtherPool"); // there is none yet
  });

  it("can be posted after its deadline for as long as an open deal could not be closed", async () => {
    const [order, late] = [lazyOrder(), lazyOrder({ sequence: 2 })];
    world.pass(1000 + CLOSE_S - 1);
    const posted = await post(assemble([order]), [await sign(order)]);
    world.pass(1);
    const after = assemble([late], ledgerAfter(posted));
    expect(await world.revertOf(post(after, [await sign(late)]))).toBe("OrderInvalid");
  });

  it("outlives a voided epoch, is charged once, and is settled by the next", async () => {
    const order = lazyOrder({ replicas: 3 });
    const signed = [await sign(order)];
    const lie = await post(assemble([order]), signed); // two agree where three were asked for
    const salt = named("salt of the challenge");
    const lock = AbiCoder.defaultAbiCoder().encode(
      ["address", "bytes32", "uint8", "uint256", "bytes32"],
      [world.address("challenger"), epochHash(lie.header), 1, 0, salt],
    );
    await world.send("challenger", "challenges", "lockChallenge", keccak256(lock));
    for (let i = 0; i < 2; i++) await world.send("stranger", "token", "transfer", world.address("stranger"), 1n);
    const proof = [proofs.taskProof(lie, 0), proofs.contributions(lie, 0)];
    await world.send("challenger", "challenges", "challengeTask", proofs.headerOf(lie), ...proof, salt);
    await world.send("stranger", "epochs", "release", proofs.headerOf(lie), dealsToAbi(lie.epoch.deals));

    parts.push({ worker: "cy", digest: "right" });
    await finalise(await post(assemble([order]), signed));
    parts.pop();
    expect(await budget()).toEqual({ lockedWei: BUDGET_WEI - ECT, drawnWei: ECT });
    expect(await terms(order)).toMatchObject({ settledTasks: 1, pendingTasks: 0 });
    expect(await freeWei("cy")).toBeGreaterThan(0n);
  });
});

describe("a budget", () => {
  const withdraw = () => world.revertOf(world.send("requester", "hub", "withdrawBudget", world.address("pool")));
  const unlock = (wei: bigint) => world.send("requester", "hub", "unlockBudget", world.address("pool"), wei);

  it("comes back after the delay and no sooner, and can be drawn until it does", async () => {
    expect(await withdraw()).toBe("BudgetNotLeaving");
    await unlock(BUDGET_WEI);
    const order = lazyOrder({ deadline: world.nowS + 10_000 });
    world.pass(CLOSE_S - 1);
    expect(await withdraw()).toBe("BudgetNotLeaving");
    await post(assemble([order]), [await sign(order)]);
    world.pass(1);
    expect(await withdraw()).toBe("nothing");
    expect(await freeWei("requester")).toBe(BUDGET_WEI - ECT);
    expect(await budget()).toEqual({ lockedWei: 0n, drawnWei: ECT });
    expect(await withdraw()).toBe("BudgetNotLeaving");
  });

  it("is for a pool that is there, and no larger than what its owner has", async () => {
    const lock = (pool: string, wei: bigint) =>
      world.revertOf(world.send("requester", "hub", "lockBudget", world.address(pool), wei));
    expect(await lock("ann", 0n)).toBe("PoolUnknown");
    expect(await lock("pool", 1n)).toBe("NotEnough");
  });
});

/** The same signature with the other s: what some libraries call valid too. */
function highS(signature: Hex): Hex {
  const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = N - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith("1b") ? "1c" : "1b";
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, "0")}${v}` as Hex;
}
