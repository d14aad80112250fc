// The order book over HTTP, as the client library and the command line use it.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrderBook } from "../../client/index.ts";
import { Relay } from "../../client/relay.ts";
import type { BookOrder } from "../../protocol/orderBook.ts";
import { inJson } from "../../protocol/orders.ts";
import type { Orders } from "../../relay/orders/orders.ts";
import { openTestRelay, type TestRelay } from "../relay/testRelay.ts";
import { ECT, named, walletOf } from "../settlement/world.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
let relay: TestRelay;
let orders: Orders;
let book: OrderBook;
beforeAll(async () => {
  stage = await Stage.open();
  relay = await openTestRelay({
    orders: (store) => {
      orders = stage.book(store);
      return orders;
    },
  });
  book = new OrderBook(new Relay(relay.url));
});
afterAll(async () => {
  await relay.close();
  await stage.close();
});

const all = async (query = {}): Promise<BookOrder[]> => Array.fromAsync(book.list(query));
let salts = 0;
const salt = () => named(`http ${salts++}`);

const superedge = (...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [join(import.meta.dirname, "../../tools/cli/main.ts"), ...args], (error, out, err) =>
      resolve({ status: error ? Number(error.code) : 0, out, err }),
    ),
  );

describe("the order book over HTTP", () => {
  it("is posted to, read page by page, and withdrawn from", async () => {
    const posted = await book.post(await stage.request({ salt: salt() }));
    expect(await book.get(posted.id)).toEqual(posted);
    for (let i = 0; i < 3; i++) await book.post(await stage.poolOrder({ salt: salt() }));
    expect((await all()).map(({ kind }) => kind)).toEqual(["RequestOrder", "PoolOrder", "PoolOrder", "PoolOrder"]);
    expect(await all({ kind: "RequestOrder", category: "S" })).toEqual([posted]);
    await book.withdraw(posted.id, walletOf("challenger"));
    await expect(book.get(posted.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses with the code's status, and what is no order before anything is asked of the chain", async () => {
    const post = (body: unknown) =>
      fetch(`${relay.url}/api/orders`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const signed = inJson(await stage.request({ salt: salt() })) as Record<string, unknown>;
    expect((await post({ ...signed, signature: "0x" })).status).toBe(401);
    expect((await post({ ...signed, kind: "LazyOrder" })).status).toBe(400);
    expect((await post({ ...signed, more: 1 })).status).toBe(400);
    expect((await post({ ...signed, padding: "x".repeat(65_536) })).status).toBe(413);
    expect((await fetch(`${relay.url}/api/orders?kind=Wish`)).status).toBe(400);
    expect((await fetch(`${relay.url}/api/orders?limit=0`)).status).toBe(400);
    expect((await fetch(`${relay.url}/api/orders/0x12`)).status).toBe(400);
  });

  it("tells the depth of a market now and as it changes", async () => {
    const stop = new AbortController();
    const live = book.watchDepth({ category: "L" }, stop.signal);
    expect((await live.next()).value).toEqual({ asks: [], bids: [] });
    await book.post(await stage.poolOrder({ category: "L", salt: salt(), volume: 9 }));
    const asks = [{ priceWei: String(ECT), tasks: 9, orders: 1 }];
    expect((await live.next()).value).toEqual({ asks, bids: [] });
    await book.post(await stage.poolOrder({ category: "M", salt: salt() })); // another market
    await book.post(await stage.request({ category: "L", salt: salt(), volume: 2 }));
    expect((await live.next()).value).toEqual({ asks, bids: [{ priceWei: String(ECT), tasks: 2, orders: 1 }] });
    expect(await book.depth({ category: "L" })).toMatchObject({ asks });
    stop.abort();
    expect((await live.next()).done).toBe(true);
  });

  it("is in the published OpenAPI", async () => {
    const { paths } = (await (await fetch(`${relay.url}/api/docs/json`)).json()) as { paths: Record<string, object> };
    expect(Object.keys(paths["/api/orders"] ?? {}).sort()).toEqual(["get", "post"]);
    expect(Object.keys(paths["/api/orders/{order}"] ?? {}).sort()).toEqual(["delete", "get"]);
    expect(paths).toHaveProperty("/api/orders/depth");
    expect(paths).toHaveProperty("/api/orders/live");
  });

  it("is listed, posted to and withdrawn from on the command line", async () => {
    const file = join(stage.folder, "order.json");
    const key = join(stage.folder, "key");
    writeFileSync(key, walletOf("otherPool").privateKey);
    const order = await stage.poolOrder({ salt: salt(), category: "XS" }, "otherPool");
    writeFileSync(file, JSON.stringify(inJson(order)));
    const posted = await superedge("orders", "post", file, "--relay", relay.url);
    expect(posted).toMatchObject({ status: 0, err: "" });
    const { id } = JSON.parse(posted.out) as { id: string };
    const listed = await superedge("orders", "list", "--category", "XS", "--relay", relay.url);
    expect(listed.out).toContain(`${id}  PoolOrder  ${stage.world.address("otherPool")}  1000 tasks  1.0 ECT  XS`);
    expect((await superedge("orders", "list", "--kind", "Wish", "--relay", relay.url)).status).toBe(1);
    expect((await superedge("orders", "post")).status).toBe(2);
    const gone = await superedge("orders", "cancel", id, "--here", "--key", key, "--relay", relay.url);
    expect(gone).toMatchObject({ status: 0, out: `${id} is withdrawn from this book\n` });
    expect(orders.page({ category: "XS" }).orders).toEqual([]);
  });
});
