// Whether an order stands: what the Market and the Hub would say of it by itself, before there is a match.
import { hashMessage } from "ethers";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, type Bytes32, fromHex, type Hex, toAddress, toBytes32 } from "../../protocol/ids.ts";
import { type PostedOf, type PostedOrder, payerOf, withdrawMessage } from "../../protocol/orderBook.ts";
import { NO_ASSET } from "../../protocol/orders.ts";
import { MIN_PRICE_WEI } from "../../protocol/payout.ts";
import { SIGNATURE_BYTES } from "../../protocol/signature.ts";
import { recoverAddress } from "../signature.ts";
import type { Asset, MarketState } from "./market.ts";

export interface Standing {
  signer: Address;
  /** Tasks. */
  left: number;
}

/**
 * `id` is the order's hash under the Market's domain, `nowS` the time in seconds since 1970. Throws `bad-order` for terms
 * that the contracts refuse, `order-closed` if it is expired, cancelled or used up, `bad-signature`, `not-funded` if its
 * payer has too little for all that is left of it, `chain-unavailable`.
 */
export async function checkOrder(
  posted: PostedOrder,
  id: Bytes32,
  market: MarketState,
  nowS: number,
): Promise<Standing> {
  const { order, signature } = posted;
  if (nowS > order.expiry)
    throw new SuperEdgeError("order-closed", `expiry: expected ${nowS} or later, found ${order.expiry}`);
  const signer = await signerOf(posted, market);
  const left = await checkWord(market, { signer, id, signature, volume: order.volume });
  if (posted.kind === "PoolOrder") await checkPool(posted.order, market);
  if (posted.kind === "RequestOrder") await checkRequest(posted, id, left, market, nowS);
  return { signer, left };
}

/** Whose word an order is. Throws `bad-order` if it is about an asset that is not there, or is something else. */
async function signerOf(posted: PostedOrder, market: MarketState): Promise<Address> {
  switch (posted.kind) {
    case "PoolOrder":
      return posted.order.pool;
    case "RequestOrder":
      return posted.order.requester;
    case "AppOrder":
      return ownerOf(await assetOf(market, posted.order.app, "app"), posted.order.priceWei);
    case "DatasetOrder":
      return ownerOf(await assetOf(market, posted.order.dataset, "dataset"), posted.order.priceWei);
  }
}

async function assetOf(market: MarketState, id: Bytes32, kind: "app" | "dataset"): Promise<Asset> {
  const asset = id === NO_ASSET ? undefined : await market.asset(id);
  if (asset?.kind === kind) return asset;
  throw new SuperEdgeError("bad-order", `${kind}: expected one that is registered, found ${asset?.kind ?? "none"}`);
}

function ownerOf({ owner, leastWei = 0n }: Asset, priceWei: bigint): Address {
  if (priceWei < leastWei)
    throw new SuperEdgeError(
      "bad-order",
      `priceWei: its owner has registered at least ${leastWei}, the order says ${priceWei}`,
    );
  return owner;
}

async function checkPool({ pool, priceWei }: PostedOf<"PoolOrder">["order"], market: MarketState): Promise<void> {
  if ((await market.feeBps(pool)) === undefined)
    throw new SuperEdgeError("bad-order", `pool: ${pool} is not registered at the Hub`);
  if (priceWei < MIN_PRICE_WEI)
    throw new SuperEdgeError("bad-order", `priceWei: expected at least ${MIN_PRICE_WEI}, found ${priceWei}`);
}

async function checkRequest(
  { order, payerSignature }: PostedOf<"RequestOrder">,
  id: Bytes32,
  left: number,
  market: MarketState,
  nowS: number,
): Promise<void> {
  if (order.deadline <= nowS)
    throw new SuperEdgeError("order-closed", `deadline: expected one after ${nowS}, found ${order.deadline}`);
  if (order.poolMaxWei < MIN_PRICE_WEI)
    throw new SuperEdgeError("bad-order", `poolMaxWei: expected at least ${MIN_PRICE_WEI}, found ${order.poolMaxWei}`);
  let mostWei = order.poolMaxWei;
  for (const kind of ["app", "dataset"] as const) {
    const asset = order[kind];
    if (asset === NO_ASSET) continue;
    const { manifestHash } = await assetOf(market, asset, kind);
    if (kind === "app" && manifestHash !== order.appHash)
      throw new SuperEdgeError("bad-order", `appHash: the registry has ${manifestHash}, the order ${order.appHash}`);
    if (!(await market.mayUse(asset, order.requester)))
      throw new SuperEdgeError("bad-order", `${kind}: its owner does not let ${order.requester} use it`);
    mostWei += kind === "app" ? order.appMaxWei : order.datasetMaxWei;
  }
  const payer = payerOf(order);
  if (payer !== order.requester)
    await checkWord(market, { signer: payer, id, signature: payerSignature ?? ("0x" as Hex), volume: order.volume });
  const neededWei = mostWei * BigInt(left);
  const freeWei = await market.freeWei(payer);
  if (freeWei < neededWei)
    throw new SuperEdgeError(
      "not-funded",
      `expected ${neededWei} wei free at the Hub for ${left} tasks, found ${freeWei} of ${payer}`,
    );
}

interface Word {
  signer: Address;
  id: Bytes32;
  signature: Hex;
  volume: number;
}

/** As the Market's `_requireWord` and `_limit`; how much is left. */
async function checkWord(market: MarketState, { signer, id, signature, volume }: Word): Promise<number> {
  const { consumed, isPresigned, isCancelled } = await market.mark(signer, id);
  if (isCancelled) throw new SuperEdgeError("order-closed", `${signer} has cancelled order ${id}`);
  if (!isPresigned && !(await isSigned(market, signer, id, signature)))
    throw new SuperEdgeError("bad-signature", `expected ${signer} to have signed order ${id}, or presigned it`);
  if (consumed >= volume) throw new SuperEdgeError("order-closed", `all ${volume} tasks of order ${id} are matched`);
  return volume - consumed;
}

/** Throws `bad-signature` unless `signer` has signed that the order is withdrawn. */
export async function checkWithdrawal(
  signer: Address,
  id: Bytes32,
  signature: Hex,
  market: MarketState,
): Promise<void> {
  if (await isSigned(market, signer, toBytes32(hashMessage(withdrawMessage(id))), signature)) return;
  throw new SuperEdgeError(
    "bad-signature",
    `expected ${signer}'s signature of ${JSON.stringify(withdrawMessage(id))}, found another`,
  );
}

/** By key first, as the Market does: an account with a key can have code. */
async function isSigned(market: MarketState, signer: Address, hash: Bytes32, signature: Hex): Promise<boolean> {
  return signedByKey(hash, signature) === signer || market.isSignedByContract(signer, hash, signature);
}

/** Whose key made a signature of 65 bytes, or of 64 (EIP-2098); undefined if none did. */
function signedByKey(hash: Bytes32, signature: Hex): Address | undefined {
  const bytes = fromHex(signature);
  if (bytes.length !== SIGNATURE_BYTES && bytes.length !== SIGNATURE_BYTES - 1) return undefined;
  try {
    return toAddress(recoverAddress(fromHex(hash), bytes.length === SIGNATURE_BYTES ? bytes : expanded(bytes)));
  } catch {
    return undefined;
  }
}

/** EIP-2098 keeps the parity in the highest bit of s. */
function expanded(compact: Uint8Array): Uint8Array {
  const full = new Uint8Array(SIGNATURE_BYTES);
  full.set(compact);
  full[64] = 27 + (compact[32]! >> 7);
  full[32]! &= 0x7f;
  return full;
}
