// Follows the book of another relay. Nothing it says is believed: every order is checked anew, against the chain, as if its
// signer had posted it here, and every withdrawal by its signature. Two relays that mirror each other have the same book
// twice and nothing else: what is known is not asked about. The worst a liar can do is to send nothing.
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import {
  BOOK_KINDS,
  MAX_ORDERS_A_PAGE,
  type PostedOrder,
  postOrderSchema,
  withdrawalsSchema,
} from "../../protocol/orderBook.ts";
import { uint } from "../../protocol/schemas.ts";
import type { Orders } from "./orders.ts";

/** Pages of one kind read at one look. */
const MAX_PAGES = 50;
/** An answer, bytes: a page of orders as large as they may be. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** An answer must be there by then, milliseconds. */
const ANSWER_MS = 30_000;
/** Orders that were refused are remembered, so that a liar cannot have the same ones checked again and again. */
const MAX_REFUSED = 20_000;
/** Looks after which the whole book is read again: the other relay may have lost its own, and counts anew. */
const LOOKS_A_ROUND = 20;

/** An order is told apart from what its book says about it; an order that does not parse is none. */
const pageSchema = v.object({
  orders: v.pipe(v.array(v.record(v.string(), v.unknown())), v.maxLength(MAX_ORDERS_A_PAGE)),
  next: v.optional(uint()),
});

export interface MirrorOptions {
  /** Of the other relay. */
  url: string;
  orders: Orders;
  fetch?: typeof fetch;
  log?: (event: string, fields: Record<string, unknown>) => void;
}

export class Mirror {
  readonly #o: MirrorOptions;
  readonly #base: URL;
  readonly #refused = new Set<string>();
  #looks = 0;
  #afterOrders = 0;
  #afterWithdrawals = 0;

  constructor(options: MirrorOptions) {
    this.#o = options;
    this.#base = new URL(options.url.endsWith("/") ? options.url : `${options.url}/`);
  }

  /** Takes over what is new. Throws `relay-unavailable` if there is no answer, or one that is no book's. */
  async look(): Promise<void> {
    if (this.#looks++ % LOOKS_A_ROUND === 0) this.#afterOrders = this.#afterWithdrawals = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const path = `api/orders?after=${this.#afterOrders}&limit=${MAX_ORDERS_A_PAGE}`;
      const { orders, next } = await this.#read(pageSchema, path);
      for (const order of orders) await this.#take(order);
      const last = orders.at(-1)?.place;
      if (typeof last === "number" && Number.isSafeInteger(last)) this.#afterOrders = Math.max(this.#afterOrders, last);
      if (next === undefined || orders.length === 0) break;
    }
    for (let page = 0; page < MAX_PAGES; page++) {
      const path = `api/orders/withdrawals?after=${this.#afterWithdrawals}`;
      const { withdrawals, next } = await this.#read(withdrawalsSchema, path);
      for (const { place, ...withdrawal } of withdrawals) {
        this.#afterWithdrawals = Math.max(this.#afterWithdrawals, place);
        await this.#o.orders.withdraw(withdrawal).catch(unlessAway);
      }
      if (next === undefined || withdrawals.length === 0) break;
    }
  }

  async #take(found: Record<string, unknown>): Promise<void> {
    const { orders, log } = this.#o;
    const posted = parsePosted(found);
    if (!posted) return;
    const id = orders.idOf(posted);
    // With another signature the same order may stand.
    const name = `${id} ${posted.signature}`;
    if (orders.knows(id) || this.#refused.has(name)) return;
    try {
      await orders.post(posted, true);
    } catch (error) {
      unlessAway(error);
      // There is no room now, or its payer has nothing yet: another time.
      if (["too-many", "not-funded"].includes((error as SuperEdgeError).code)) return;
      if (this.#refused.size >= MAX_REFUSED) this.#refused.clear();
      this.#refused.add(name);
      log?.("a mirrored order does not stand", { url: this.#base.href, id, reason: (error as Error).message });
    }
  }

  async #read<Schema extends v.GenericSchema>(schema: Schema, path: string): Promise<v.InferOutput<Schema>> {
    const address = new URL(path, this.#base);
    try {
      const response = await (this.#o.fetch ?? fetch)(address, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(`${response.status}`);
      return v.parse(schema, JSON.parse(await textOf(response)));
    } catch (cause) {
      throw new SuperEdgeError("relay-unavailable", `expected a book of orders at ${address}, found none`, { cause });
    }
  }
}

/** What was posted there; undefined if it is no order. */
function parsePosted(found: Record<string, unknown>): PostedOrder | undefined {
  const kind = BOOK_KINDS.find((name) => name === found.kind);
  const { order, signature, payerSignature, job } = found;
  const extras = kind === "RequestOrder" ? { payerSignature, job } : {};
  const result = v.safeParse(postOrderSchema, { kind, order, signature, ...extras });
  return result.success ? result.output : undefined;
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`expected at most ${MAX_ANSWER_BYTES} bytes, found more`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The chain is away: nothing was found out about the order. Our own mistakes are not the other relay's. */
function unlessAway(error: unknown): void {
  if (!(error instanceof SuperEdgeError) || error.code === "chain-unavailable") throw error;
}
