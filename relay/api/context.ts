import type { EpochView, PoolView } from "../../protocol/api.ts";
import type { DealTerms } from "../../protocol/epoch.ts";
import type { Address, JobId } from "../../protocol/ids.ts";
import type { LazyDeals } from "../lazy/lazyDeals.ts";
import type { Loop } from "../loop.ts";
import type { Orders } from "../orders/orders.ts";
import type { Session } from "../session.ts";
import type { Stores } from "../stores.ts";

/** What the chain side of the relay tells the API. */
export interface ChainSide {
  /** A deal with its funds locked, or undefined. */
  deal(id: JobId): Promise<DealTerms | undefined>;
  epochs(): EpochView[];
  /** The published data of an epoch, by its number on chain. */
  epochData(number: number): Uint8Array | undefined;
  /** Paid on chain so far, wei. */
  credited(worker: Address): bigint;
  score(worker: Address): number;
  /** The embedded chain gives beginners a start. */
  faucet?: (address: Address) => Promise<{ ect: string; gas: string }>;
  /** JSON-RPC, if the chain is embedded. */
  rpc?: (body: unknown) => Promise<unknown>;
}

export interface ApiContext extends Stores {
  loop: Loop;
  chain: ChainSide;
  /** Without it the pool takes deals that are on chain only. */
  lazy?: LazyDeals | undefined;
  /** Without a market there is no book. */
  orders?: Orders | undefined;
  sessions: ReadonlyMap<string, Session>;
  pool: Address;
  domain: { chainId: number; hub: Address };
  /** What does not change while the relay runs. */
  poolView: Omit<PoolView, "workers">;
  /** Blob bytes the relay has sent, by content id. */
  egress: Map<string, number>;
  log: (event: string, fields: Record<string, unknown>) => void;
}
