// The order book against the contracts' own chain: what is taken, what is refused, and how it follows the chain.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchOrders } from "../../client/index.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { fromHex, type Hex, toHex } from "../../protocol/ids.ts";
import { type BookOrder, type PostedOrder, withdrawMessage } from "../../protocol/orderBook.ts";
import { NO_ASSET } from "../../protocol/orders.ts";
import { APP, registerAsset } from "../contracts/offers.ts";
import { ECT, named, walletOf } from "../settlement/world.ts";
import { ADMITS_ANYBODY, NEVER_ENDS, SIGNS_ANYTHING, Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

let salts = 0;
const salt = () => named(`salt of order ${salts++}`);
const codeOf = (posting: Promise<unknown>) =>
  posting.then(
    () => "taken",
    (error) => (error instanceof SuperEdgeError ? error.code : String(error)),
  );
const withdrawal = async (id: Hex, as: string) => (await walletOf(as).signMessage(withdrawMessage(id as never))) as Hex;

describe("a book of orders", () => {
  it("takes each kind once, whoever posts it and how often, and has it after a restart", async () => {
    const app = await registerAsset(stage.world, "requester", 0);
    const dataset = await registerAsset(stage.world, "stranger", 1);
    const store = stage.store("book.db");
    const book = stage.book(store);
    const datasetOrder = {
      ...{ dataset, app: NO_ASSET, priceWei: 1n, volume: 5, tags: [], pools: stage.world.address("pool") },
      ...{ requesters: stage.world.address("challenger"), expiry: stage.world.nowS + 60, salt: salt() },
    };
    const posted: PostedOrder[] = [
      await stage.appOrder(app),
      {
        kind: "DatasetOrder",
        order: datasetOrder,
        signature: await stage.sign("DatasetOrder", datasetOrder, "stranger"),
      },
      await stage.poolOrder(),
      await stage.request({ app, appMaxWei: ECT, dataset, datasetMaxWei: 1n }),
    ];
    const taken: BookOrder[] = [];
    for (const order of posted) taken.push(...(await Promise.all([book.post(order), book.post(order)])).slice(1));
    taken.push(...(await Promise.all(posted.map((order) => book.post(order)))));
    expect(taken.slice(4)).toEqual(taken.slice(0, 4));
    expect(book.page({}).orders).toEqual(taken.slice(0, 4));
    expect(taken.slice(0, 4).map(({ signer, left }) => [signer, left])).toEqual([
      [stage.world.address("requester"), 1000],
      [stage.world.address("stranger"), 5],
      [stage.world.address("pool"), 1000],
      [stage.world.address("challenger"), 10],
    ]);
    expect(stage.book(store).page({}).orders).toEqual(taken.slice(0, 4));
    expect(book.page({ kind: "PoolOrder" }).orders).toEqual([taken[2]]);
    expect(book.page({ signer: stage.world.address("stranger") }).orders).toEqual([taken[1]]);
    expect(book.page({ app, law: "poco" }).orders).toEqual([taken[3]]);
    const first = book.page({ limit: 3 });
    expect(first.orders).toEqual(taken.slice(0, 3));
    expect(book.page({ limit: 3, after: first.next }).orders).toEqual([taken[3]]);
  });

  it("refuses what the contracts would, with a code for each reason", async () => {
    const book = stage.book();
    const app = await registerAsset(stage.world, "stranger", 0);
    const good = await stage.request({ salt: salt() });
    const { nowS } = stage.world;
    const refused: [Promise<PostedOrder> | PostedOrder, string, RegExp][] = [
      [{ ...good, signature: "0x" as Hex }, "bad-signature", /to have signed order/],
      [{ ...good, order: { ...good.order, volume: 11 } }, "bad-signature", /to have signed/],
      [stage.request({ expiry: nowS - 1 }), "order-closed", /^expiry: expected/],
      [stage.request({ deadline: nowS }), "order-closed", /^deadline: expected/],
      [stage.request({ poolMaxWei: 1n }), "bad-order", /^poolMaxWei/],
      [stage.request({ volume: 1001 }), "not-funded", /1001 tasks, found 1000/],
      [stage.request({ payer: stage.world.address("stranger") }), "bad-signature", /signed order/],
      [stage.request({ app: named("no app") }), "bad-order", /^app: expected one that is registered, found none/],
      [stage.request({ dataset: app }), "bad-order", /^dataset: expected one that is registered, found app/],
      [stage.request({ app, appHash: named("other") }), "bad-order", /^appHash/],
      [stage.poolOrder({ priceWei: 1n }), "bad-order", /^priceWei: expected at least 1000000000000/],
      [stage.poolOrder({}, "stranger"), "bad-order", /is not registered at the Hub/],
      [stage.appOrder(app), "bad-signature", /to have signed/], // it belongs to another
    ];
    for (const [posted, code, words] of refused) {
      const error = await book.post(await posted).catch((reason) => reason);
      expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    }
    expect(book.page({}).orders).toEqual([]);
  });

  it("asks the registry who may use an asset, and the least its owner has registered", async () => {
    const { world } = stage;
    const registration = { kind: 0, updates: 2, manifestHash: named("dear"), uri: "ipfs://x" };
    const price = { perUseWei: ECT, mayUndercut: false };
    const restrictedTo = world.address("pool");
    await world.send("requester", "assets", "register", { ...registration, price, restrictedTo });
    const id = await world.contract("assets").getFunction("idOf")(0, named("dear"), world.address("requester"));
    const app = `0x${BigInt(id).toString(16).padStart(64, "0")}` as typeof NO_ASSET;
    const book = stage.book();
    expect(await codeOf(book.post(await stage.appOrder(app)))).toBe("bad-order");
    expect(await codeOf(book.post(await stage.appOrder(app, { priceWei: ECT })))).toBe("taken");
    const wish = { app, appHash: named("dear"), appMaxWei: ECT, salt: salt() };
    expect(await codeOf(book.post(await stage.request(wish)))).toBe("bad-order");
    await world.send("requester", "assets", "setRestriction", app, await stage.contract(ADMITS_ANYBODY));
    expect(await codeOf(book.post(await stage.request(wish)))).toBe("taken");
  });

  it("takes a signature of 64 bytes, a contract's, one given on chain, and a payer's", async () => {
    const { world } = stage;
    const book = stage.book();
    const compact = await stage.request({ salt: salt() });
    const bytes = fromHex(compact.signature);
    if (bytes[64] === 28) bytes[32]! |= 0x80;
    compact.signature = toHex(bytes.subarray(0, 64));
    expect(await codeOf(book.post(compact))).toBe("taken");

    const presigned = await stage.request({ salt: salt() });
    presigned.signature = "0x" as Hex;
    expect(await codeOf(book.post(presigned))).toBe("bad-signature");
    await world.send("challenger", "market", "presign", book.idOf(presigned));
    expect(await codeOf(book.post(presigned))).toBe("taken");

    for (const [code, expected] of [
      [SIGNS_ANYTHING, "taken"],
      [ADMITS_ANYBODY, "bad-signature"],
      [NEVER_ENDS, "bad-signature"],
    ] as const) {
      const requester = await stage.contract(code);
      const signed = await stage.request({ requester, payer: world.address("challenger"), salt: salt() });
      // What the contract is shown is not looked at; the payer signs for itself.
      signed.payerSignature = await stage.sign("RequestOrder", signed.order, "challenger");
      signed.signature = "0x1234" as Hex;
      expect(await codeOf(book.post(signed))).toBe(expected);
    }
  });

  it("counts down as two pools fill one request, each a part, and lets it go when it is full", async () => {
    const { world } = stage;
    const book = stage.book();
    const request = await stage.request({ salt: salt() });
    const pools = [
      await stage.poolOrder({ volume: 4, salt: salt() }),
      await stage.poolOrder({ salt: salt() }, "otherPool"),
    ];
    const { id } = await book.post(request);
    for (const pool of pools) await book.post(pool);
    await book.look();
    const fill = (pool: (typeof pools)[number]) =>
      matchOrders(world.addresses, { pool, request }, walletOf("stranger").connect(world.provider));
    const first = await fill(pools[0]!);
    await book.look();
    expect(book.get(id)).toMatchObject({ left: 6 });
    expect(book.page({ kind: "PoolOrder" }).orders).toHaveLength(1);
    const second = await fill(pools[1]!);
    await book.look();
    expect(() => book.get(id)).toThrow(/no order/);
    expect(book.page({}).orders).toMatchObject([{ kind: "PoolOrder", left: 994 }]);
    expect(await codeOf(book.post(request))).toBe("order-closed");
    expect(await stage.market.originOf(first.dealId)).toEqual({ request: id, firstTask: 0, tasks: 4 });
    expect(await stage.market.originOf(second.dealId)).toEqual({ request: id, firstTask: 4, tasks: 6 });
    expect(await stage.market.originOf(named("no deal") as never)).toBeUndefined();
  });

  it("lets go what is cancelled on chain, and what expires", async () => {
    const book = stage.book();
    const cancelled = await book.post(await stage.request({ salt: salt() }));
    const expiring = await book.post(await stage.request({ salt: salt(), expiry: stage.world.nowS + 5 }));
    const staying = await book.post(await stage.request({ salt: salt() }));
    await book.look();
    await stage.world.send("stranger", "market", "cancel", staying.id); // nobody cancels for another
    await stage.world.send("challenger", "market", "cancel", cancelled.id);
    stage.world.pass(6);
    await book.look();
    expect(book.page({}).orders.map(({ id }) => id)).toEqual([staying.id]);
    expect(() => book.get(expiring.id)).toThrow();
  });

  it("forgets an order at its signer's word, never takes it again, and keeps the word for others", async () => {
    const book = stage.book();
    const request = await stage.request({ salt: salt() });
    const { id } = await book.post(request);
    const signature = await withdrawal(id, "challenger");
    expect(await codeOf(book.withdraw({ id, signature: await withdrawal(id, "stranger") }))).toBe("bad-signature");
    expect(book.get(id).id).toBe(id);
    await book.withdraw({ id, signature });
    await book.withdraw({ id, signature });
    expect(await codeOf(book.post(request))).toBe("order-closed");
    expect(await codeOf(book.withdraw({ id: named("unknown"), signature }))).toBe("not-found");
    expect(book.withdrawals().withdrawals).toMatchObject([{ id, signature }]);
    stage.world.pass(3601);
    await book.look();
    expect(book.withdrawals().withdrawals).toEqual([]);
  });

  it("shows that an order waits while its payer has too little, and for how long it does", async () => {
    const book = stage.book();
    const { id } = await book.post(await stage.request({ salt: salt() }));
    const free = (await stage.world.contracts.balances(stage.world.address("challenger"))).freeWei;
    await stage.world.send("challenger", "hub", "withdraw", stage.world.address("challenger"), free);
    stage.world.pass(61);
    await book.look();
    expect(book.get(id).waits).toMatch(/expected .* wei free at the Hub/);
    expect(book.page({ waits: "no" }).orders).toEqual([]);
    expect(book.depth({ category: "S" }).bids).toEqual([]);
    await stage.world.deposit("challenger", 1000n * ECT);
    stage.world.pass(61);
    await book.look();
    expect(book.get(id).waits).toBeUndefined();
    expect(book.depth({ category: "S" }).bids).toEqual([{ priceWei: String(ECT), tasks: 10, orders: 1 }]);
  });

  it("is bounded: of one signer, in all, and of what comes from other books", async () => {
    const book = stage.book(stage.store(), { orders: 4, ofSigner: 2, mirrored: 1 });
    const of = (as: string) => stage.poolOrder({ salt: salt() }, as);
    const post = async (order: Promise<PostedOrder>, isMirrored = false) => codeOf(book.post(await order, isMirrored));
    expect(await post(of("pool"), true)).toBe("taken");
    expect(await post(of("otherPool"), true)).toBe("too-many");
    expect(await post(of("pool"))).toBe("taken");
    expect(await post(of("pool"))).toBe("too-many");
    expect(await post(of("otherPool"))).toBe("taken");
    expect(await post(of("otherPool"))).toBe("taken");
    expect(await post(stage.request({ salt: salt() }))).toBe("too-many");
  });

  it("shows the depth of each market by itself, best price first", async () => {
    const book = stage.book();
    const orders = [
      stage.poolOrder({ priceWei: 2n * ECT, volume: 5, salt: salt() }),
      stage.poolOrder({ priceWei: ECT, volume: 7, salt: salt() }),
      stage.poolOrder({ priceWei: ECT, volume: 8, salt: salt() }, "otherPool"),
      stage.poolOrder({ category: "M", salt: salt() }),
      stage.request({ poolMaxWei: ECT / 2n, salt: salt() }),
      stage.request({ poolMaxWei: ECT, volume: 3, salt: salt() }),
      stage.request({ law: "pool", salt: salt() }),
    ];
    for (const order of orders) await book.post(await order);
    expect(book.depth({ category: "S", law: "poco" })).toEqual({
      asks: [
        { priceWei: String(ECT), tasks: 15, orders: 2 },
        { priceWei: String(2n * ECT), tasks: 5, orders: 1 },
      ],
      bids: [
        { priceWei: String(ECT), tasks: 3, orders: 1 },
        { priceWei: String(ECT / 2n), tasks: 10, orders: 1 },
      ],
    });
    expect(book.depth({ category: "M", law: "poco" }).asks).toHaveLength(1);
    expect(book.depth({ category: "S" }).bids[0]).toMatchObject({ tasks: 13, orders: 2 });
  });

  it("takes a job along only if it is the one that the order binds", async () => {
    const spec = { app: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", params: {}, inputs: [] };
    const job = { spec: { ...spec, items: 10, itemsPerTask: 1, law: "poco", trust: 2, replicas: 2 } as never };
    const posted = { ...(await stage.request({ salt: salt(), appHash: APP })), job };
    expect(await codeOf(stage.book().post(posted))).toBe("bad-order");
  });
});
