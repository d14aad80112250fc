// A relay's book of signed orders: read, watch, post, withdraw. Signing and matching are in market.ts.
import { Contract, Interface, type Provider, type Signer } from "ethers";
import * as v from "valibot";
import { hubAbi, marketAbi } from "../contracts/abi.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Bytes32, type Hex, type JobId, toAddress, toBytes32 } from "../protocol/ids.ts";
import {
  type BookOrder,
  type BookQuery,
  bookOrderSchema,
  bookPageSchema,
  type Depth,
  type DepthQuery,
  depthSchema,
  type PostedOrder,
  withdrawMessage,
} from "../protocol/orderBook.ts";
import { inJson } from "../protocol/orders.ts";
import { parseAs } from "../protocol/parse.ts";
import { EventStreamParser } from "./eventStream.ts";
import type { MarketPlace } from "./market.ts";
import { chunks, type Relay } from "./relay.ts";

export class OrderBook {
  readonly #relay: Relay;

  /** Made by `Grid`. */
  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /**
   * The relay checks the order as the contracts would. Again with the same order does no harm. Throws `bad-order`,
   * `order-closed`, `bad-signature`, `not-funded`, `too-many`.
   */
  post(posted: PostedOrder): Promise<BookOrder> {
    return this.#relay.json(bookOrderSchema, "api/orders", { method: "POST", json: inJson(posted) });
  }

  /** Throws `not-found` if the book does not have it, or has it no more. */
  get(id: Bytes32): Promise<BookOrder> {
    return this.#relay.json(bookOrderSchema, `api/orders/${id}`);
  }

  /** Open orders that pass all filters, oldest first. */
  async *list(query: Omit<BookQuery, "after" | "limit"> = {}): AsyncGenerator<BookOrder> {
    for (let after: number | undefined; ; ) {
      const page = await this.#relay.json(bookPageSchema, `api/orders${queryOf({ ...query, after })}`);
      yield* page.orders;
      if (page.next === undefined || page.next <= (after ?? 0)) return;
      after = page.next;
    }
  }

  depth(query: DepthQuery = {}): Promise<Depth> {
    return this.#relay.json(depthSchema, `api/orders/depth${queryOf(query)}`);
  }

  /** The depth now and whenever it changes, until `signal` stops it or the stream breaks (`relay-unavailable`). */
  async *watchDepth(query: DepthQuery = {}, signal?: AbortSignal): AsyncGenerator<Depth> {
    const response = await this.#relay.open(`api/orders/live${queryOf(query)}`, {
      headers: { accept: "text/event-stream" },
      ...(signal && { signal }),
    });
    const parser = new EventStreamParser();
    try {
      for await (const bytes of chunks(response))
        for (const { event, data } of parser.push(bytes))
          if (event === "depth") yield parseAs(depthSchema, JSON.parse(data));
    } catch (cause) {
      if (signal?.aborted) return;
      if (cause instanceof SuperEdgeError) throw cause;
      throw new SuperEdgeError("relay-unavailable", "expected live depth, found a broken stream", { cause });
    }
  }

  /**
   * The book forgets the order, and so do those that mirror it. Whoever has a copy can still match it: what makes it void
   * is `cancelOrder`. Throws `not-found`, `bad-signature`.
   */
  async withdraw(id: Bytes32, signer: Signer): Promise<void> {
    const signature = (await signer.signMessage(withdrawMessage(id))) as Hex;
    await this.#relay.json(v.object({ id: v.string() }), `api/orders/${id}`, { method: "DELETE", json: { signature } });
  }
}

/** `?name=value&…` of what is defined. */
function queryOf(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

/** Ends an order for ever, in whoever's book it is: a transaction of its signer. Throws ethers' error. */
export async function cancelOrder(place: MarketPlace, id: Bytes32, signer: Signer): Promise<void> {
  await (await new Contract(place.market, marketAbi, signer).getFunction("cancel")(id)).wait();
}

/** A deal that a request order became, in whole or for a part of its tasks. */
export interface FilledPart {
  dealId: JobId;
  pool: Address;
  /** Of the request's tasks. */
  firstTask: number;
  tasks: number;
}

const market = new Interface(marketAbi);

/** What became of a request order so far, in the order of its tasks: at which pool each part is. */
export async function partsOf(
  place: Pick<MarketPlace, "market" | "hub">,
  request: Bytes32,
  provider: Provider,
): Promise<FilledPart[]> {
  const topics = market.encodeFilterTopics("Matched", [null, request]);
  const logs = await provider.getLogs({ address: place.market, topics, fromBlock: 0, toBlock: "latest" });
  const hub = new Contract(place.hub, hubAbi, provider);
  const parts: FilledPart[] = [];
  let firstTask = 0;
  for (const log of logs) {
    const { dealId, volume } = market.parseLog(log)!.args;
    const tasks = Number(volume);
    const deal = await hub.getFunction("dealOf")(dealId);
    parts.push({ dealId: toBytes32(dealId), pool: toAddress(deal.pool), firstTask, tasks });
    firstTask += tasks;
  }
  return parts;
}
