// The chain as a page reads it: through the relay that serves the page, or through the visitor's own wallet, which has a node
// of its own. No wallet is needed to look, and nothing is asked of one before the visitor chooses it.
import { signal } from "@preact/signals";
import { BrowserProvider, type Eip1193Provider, type Provider } from "ethers";
import { Grid, Settlement } from "../../../client/index.ts";
import type { PoolView } from "../../../protocol/api.ts";
import { SuperEdgeError } from "../../../protocol/errors.ts";
import { type Address, toAddress } from "../../../protocol/ids.ts";
import { wordsOf } from "../format/wordsOf.ts";

export type Source = "relay" | "wallet";

export interface Chain {
  state: "connected";
  grid: Grid;
  /** The pool whose relay serves the page. */
  view: PoolView;
  pool: Address;
  source: Source;
  provider: Provider;
  settlement: Settlement;
}

export type Connection = { state: "connecting" } | { state: "failed"; why: string; source: Source } | Chain;

export const chain = signal<Connection>({ state: "connecting" });

declare global {
  interface Window {
    ethereum?: Eip1193Provider;
  }
}

/** A wallet in this browser, as EIP-1193 has it. */
export const walletProvider = (): Eip1193Provider | undefined => window.ethereum;

export async function connectChain(source: Source): Promise<void> {
  chain.value = { state: "connecting" };
  try {
    const grid = await Grid.connect(location.origin);
    const view = await grid.pool();
    const provider = source === "relay" ? grid.provider : await walletsNode(view.chainId);
    const { chainId, hub, epochs } = view;
    const place = { chainId, hub: toAddress(hub), epochs: toAddress(epochs) };
    const settlement = new Settlement(place, provider);
    chain.value = { state: "connected", grid, view, pool: toAddress(view.pool), source, provider, settlement };
  } catch (error) {
    chain.value = { state: "failed", why: wordsOf(error), source };
  }
}

/** The wallet's node. Throws `chain-unavailable` if there is no wallet, or it is on another chain. */
async function walletsNode(chainId: number): Promise<BrowserProvider> {
  const wallet = walletProvider();
  if (!wallet) throw new SuperEdgeError("chain-unavailable", "there is no wallet in this browser");
  const provider = new BrowserProvider(wallet, "any");
  const found = Number((await provider.getNetwork()).chainId);
  if (found !== chainId)
    throw new SuperEdgeError(
      "chain-unavailable",
      `expected your wallet on chain ${chainId}, where the pool’s contracts are, found it on chain ${found}`,
    );
  return provider;
}
