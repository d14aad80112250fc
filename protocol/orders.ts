// Orders as they are signed: what an app's, a dataset's and a pool's owner offer, what a requester asks for, and a request
// that becomes a deal only when it is settled. The contracts hash the same (contracts/libraries/Orders.sol, LazyOrders.sol),
// held to this file by test/vectors/orders.json; what the terms mean is in docs/settlement.md.
import { keccak_256 } from "@noble/hashes/sha3.js";
import * as v from "valibot";
import { LAW_NUMBER, type Law, lawSchema } from "./api.ts";
import { CATEGORIES, type Category } from "./categories.ts";
import { type Domain, domainSeparator } from "./commit.ts";
import { type Address, type Bytes32, fromHex, type Hex, hex32, isHex, NOBODY, toBytes32 } from "./ids.ts";
import { MAX_REPLICAS, MAX_TRUST } from "./limits.ts";
import { putBigUint, putHex } from "./pack.ts";
import { parseAs } from "./parse.ts";
import { address, bytes32, positive, uint } from "./schemas.ts";

/** For anybody: the audience of an order that is not restricted. */
export const ANYBODY = NOBODY;
/** No asset: a free app named by its hash alone, or no dataset. */
export const NO_ASSET = toBytes32(`0x${"00".repeat(32)}`);

/** What a pool can have and an order can ask for; its place in the list is its bit. New ones go to the end. */
export const TAGS = ["wgsl", "wasm"] as const;
export type Tag = (typeof TAGS)[number];

const U32 = 2 ** 32 - 1;
/** Wei below 2^`bits`: a decimal string in JSON. */
const wei = (bits: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,39}$/, "expected an amount in wei, decimal"),
    v.transform((text) => BigInt(text)),
    v.check((amount) => amount < 1n << BigInt(bits), `expected less than 2^${bits} wei`),
  );
const tags = v.pipe(v.array(v.picklist(TAGS)), v.maxLength(TAGS.length));
const category = v.optional(v.picklist(CATEGORIES));
/** Seconds since 1970. */
const time = uint();
/** Everybody's: `volume` in tasks, over all matches; `expiry` the last second at which it can be matched. */
const common = { volume: positive(U32), tags, expiry: time, salt: bytes32 };
const belief = { category, law: lawSchema, trust: positive(MAX_TRUST), replicas: positive(MAX_REPLICAS) };

export const orderSchemas = {
  AppOrder: v.strictObject({ app: bytes32, priceWei: wei(96), ...common, pools: address, requesters: address }),
  DatasetOrder: v.strictObject({
    ...{ dataset: bytes32, priceWei: wei(96), ...common },
    ...{ app: bytes32, pools: address, requesters: address },
  }),
  PoolOrder: v.strictObject({
    ...{ pool: address, priceWei: wei(128), ...common, leastVolume: uint(U32), ...belief },
    ...{ app: bytes32, requesters: address, leastSeconds: uint(U32) },
  }),
  RequestOrder: v.strictObject({
    ...{ requester: address, payer: address, app: bytes32, appHash: bytes32, appMaxWei: wei(96) },
    ...{ dataset: bytes32, datasetMaxWei: wei(96), pools: address, poolMaxWei: wei(128), maxFeeBps: uint(10_000) },
    ...{ jobHash: bytes32, ...common, leastVolume: uint(U32), ...belief, deadline: time },
  }),
  LazyOrder: v.strictObject({
    requester: address,
    order: v.strictObject({
      ...{ pool: address, appHash: bytes32, jobHash: bytes32, law: lawSchema, trust: positive(MAX_TRUST) },
      ...{ replicas: positive(MAX_REPLICAS), tasks: positive(U32), pricePerTaskWei: wei(128) },
      ...{ maxFeeBps: uint(10_000), deadline: time },
      ...{ appOwner: address, appWei: wei(96), datasetOwner: address, datasetWei: wei(96) },
    }),
    sequence: uint(),
    mostWei: wei(128),
  }),
};
export type OrderKind = keyof typeof orderSchemas;
/** An order, amounts as bigint. In JSON the same with decimal strings: see `inJson`. */
export type OrderOf<Kind extends OrderKind> = v.InferOutput<(typeof orderSchemas)[Kind]>;
export type AppOrder = OrderOf<"AppOrder">;
export type DatasetOrder = OrderOf<"DatasetOrder">;
export type LazyOrder = OrderOf<"LazyOrder">;

/** ERC-1271 signatures can be of any length; longer ones cost more gas than a match may. */
const MAX_SIGNATURE_BYTES = 2048;
export const signatureSchema = v.custom<Hex>(
  (x) => typeof x === "string" && isHex(x) && x.length <= 2 + 2 * MAX_SIGNATURE_BYTES,
  `expected a signature of at most ${MAX_SIGNATURE_BYTES} bytes in hexadecimal`,
);

/** An order with its signer's word: empty where that was given on chain. */
export interface Signed<Kind extends OrderKind> {
  order: OrderOf<Kind>;
  signature: Hex;
}

/** Parses what somebody posted. Throws `bad-message`. Whether the signature fits is another question. */
export function parseOrder<Kind extends OrderKind>(kind: Kind, json: unknown): Signed<Kind> {
  const schema = v.strictObject({ order: orderSchemas[kind] as v.GenericSchema, signature: signatureSchema });
  return parseAs(schema, json) as Signed<Kind>;
}

/** As it is in JSON, and as `parseOrder` takes an order: amounts as decimal strings. */
export const inJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)));

const fields = (text: string) =>
  text.split(",").map((field) => {
    const [type, name] = field.split(" ") as [string, string];
    return { name, type };
  });

/** The EIP-712 types, in ethers' form. Nested types are named as fields' types. */
export const orderTypes = {
  AppOrder: fields(
    "uint256 app,uint96 priceWei,uint32 volume,uint256 tags,address pools,address requesters,uint64 expiry,bytes32 salt",
  ),
  DatasetOrder: fields(
    "uint256 dataset,uint96 priceWei,uint32 volume,uint256 tags,uint256 app,address pools,address requesters,uint64 expiry,bytes32 salt",
  ),
  PoolOrder: fields(
    "address pool,uint128 priceWei,uint32 volume,uint32 leastVolume,uint8 category,uint8 law,uint32 trust,uint8 replicas,uint256 tags,uint256 app,address requesters,uint32 leastSeconds,uint64 expiry,bytes32 salt",
  ),
  RequestOrder: fields(
    "address requester,address payer,uint256 app,bytes32 appHash,uint96 appMaxWei,uint256 dataset,uint96 datasetMaxWei,address pools,uint128 poolMaxWei,uint16 maxFeeBps,bytes32 jobHash,uint32 volume,uint32 leastVolume,uint8 category,uint8 law,uint32 trust,uint8 replicas,uint256 tags,uint64 deadline,uint64 expiry,bytes32 salt",
  ),
  LazyOrder: fields("address requester,Order order,uint64 sequence,uint128 mostWei"),
  Order: fields(
    "address pool,bytes32 appHash,bytes32 jobHash,uint8 law,uint32 trust,uint8 replicas,uint32 tasks,uint128 pricePerTaskWei,uint16 maxFeeBps,uint64 deadline,address appOwner,uint96 appWei,address datasetOwner,uint96 datasetWei",
  ),
};

/** The types one kind's signature covers: what ethers wants. */
export const typesOf = (kind: OrderKind) => ({
  [kind]: orderTypes[kind],
  ...(kind === "LazyOrder" && { Order: orderTypes.Order }),
});

export type Message = { [field: string]: string | number | bigint | Message };

/** The order as the contracts take it, and as it is signed: law, category (0 for none) and tags as numbers. */
export function orderMessage<Kind extends OrderKind>(kind: Kind, order: OrderOf<Kind>): Message {
  return messageOf(kind, order);
}

function messageOf(kind: keyof typeof orderTypes, order: Readonly<Record<string, unknown>>): Message {
  const message: Message = {};
  for (const { name } of orderTypes[kind]) {
    const value = order[name];
    if (name === "law") message[name] = LAW_NUMBER[value as Law];
    else if (name === "category") message[name] = 1 + CATEGORIES.indexOf(value as Category);
    else if (name === "tags") message[name] = tagBits(value as Tag[]);
    else if (name === "order") message[name] = messageOf("Order", value as LazyOrder["order"]);
    else message[name] = value as string | number | bigint;
  }
  return message;
}

const tagBits = (names: readonly Tag[]): bigint =>
  names.reduce((bits, name) => bits | (1n << BigInt(TAGS.indexOf(name))), 0n);

/**
 * What is signed: EIP-712's hash. `contract` is the Market's address, or for a lazy order the Hub's; the latter's hash is
 * the deal's id.
 */
export function orderHash<Kind extends OrderKind>(domain: Domain, kind: Kind, order: OrderOf<Kind>): Bytes32 {
  const bytes = new Uint8Array(66);
  bytes.set([0x19, 0x01]);
  bytes.set(domainSeparator(domain), 2);
  bytes.set(structHash(kind, orderMessage(kind, order)), 34);
  return hex32(keccak_256(bytes));
}

/** The same without a domain: what the vectors hold. */
export function structHash(kind: keyof typeof orderTypes, message: Message): Uint8Array {
  const own = orderTypes[kind];
  const bytes = new Uint8Array(32 * (1 + own.length));
  bytes.set(keccak_256(new TextEncoder().encode(typeText(kind))));
  own.forEach(({ name, type }, i) => {
    const at = 32 * (1 + i);
    const value = message[name]!;
    if (typeof value === "object") bytes.set(structHash("Order", value), at);
    else if (type === "address") putHex(bytes, at + 12, value as Address, 20);
    else if (typeof value === "string") bytes.set(fromHex(value), at);
    else putBigUint(bytes, at, BigInt(value), 32);
  });
  return keccak_256(bytes);
}

const typeText = (kind: keyof typeof orderTypes): string =>
  `${kind}(${orderTypes[kind].map(({ name, type }) => `${type} ${name}`).join(",")})` +
  (kind === "LazyOrder" ? typeText("Order") : "");
