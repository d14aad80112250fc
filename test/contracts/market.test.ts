// Orders signed in TypeScript meet on a chain, and what that costs. Every single refusal is tried in Solidity:
// test/contracts/solidity/Market.t.sol.
import type { Contract, EventLog } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MarketPlace, matchOrders, offersToAbi, orderId, signOrder } from "../../client/index.ts";
import type { Bytes32 } from "../../protocol/ids.ts";
import { ECT, named, World, walletOf } from "../settlement/world.ts";
import { APP, offersFor, registerAsset, type Wishes } from "./offers.ts";

let world: World;
let place: MarketPlace;
beforeEach(async () => {
  world = await World.open();
  place = world.addresses;
});
afterEach(() => world.close());

const register = (as: string, kind: 0 | 1) => registerAsset(world, as, kind);
const offers = (app: Bytes32, dataset: Bytes32, wishes: Wishes = {}) => offersFor(world, app, dataset, wishes);
const signerOf = (name: string) => walletOf(name).connect(world.provider);

const dealTerms = async (dealId: Bytes32) => (await world.contracts.dealTerms(dealId))!;
const freeWei = async (name: string) => (await world.contracts.balances(world.address(name))).freeWei;
const PRICE_WEI = ECT + ECT / 10n + ECT / 20n;

describe("orders signed with a wallet", () => {
  it("become a deal; deposit and match are one transaction", async () => {
    const made = await offers(await register("requester", 0), await register("stranger", 1));
    const { dealId, tasks } = await matchOrders(place, made, signerOf("challenger"), { depositWei: 10n * PRICE_WEI });
    expect(tasks).toBe(10);
    expect(await freeWei("challenger")).toBe(0n);
    expect(await dealTerms(dealId)).toMatchObject({
      ...{ payer: world.address("challenger"), requester: world.address("challenger"), pool: world.address("pool") },
      ...{ law: "poco", trust: 2, replicas: 2, tasks: 10, appHash: APP, jobHash: named("job") },
      ...{ pricePerTaskWei: PRICE_WEI, assetsWei: ECT / 10n + ECT / 20n, feeBps: 1000 },
    });
    const market = world.contract("market");
    const id = orderId(place, "PoolOrder", made.pool.order);
    expect(await market.getFunction("hashOfPool")(offersToAbi(made).pool.order)).toBe(id);
    expect(await market.getFunction("consumed")(world.address("pool"), id)).toBe(10n);
  });

  it("are paid by a sponsor who makes the match, in one transaction with its deposit", async () => {
    const made = await offers(await register("requester", 0), await register("stranger", 1));
    const options = { sponsored: true, depositWei: 12n * PRICE_WEI };
    const { dealId } = await matchOrders(place, made, signerOf("otherPool"), options);
    expect(await dealTerms(dealId)).toMatchObject({
      payer: world.address("otherPool"),
      requester: world.address("challenger"),
    });
    expect(await freeWei("otherPool")).toBe(2n * PRICE_WEI);
    await world.send("pool", "hub", "closeDeal", dealId);
    expect(await freeWei("otherPool")).toBe(12n * PRICE_WEI);
    expect(await freeWei("challenger")).toBe(0n);
  });

  it("are paid by a payer that is named and signed, whoever makes the match", async () => {
    await world.deposit("otherPool", 10n * PRICE_WEI);
    const made = await offers(await register("requester", 0), await register("stranger", 1), { payer: "otherPool" });
    expect(await world.revertOf(matchOrders(place, made, signerOf("stranger")))).toBe("BadSignature");
    const { signature } = await signOrder(place, "RequestOrder", made.request.order, signerOf("otherPool"));
    made.request.payerSignature = signature;
    await matchOrders(place, made, signerOf("stranger"));
    expect(await freeWei("otherPool")).toBe(0n);
  });

  it("are refused with the Hub's own reason where the payer has too little", async () => {
    const made = await offers(await register("requester", 0), await register("stranger", 1));
    expect(await world.revertOf(matchOrders(place, made, signerOf("stranger")))).toBe("NotEnough");
  });

  it("name what they matched in the event", async () => {
    await world.deposit("challenger", 10n * PRICE_WEI);
    const made = await offers(await register("requester", 0), await register("stranger", 1));
    const { dealId } = await matchOrders(place, made, signerOf("stranger"));
    const market: Contract = world.contract("market");
    const [event] = (await market.queryFilter(market.getEvent("Matched"))) as EventLog[];
    expect(event!.args.toObject()).toEqual({
      dealId,
      requestHash: orderId(place, "RequestOrder", made.request.order),
      poolHash: orderId(place, "PoolOrder", made.pool.order),
      appHash: orderId(place, "AppOrder", made.app!.order),
      datasetHash: orderId(place, "DatasetOrder", made.dataset!.order),
      volume: 10n,
    });
  });
});
