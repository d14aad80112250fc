// The chain of the embedded default: an EVM in this process, contracts deployed once, the pool registered and bonded.
// Whatever died half-way at the last start is taken up where it stopped.
import { join } from "node:path";
import { BrowserProvider, Contract, NonceManager, type Signer, Wallet } from "ethers";
import { type Address, toAddress } from "../protocol/ids.ts";
import { artifactOf } from "./chain/artifact.ts";
import { Chain } from "./chain/chain.ts";
import { type ChainAddresses, deploy } from "./chain/deploy.ts";
import { Faucet } from "./chain/faucet.ts";
import { rpcHandler } from "./chain/rpc.ts";
import type { Keys } from "./keys.ts";

const CHAIN_ID = 31_337;
const ECT = 10n ** 18n;
const SUPPLY_WEI = 1_000_000_000n * ECT;
/** Twice the value of all that may be unsettled at once. */
export const BOND_WEI = 10_000_000n * ECT;
/** For spot checks, which the pool pays. */
const AUDITS_WEI = 1_000_000n * ECT;
/** The bond leaves this much later than it is asked for, seconds, on top of the challenge window. */
const UNBOND_EXTRA_SECONDS = 24 * 3600;
/** After a deal's deadline a requester waits this long for what is being settled, seconds, on top of the window. */
const CLOSE_EXTRA_SECONDS = 3600;
/** What the faucet gives a beginner. */
const GIFT_WEI = 10_000n * ECT;

export interface EmbeddedChain {
  addresses: ChainAddresses;
  provider: BrowserProvider;
  /** The pool's account. */
  pool: Wallet;
  faucet(address: Address): Promise<{ ect: string; gas: string }>;
  rpc(body: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export async function openEmbeddedChain(
  data: string,
  keys: Keys,
  { windowSeconds }: { windowSeconds: number },
): Promise<EmbeddedChain> {
  const treasuryKey = new Wallet(keys.treasury);
  const poolKey = new Wallet(keys.pool);
  const accounts = [treasuryKey, poolKey].map((wallet) => toAddress(wallet.address));
  const chain = await Chain.open({ file: join(data, "chain.db"), chainId: CHAIN_ID, accounts });
  const provider = new BrowserProvider(chain, undefined, { cacheTimeout: -1 });
  provider.pollingInterval = 50;
  const treasury = treasuryKey.connect(provider);
  const pool = poolKey.connect(provider);
  const addresses = await deploy({
    deployer: treasury,
    file: join(data, "contracts.json"),
    treasury: toAddress(treasury.address),
    supplyWei: SUPPLY_WEI,
    windowSeconds,
    unbondSeconds: windowSeconds + UNBOND_EXTRA_SECONDS,
    closeSeconds: windowSeconds + CLOSE_EXTRA_SECONDS,
  });
  await fundPool(addresses, treasury, toAddress(pool.address));
  const faucet = new Faucet(new NonceManager(treasury), addresses.token);
  return {
    addresses,
    provider,
    pool,
    async faucet(address) {
      await faucet.give(address, GIFT_WEI);
      return { ect: String(GIFT_WEI), gas: String(ECT) };
    },
    rpc: rpcHandler(chain),
    async close() {
      provider.destroy();
      await chain.close();
    },
  };
}

/** The pool gets what its bond and its spot checks take, once: whatever it has in any form counts. */
async function fundPool({ token, hub }: ChainAddresses, treasury: Signer, pool: Address): Promise<void> {
  const ect = new Contract(token, artifactOf("EdgeToken").abi, treasury);
  const bank = new Contract(hub, artifactOf("Hub").abi, treasury);
  const { bondWei } = await bank.getFunction("poolOf")(pool);
  const hasWei = (await ect.getFunction("balanceOf")(pool)) + (await bank.getFunction("freeWei")(pool)) + bondWei;
  if (hasWei >= BOND_WEI) return;
  await (await ect.getFunction("transfer")(pool, BOND_WEI + AUDITS_WEI - hasWei)).wait();
}
