// Signs orders and brings them together on chain. What the terms mean is in docs/settlement.md.
import { Contract, type ContractTransactionReceipt, type ContractTransactionResponse, type Signer } from "ethers";
import { hubAbi, marketAbi, tokenAbi } from "../contracts/abi.ts";
import type { PoolView } from "../protocol/api.ts";
import { DOMAIN_NAME, DOMAIN_VERSION } from "../protocol/commit.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Bytes32, type Hex, type JobId, toAddress, toBytes32 } from "../protocol/ids.ts";
import { type Offers, offersToAbi } from "../protocol/offers.ts";
import { type OrderKind, type OrderOf, orderHash, orderMessage, type Signed, typesOf } from "../protocol/orders.ts";
import { signPermit } from "./permit.ts";

/** Where the contracts are: of a relay's `PoolView`, for one. */
export interface MarketPlace {
  chainId: number;
  token: Address;
  hub: Address;
  market: Address;
}

export const placeOf = ({ chainId, token, hub, market }: PoolView): MarketPlace => ({
  chainId,
  token: toAddress(token),
  hub: toAddress(hub),
  market: toAddress(market),
});

export interface MatchOptions {
  /** The caller pays, whatever the request says. */
  sponsored?: boolean;
  /** Moved from the caller's wallet to its balance at the Hub first, in the same transaction. */
  depositWei?: bigint;
}

/** Lazy orders are the Hub's, all others the Market's. */
const domainOf = ({ chainId, hub, market }: MarketPlace, kind: OrderKind) => ({
  chainId,
  hub: kind === "LazyOrder" ? hub : market,
});

/** Under which its signer cancels it and asks what is left of it; of a lazy order, the id of the deal it becomes. */
export const orderId = <Kind extends OrderKind>(place: MarketPlace, kind: Kind, order: OrderOf<Kind>): Bytes32 =>
  orderHash(domainOf(place, kind), kind, order);

export async function signOrder<Kind extends OrderKind>(
  place: MarketPlace,
  kind: Kind,
  order: OrderOf<Kind>,
  signer: Signer,
): Promise<Signed<Kind>> {
  const { chainId, hub: verifyingContract } = domainOf(place, kind);
  const domain = { name: DOMAIN_NAME, version: DOMAIN_VERSION, chainId, verifyingContract };
  const signature = await signer.signTypedData(domain, typesOf(kind), orderMessage(kind, order));
  return { order, signature: signature as Hex };
}

/**
 * Opens a deal of as many tasks as are left of all orders. `signer`, with a provider, makes the match and pays its gas; who
 * pays the deal is said by the request. Throws ethers' error, with the Market's or the Hub's reason, if it is refused.
 */
export async function matchOrders(
  place: MarketPlace,
  offers: Offers,
  signer: Signer,
  { sponsored = false, depositWei = 0n }: MatchOptions = {},
): Promise<{ dealId: JobId; tasks: number }> {
  const market = new Contract(place.market, [...marketAbi, ...hubErrors], signer);
  const method = sponsored ? "matchSponsored" : "matchOrders";
  const args = [offersToAbi(offers)];
  if (depositWei === 0n) return matched(place, market, await market.getFunction(method)(...args));
  const now = (await signer.provider?.getBlock("latest"))?.timestamp ?? 0;
  const token = new Contract(place.token, tokenAbi, signer);
  const permit = await signPermit(signer, token, place.hub, depositWei, Math.max(now, Math.floor(Date.now() / 1000)));
  const calls = [
    market.interface.encodeFunctionData("depositWithPermit", permit),
    market.interface.encodeFunctionData(method, args),
  ];
  return matched(place, market, await market.getFunction("multicall")(calls));
}

const hubErrors = hubAbi.filter((entry) => entry.startsWith("error "));

async function matched(place: MarketPlace, market: Contract, sent: ContractTransactionResponse) {
  const receipt: ContractTransactionReceipt | null = await sent.wait();
  for (const log of receipt?.logs ?? []) {
    const event = toAddress(log.address) === place.market ? market.interface.parseLog(log) : null;
    if (event?.name === "Matched")
      return { dealId: toBytes32(event.args.dealId) as JobId, tasks: Number(event.args.volume) };
  }
  throw new SuperEdgeError("chain-unavailable", `expected a Matched event in ${sent.hash}, found none`);
}
