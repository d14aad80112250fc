// The order book of a relay: takes orders, forgets those that end, and keeps what it shows true to the chain.
//
//   posted ──checked against the chain──▶ open ◀──▶ waits (its payer has too little just now, a group lets nobody in, …)
//     │                                    ├── withdrawn by its signer, here
//     └─▶ refused, with a code             └── cancelled, used up or expired, on chain
//
// Nothing here binds anybody: an order is its signer's word whoever keeps it, and only the Market counts what is used up.
import { EventEmitter } from "node:events";
import type { JobSpec } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import { jobHash } from "../../protocol/job.ts";
import {
  type BookOrder,
  type BookQuery,
  type Depth,
  type DepthQuery,
  MAX_ORDERS_A_PAGE,
  type PostedOrder,
  type Withdrawal,
} from "../../protocol/orderBook.ts";
import { orderHash } from "../../protocol/orders.ts";
import type { Store } from "../store/store.ts";
import { Book, type BookLimits } from "./book.ts";
import { checkOrder, checkWithdrawal } from "./check.ts";
import type { MarketState } from "./market.ts";
import { type Entry, OrderTable } from "./table.ts";

/** Orders being checked at once: each asks the chain a handful of questions. */
const MAX_CHECKS = 32;
/** Every open order is looked at again this often, milliseconds: balances and owners change without an event of the Market. */
const SWEEP_MS = 60_000;
/** Of those, at one look. */
const SWEPT_AT_ONCE = 50;
/** Blocks whose events are read at once. */
const RANGE_BLOCKS = 1_000;

export interface OrdersOptions {
  store: Store;
  market: MarketState;
  /** Where orders are signed for. */
  domain: { chainId: number; market: Address };
  nowMs?: () => number;
  log?: (event: string, fields: Record<string, unknown>) => void;
  limits?: BookLimits;
}

export class Orders {
  /** `changed` when orders have come, gone, or changed. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  readonly market: MarketState;
  readonly #o: OrdersOptions;
  readonly #domain: { chainId: number; hub: Address };
  readonly #table: OrderTable;
  readonly #book: Book;
  readonly #nowMs: () => number;
  readonly #checking = new Map<Bytes32, Promise<BookOrder>>();
  readonly #checkedMs = new Map<Bytes32, number>();
  /** The last block whose events were read; undefined before the first look. */
  #block: number | undefined;

  constructor(options: OrdersOptions) {
    this.#o = options;
    this.market = options.market;
    this.#domain = { chainId: options.domain.chainId, hub: options.domain.market };
    this.#nowMs = options.nowMs ?? Date.now;
    this.#table = new OrderTable(options.store.db);
    this.#book = new Book(this.#table.all(), options.limits);
  }

  idOf({ kind, order }: PostedOrder): Bytes32 {
    return orderHash(this.#domain, kind, order);
  }

  knows(id: Bytes32): boolean {
    return this.#book.get(id) !== undefined || this.#table.isWithdrawn(id);
  }

  /** On the disk when the promise resolves. Again with the same order does no harm. Throws as `checkOrder`, and `too-many`. */
  post(posted: PostedOrder, isMirrored = false): Promise<BookOrder> {
    const id = this.idOf(posted);
    const known = this.#book.get(id);
    if (known) return this.#durably(() => viewOf(known));
    const checking = this.#checking.get(id) ?? this.#post(id, posted, isMirrored);
    this.#checking.set(id, checking);
    const done = () => void this.#checking.delete(id);
    checking.then(done, done);
    return checking;
  }

  async #post(id: Bytes32, posted: PostedOrder, isMirrored: boolean): Promise<BookOrder> {
    if (this.#table.isWithdrawn(id)) throw new SuperEdgeError("order-closed", `its signer has withdrawn order ${id}`);
    if (posted.kind === "RequestOrder" && posted.job) checkJob(posted.job.spec, posted.order.jobHash);
    if (this.#checking.size >= MAX_CHECKS)
      throw new SuperEdgeError("too-many", `expected fewer than ${MAX_CHECKS} orders to check at once`);
    const { signer, left } = await checkOrder(posted, id, this.market, this.#nowS());
    this.#book.checkRoom({ signer, isMirrored });
    const postedMs = this.#nowMs();
    const entry: Entry = { place: 0, id, posted, signer, left, postedMs, waits: undefined, isMirrored };
    this.#o.store.group.write(() => {
      entry.place = this.#table.insert(entry);
    });
    this.#book.add(entry);
    this.#checkedMs.set(id, postedMs);
    return this.#durably(() => {
      this.changes.emit("changed");
      return viewOf(entry);
    });
  }

  /** This book forgets the order. Again does no harm. Throws `not-found`, `bad-signature`, `chain-unavailable`. */
  async withdraw({ id, signature }: Withdrawal): Promise<void> {
    const entry = this.#book.get(id);
    if (!entry) {
      if (this.#table.isWithdrawn(id)) return;
      throw new SuperEdgeError("not-found", `this book has no order ${id}`);
    }
    await checkWithdrawal(entry.signer, id, signature, this.market);
    this.#forget(entry);
    this.#o.store.group.write(() => this.#table.withdraw({ id, signature }, entry.posted.order.expiry));
    await this.#durably(() => this.changes.emit("changed"));
  }

  /** Throws `not-found`. */
  get(id: Bytes32): BookOrder {
    const entry = this.#book.get(id);
    if (!entry) throw new SuperEdgeError("not-found", `this book has no order ${id}`);
    return viewOf(entry);
  }

  page(query: BookQuery): { orders: BookOrder[]; next?: number } {
    const { entries, next } = this.#book.page(query);
    return { orders: entries.map(viewOf), ...(next !== undefined && { next }) };
  }

  depth(query: DepthQuery): Depth {
    return this.#book.depth(query);
  }

  withdrawals(after = 0): { withdrawals: (Withdrawal & { place: number })[]; next?: number } {
    const withdrawals = this.#table.withdrawals(after, MAX_ORDERS_A_PAGE);
    const next = withdrawals.length === MAX_ORDERS_A_PAGE ? withdrawals.at(-1)?.place : undefined;
    return { withdrawals, ...(next !== undefined && { next }) };
  }

  /** Orders of one kind that could be matched now, oldest first. */
  standing<Kind extends BookOrder["kind"]>(kind: Kind): Extract<BookOrder, { kind: Kind }>[] {
    const orders = [...this.#book.all()].flatMap((entry) =>
      entry.posted.kind === kind && entry.waits === undefined && entry.place > 0 ? viewOf(entry) : [],
    );
    return orders as Extract<BookOrder, { kind: Kind }>[];
  }

  /** Reads what the Market did since the last look, and looks at some of the rest again. Throws `chain-unavailable`. */
  async look(): Promise<void> {
    const block = await this.market.block();
    const from = (this.#block ?? block) + 1;
    const ids = new Set<Bytes32>();
    for (let first = from; first <= block; first += RANGE_BLOCKS)
      for (const id of await this.market.touched(first, Math.min(block, first + RANGE_BLOCKS - 1))) ids.add(id);
    this.#block = block;
    for (const entry of this.#due(ids)) await this.#check(entry);
    this.#o.store.group.write(() => this.#table.forgetWithdrawals(this.#nowS()));
    await this.#durably(() => undefined);
  }

  /** Those that were touched, those that have expired, and some that were not looked at for long. */
  #due(touched: ReadonlySet<Bytes32>): Entry[] {
    const [nowMs, nowS] = [this.#nowMs(), this.#nowS()];
    let swept = 0;
    return [...this.#book.all()].filter(({ id, posted, place }) => {
      if (place === 0) return false; // on its way to the disk
      if (touched.has(id) || posted.order.expiry < nowS) return true;
      return nowMs - (this.#checkedMs.get(id) ?? 0) >= SWEEP_MS && swept++ < SWEPT_AT_ONCE;
    });
  }

  async #check(entry: Entry): Promise<void> {
    const { id, posted, left, waits } = entry;
    try {
      const found = await checkOrder(posted, id, this.market, this.#nowS());
      if (found.signer !== entry.signer) this.#book.setSigner(entry, found.signer);
      entry.left = found.left;
      entry.waits = undefined;
    } catch (error) {
      if (!(error instanceof SuperEdgeError) || error.code === "chain-unavailable") throw error;
      if (error.code === "order-closed") {
        this.#forget(entry);
        this.#o.store.group.write(() => this.#table.delete(id));
        return void this.changes.emit("changed");
      }
      entry.waits = error.message.slice(0, 500);
    }
    this.#checkedMs.set(id, this.#nowMs());
    if (entry.left === left && entry.waits === waits) return;
    this.#o.store.group.write(() => this.#table.update(entry));
    this.changes.emit("changed");
  }

  #forget({ id }: Entry): void {
    this.#book.remove(id);
    this.#checkedMs.delete(id);
  }

  #nowS(): number {
    return Math.floor(this.#nowMs() / 1000);
  }

  #durably<T>(give: () => T): Promise<T> {
    return new Promise((resolve) => this.#o.store.group.afterwards(() => resolve(give())));
  }
}

/** What is matched of the job, and which part of it, the chain will say. */
function checkJob(spec: JobSpec, hash: Bytes32): void {
  if (spec.part) throw new SuperEdgeError("bad-order", "job: expected the whole job, found a part");
  if (jobHash(spec) !== hash)
    throw new SuperEdgeError("bad-order", `job: expected the one of hash ${hash}, found another`);
}

function viewOf({ place, id, posted, signer, left, postedMs, waits }: Entry): BookOrder {
  return { ...posted, id, signer, left, postedMs, place, ...(waits !== undefined && { waits }) };
}
