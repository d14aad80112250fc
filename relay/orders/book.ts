// The book in memory: who may add to it, what it shows, and the depth of each market in it. Pure but for its own content.
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import { type BookQuery, type Depth, type DepthQuery, MAX_ORDERS_A_PAGE } from "../../protocol/orderBook.ts";
import { NO_ASSET } from "../../protocol/orders.ts";
import type { Entry } from "./table.ts";

/** A few kilobytes each, 64 at most. */
const MAX_ORDERS = 10_000;
/** Of one signer: a pool with a price for each category, law and app. */
const MAX_ORDERS_A_SIGNER = 100;
/** From other books, so that what they send cannot keep this relay's own users out. */
const MAX_MIRRORED = MAX_ORDERS / 2;
const MAX_LEVELS = 50;

export interface BookLimits {
  orders: number;
  ofSigner: number;
  mirrored: number;
}
const usual: BookLimits = { orders: MAX_ORDERS, ofSigner: MAX_ORDERS_A_SIGNER, mirrored: MAX_MIRRORED };

export class Book {
  readonly #limits: BookLimits;
  /** In the order of their places. */
  readonly #entries = new Map<Bytes32, Entry>();
  readonly #bySigner = new Map<Address, number>();
  #mirrored = 0;

  constructor(entries: Iterable<Entry>, limits = usual) {
    this.#limits = limits;
    for (const entry of entries) this.add(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: Bytes32): Entry | undefined {
    return this.#entries.get(id);
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** Throws `too-many`. */
  checkRoom({ signer, isMirrored }: Pick<Entry, "signer" | "isMirrored">): void {
    const { orders, ofSigner, mirrored } = this.#limits;
    if ((this.#bySigner.get(signer) ?? 0) >= ofSigner)
      throw new SuperEdgeError("too-many", `expected fewer than ${ofSigner} open orders of ${signer}`);
    if (this.size >= orders) throw new SuperEdgeError("too-many", `this book is full, with ${orders} orders`);
    if (isMirrored && this.#mirrored >= mirrored)
      throw new SuperEdgeError("too-many", `this book takes no more than ${mirrored} orders from others`);
  }

  add(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#count(entry.signer, 1);
    if (entry.isMirrored) this.#mirrored++;
  }

  remove(id: Bytes32): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    this.#count(entry.signer, -1);
    if (entry.isMirrored) this.#mirrored--;
    return entry;
  }

  /** An asset's order is its owner's, and owners change. */
  setSigner(entry: Entry, signer: Address): void {
    this.#count(entry.signer, -1);
    this.#count(signer, 1);
    entry.signer = signer;
  }

  #count(signer: Address, by: number): void {
    const count = (this.#bySigner.get(signer) ?? 0) + by;
    if (count > 0) this.#bySigner.set(signer, count);
    else this.#bySigner.delete(signer);
  }

  /** In the order of their places; `next` if there are more. */
  page(query: BookQuery): { entries: Entry[]; next?: number } {
    const limit = query.limit ?? MAX_ORDERS_A_PAGE;
    const entries: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.place <= (query.after ?? 0) || !passes(entry, query)) continue;
      if (entries.length === limit) return { entries, next: entries.at(-1)?.place ?? query.after ?? 0 };
      entries.push(entry);
    }
    return { entries };
  }

  /** Of what could be matched now. A pool's order for any app is in every app's market. */
  depth({ category, law, app = NO_ASSET }: DepthQuery): Depth {
    const asks = new Levels();
    const bids = new Levels();
    for (const { posted, left, waits } of this.#entries.values()) {
      if (waits !== undefined || (posted.kind !== "PoolOrder" && posted.kind !== "RequestOrder")) continue;
      if (posted.order.category !== category || (law !== undefined && posted.order.law !== law)) continue;
      if (posted.kind === "RequestOrder") {
        if (posted.order.app === app) bids.add(posted.order.poolMaxWei, left);
      } else if (posted.order.app === app || posted.order.app === NO_ASSET) asks.add(posted.order.priceWei, left);
    }
    return { asks: asks.best((a, b) => a < b), bids: bids.best((a, b) => a > b) };
  }
}

class Levels {
  readonly #byPrice = new Map<bigint, { tasks: number; orders: number }>();

  add(priceWei: bigint, tasks: number): void {
    const level = this.#byPrice.get(priceWei) ?? { tasks: 0, orders: 0 };
    this.#byPrice.set(priceWei, { tasks: level.tasks + tasks, orders: level.orders + 1 });
  }

  best(isBetter: (a: bigint, b: bigint) => boolean): Depth["asks"] {
    const sorted = [...this.#byPrice].sort(([a], [b]) => (isBetter(a, b) ? -1 : 1));
    return sorted.slice(0, MAX_LEVELS).map(([priceWei, level]) => ({ priceWei: String(priceWei), ...level }));
  }
}

/** A term that an order does not have is none that anybody asked for. */
function passes({ posted, signer, waits }: Entry, query: BookQuery): boolean {
  const order: Readonly<Record<string, unknown>> = posted.order;
  if (query.kind !== undefined && posted.kind !== query.kind) return false;
  if (query.signer !== undefined && signer !== query.signer) return false;
  if (query.waits !== undefined && (waits !== undefined) !== (query.waits === "yes")) return false;
  for (const term of ["app", "dataset", "category", "law"] as const)
    if (query[term] !== undefined && order[term] !== query[term]) return false;
  return true;
}
