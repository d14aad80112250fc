// What the order book asks the chain.
import type { Address, Bytes32, Hex } from "../../protocol/ids.ts";

/** What the Market keeps of an order and its signer. */
export interface Mark {
  consumed: number;
  isPresigned: boolean;
  isCancelled: boolean;
}

export interface Asset {
  kind: "app" | "dataset" | "pool";
  owner: Address;
  manifestHash: Bytes32;
  /** The least its owner's orders may ask, wei; undefined if they may ask for less than the registry says. */
  leastWei: bigint | undefined;
}

/** Where a deal comes from, if the Market made it. */
export interface Origin {
  /** Of the request order. */
  request: Bytes32;
  /** Tasks of the request that were matched before. */
  firstTask: number;
  tasks: number;
}

/** All answers are the chain's as it is now. Everything throws `chain-unavailable`. */
export interface MarketState {
  mark(signer: Address, id: Bytes32): Promise<Mark>;
  /** ERC-1271; false for an account without code, and for a contract that needs too much gas to say so. */
  isSignedByContract(signer: Address, hash: Bytes32, signature: Hex): Promise<boolean>;
  /** Undefined if there is none. */
  asset(id: Bytes32): Promise<Asset | undefined>;
  mayUse(asset: Bytes32, account: Address): Promise<boolean>;
  /** Whether an account is whom an order's restriction names. */
  admits(restriction: Address, account: Address): Promise<boolean>;
  /** Hundredths of a per cent; undefined if the pool is not registered. */
  feeBps(pool: Address): Promise<number | undefined>;
  freeWei(account: Address): Promise<bigint>;
  /** The last block. */
  block(): Promise<number>;
  /** Orders that blocks `from` to `to` have matched or cancelled. */
  touched(from: number, to: number): Promise<Set<Bytes32>>;
  /** Undefined if the Market did not make the deal. */
  originOf(dealId: Bytes32): Promise<Origin | undefined>;
}
