// Books that mirror each other, and relays that lie.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Hex } from "../../protocol/ids.ts";
import { type BookOrder, withdrawMessage } from "../../protocol/orderBook.ts";
import { inJson } from "../../protocol/orders.ts";
import { Mirror } from "../../relay/orders/mirror.ts";
import type { Orders } from "../../relay/orders/orders.ts";
import { openTestRelay, type TestRelay } from "../relay/testRelay.ts";
import { ECT, named, walletOf } from "../settlement/world.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
let relays: TestRelay[];
let books: Orders[];
beforeAll(async () => {
  stage = await Stage.open();
  books = [];
  const orders = (store: Parameters<Stage["book"]>[0]) => {
    const book = stage.book(store);
    books.push(book);
    return book;
  };
  relays = [await openTestRelay({ orders }), await openTestRelay({ orders })];
});
afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  await stage.close();
});

const ids = (book: Orders) => book.page({}).orders.map(({ id }) => id);
let salts = 0;
const request = () => stage.request({ salt: named(`mirrored ${salts++}`) });

/** A relay that answers as it is told, page by page for ever. */
function liar(page: (path: string) => unknown): typeof fetch {
  return async (url) => new Response(JSON.stringify(page(String(url))), { status: 200 });
}
const lies = (book: Orders, orders: unknown[]) => {
  let asked = 0;
  const answer = (path: string) => {
    asked++;
    return path.includes("withdrawals") ? { withdrawals: [], next: 5 } : { orders, next: 5 };
  };
  const mirror = new Mirror({ url: "http://liar.test", orders: book, fetch: liar(answer) });
  return { mirror, asked: () => asked };
};

describe("a mirrored book", () => {
  it("has what the other has, checked anew, and what is withdrawn there is withdrawn here; loops end", async () => {
    const [one, two] = books as [Orders, Orders];
    const here = new Mirror({ url: relays[1]!.url, orders: one });
    const there = new Mirror({ url: relays[0]!.url, orders: two });
    const a = await one.post(await request());
    const b = await two.post(await stage.poolOrder());
    for (let i = 0; i < 3; i++) {
      await here.look();
      await there.look();
    }
    expect(ids(one)).toEqual([a.id, b.id]);
    expect(ids(two)).toEqual([b.id, a.id]);
    const signature = (await walletOf("challenger").signMessage(withdrawMessage(a.id))) as Hex;
    await one.withdraw({ id: a.id, signature });
    for (let i = 0; i < 3; i++) {
      await there.look();
      await here.look();
    }
    expect(ids(one)).toEqual([b.id]);
    expect(ids(two)).toEqual([b.id]);
  });

  it("takes nothing that a liar has changed, forged or made up, and does not follow it for ever", async () => {
    const book = stage.book();
    const honest = await stage.book().post(await request());
    const change = (by: object) => inJson({ ...honest, order: { ...(honest as { order: object }).order, ...by } });
    const forged: unknown[] = [
      change({ poolMaxWei: String(5n * ECT) }),
      change({ requester: stage.world.address("stranger") }),
      { ...(inJson(honest) as object), signature: "0x" },
      { ...(inJson(honest) as object), kind: "PoolOrder" },
      { kind: "RequestOrder" },
      { nonsense: true },
    ];
    const { mirror, asked } = lies(book, [...forged, inJson({ ...honest, left: 1_000_000, signer: "0x", waits: "" })]);
    await mirror.look();
    // Of all that it said only what the signer said remains.
    expect(book.page({}).orders).toMatchObject([{ id: honest.id, left: 10, signer: honest.signer }]);
    expect(book.page({}).orders[0]!.waits).toBeUndefined();
    expect(asked()).toBeLessThanOrEqual(100);
  });

  it("is not emptied by withdrawals that no signer signed", async () => {
    const book = stage.book();
    const { id } = await book.post(await request());
    const signature = await walletOf("stranger").signMessage(withdrawMessage(id));
    const answer = (path: string) =>
      path.includes("withdrawals") ? { withdrawals: [{ id, signature, place: 1 }] } : { orders: [] };
    await new Mirror({ url: "http://liar.test", orders: book, fetch: liar(answer) }).look();
    expect(ids(book)).toEqual([id]);
  });

  it("fails with a code where there is no book, and stays as it is", async () => {
    const book = stage.book();
    const { id } = await book.post(await request());
    for (const answer of [() => ({ orders: "none" }), () => 7])
      await expect(
        new Mirror({ url: "http://liar.test", orders: book, fetch: liar(answer) }).look(),
      ).rejects.toMatchObject({ code: "relay-unavailable" });
    const endless: typeof fetch = async () =>
      new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1024 * 1024).fill(32)) }));
    await expect(new Mirror({ url: "http://liar.test", orders: book, fetch: endless }).look()).rejects.toMatchObject({
      code: "relay-unavailable",
    });
    expect(ids(book)).toEqual([id]);
  });

  it("does not ask the chain again about what it refused", async () => {
    const book = stage.book();
    const honest: BookOrder = await stage.book().post(await request());
    let checks = 0;
    const mark = stage.market.mark.bind(stage.market);
    stage.market.mark = async (...args) => {
      checks++;
      return mark(...args);
    };
    const { mirror } = lies(book, [{ ...(inJson(honest) as object), signature: "0x" }]);
    await mirror.look();
    await mirror.look();
    stage.market.mark = mark;
    expect(checks).toBe(1);
  });
});
