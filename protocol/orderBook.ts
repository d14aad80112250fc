// A book of signed orders as it crosses HTTP: what is posted, what is served, and how an order is withdrawn.
import * as v from "valibot";
import { jobSpecSchema, lawSchema } from "./api.ts";
import { CATEGORIES } from "./categories.ts";
import type { Address, Bytes32, Hex } from "./ids.ts";
import { type OrderKind, type OrderOf, orderSchemas, signatureSchema } from "./orders.ts";
import { address, bytes32, text, uint } from "./schemas.ts";

/** Orders in one answer. */
export const MAX_ORDERS_A_PAGE = 200;
/** An order with two signatures of 2 KiB and its job, bytes of JSON: expressions at their limits are 2 × 2 KiB of it. */
export const MAX_ORDER_BYTES = 64 * 1024;

export const BOOK_KINDS = ["AppOrder", "DatasetOrder", "PoolOrder", "RequestOrder"] as const satisfies OrderKind[];
export type BookKind = (typeof BOOK_KINDS)[number];

const posted = <Kind extends BookKind>(kind: Kind) => ({
  kind: v.literal(kind),
  order: orderSchemas[kind],
  signature: signatureSchema,
});
const request = {
  ...posted("RequestOrder"),
  /** Of a payer that the order names. */
  payerSignature: v.optional(signatureSchema),
  /** What is asked for: a pool that has it and the inputs can begin as soon as it has matched the order. */
  job: v.optional(v.strictObject({ spec: jobSpecSchema, title: v.optional(v.pipe(v.string(), v.maxLength(120))) })),
};

/** POST /api/orders */
export const postOrderSchema = v.variant("kind", [
  v.strictObject(posted("AppOrder")),
  v.strictObject(posted("DatasetOrder")),
  v.strictObject(posted("PoolOrder")),
  v.strictObject(request),
]);
/** An order with its signer's word, empty where that was given on chain; amounts as bigint. */
export type PostedOrder = v.InferOutput<typeof postOrderSchema>;
export type PostedOf<Kind extends BookKind> = Extract<PostedOrder, { kind: Kind }>;

/** What a book knows of an order besides itself. */
const standing = {
  /** EIP-712's hash under the Market's domain: what is cancelled, matched and counted by. */
  id: bytes32,
  /** Whose word it is: of an app's or dataset's order, the owner of the asset now. */
  signer: address,
  /** Tasks, of its volume. */
  left: uint(2 ** 32 - 1),
  postedMs: uint(),
  /** Its place in the book: pages are asked for from here on. */
  place: uint(),
  /** Why it could not be matched just now, in words; absent if it could. */
  waits: v.optional(text(500)),
};
/** An order as a book serves it. */
export const bookOrderSchema = v.variant("kind", [
  v.object({ ...posted("AppOrder"), ...standing }),
  v.object({ ...posted("DatasetOrder"), ...standing }),
  v.object({ ...posted("PoolOrder"), ...standing }),
  v.object({ ...request, ...standing }),
]);
export type BookOrder = v.InferOutput<typeof bookOrderSchema>;
export type BookOrderOf<Kind extends BookKind> = Extract<BookOrder, { kind: Kind }>;

/** GET /api/orders */
export const bookPageSchema = v.object({
  orders: v.pipe(v.array(bookOrderSchema), v.maxLength(MAX_ORDERS_A_PAGE)),
  /** `after` of the next page; absent on the last. */
  next: v.optional(uint()),
});

const number = (least: number, most: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number), v.minValue(least), v.maxValue(most));
/** The filters of GET /api/orders, all of which an order must pass. */
export const bookQuerySchema = v.strictObject({
  kind: v.optional(v.picklist(BOOK_KINDS)),
  signer: v.optional(address),
  /** Of an app's order, and of requests for it. */
  app: v.optional(bytes32),
  dataset: v.optional(bytes32),
  category: v.optional(v.picklist(CATEGORIES)),
  law: v.optional(lawSchema),
  /** Those that could be matched now, or those that could not. */
  waits: v.optional(v.picklist(["yes", "no"])),
  after: v.optional(number(0, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(number(1, MAX_ORDERS_A_PAGE)),
});
export type BookQuery = v.InferOutput<typeof bookQuerySchema>;

/** Which pools' and requests' orders compete: same category (absent: none), law and app. */
export const depthQuerySchema = v.strictObject({
  category: v.optional(v.picklist(CATEGORIES)),
  law: v.optional(lawSchema),
  app: v.optional(bytes32),
});
export type DepthQuery = v.InferOutput<typeof depthQuerySchema>;

const level = v.object({ priceWei: v.pipe(v.string(), v.regex(/^\d{1,39}$/)), tasks: uint(), orders: uint() });
const levels = v.pipe(v.array(level), v.maxLength(MAX_ORDERS_A_PAGE));
/** GET /api/orders/depth, and `event: depth` of GET /api/orders/live: best price first. */
export const depthSchema = v.object({ asks: levels, bids: levels });
export type Depth = v.InferOutput<typeof depthSchema>;

/** DELETE /api/orders/:id */
export const withdrawSchema = v.strictObject({ signature: signatureSchema });

/** What a page is asked for by where there is nothing to filter. */
export const afterQuerySchema = v.strictObject({ after: v.optional(number(0, Number.MAX_SAFE_INTEGER)) });

/** GET /api/orders/withdrawals: the signer's word that a book is to forget its order, for books that mirror this one. */
export const withdrawalsSchema = v.object({
  withdrawals: v.pipe(
    v.array(v.object({ id: bytes32, signature: signatureSchema, place: uint() })),
    v.maxLength(MAX_ORDERS_A_PAGE),
  ),
  next: v.optional(uint()),
});
export interface Withdrawal {
  id: Bytes32;
  signature: Hex;
}

/** What its signer signs (EIP-191). A book forgets the order; who has a copy can match it until it is cancelled on chain. */
export const withdrawMessage = (id: Bytes32): string => `SuperEdge: withdraw order ${id}`;

/** Who is charged for a request, unless it is sponsored. */
export const payerOf = ({ payer, requester }: Pick<OrderOf<"RequestOrder">, "payer" | "requester">): Address =>
  /^0x0+$/.test(payer) ? requester : payer;
