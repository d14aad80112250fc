// The EVM itself: Nomic Foundation's EDR, in this process. Deterministic: the same inputs at the same times give the same
// block hashes, which is what the block log relies on.
import {
  ContractDecoder,
  EdrContext,
  L1_CHAIN_TYPE,
  l1GenesisState,
  l1HardforkFromString,
  l1ProviderFactory,
  MineOrdering,
  PRAGUE,
  type Provider,
} from "@nomicfoundation/edr";
import { fromHex } from "../../protocol/ids.ts";
import type { Genesis } from "./blockLog.ts";
import { RpcError } from "./rpcError.ts";

/** Of a block; a transaction of ours needs at most a few million. */
const BLOCK_GAS = 60_000_000n;
/** Given to each account of the genesis, wei of gas money: it is worth nothing here. */
const PREFUND_WEI = 10n ** 24n;
/** Wei; it must not be 0, or wallets compute no fee. */
const FIRST_BASE_FEE = 1_000_000_000n;

/** Sends one JSON-RPC call. Throws `RpcError`. */
export type Engine = (method: string, params?: readonly unknown[]) => Promise<unknown>;

/** One a process, as EDR asks. */
let context: Promise<EdrContext> | undefined;

async function startContext(): Promise<EdrContext> {
  const started = new EdrContext();
  await started.registerProviderFactory(L1_CHAIN_TYPE, l1ProviderFactory());
  return started;
}

export async function startEngine({ chainId, timeS, accounts }: Genesis): Promise<Engine> {
  context ??= startContext();
  const provider: Provider = await (await context).createProvider(
    L1_CHAIN_TYPE,
    {
      allowBlocksWithSameTimestamp: true,
      allowUnlimitedContractSize: false,
      bailOnCallFailure: true,
      bailOnTransactionFailure: false,
      chainId: BigInt(chainId),
      networkId: BigInt(chainId),
      coinbase: new Uint8Array(20).fill(0xc0),
      defaultTransactionGasLimit: BLOCK_GAS / 4n,
      genesisState: [
        ...l1GenesisState(l1HardforkFromString(PRAGUE)),
        ...accounts.map((account) => ({ address: fromHex(account), balance: PREFUND_WEI, code: new Uint8Array() })),
      ],
      hardfork: PRAGUE,
      initialBaseFeePerGas: FIRST_BASE_FEE,
      minGasPrice: 0n,
      mining: { autoMine: false, blockGasLimit: BLOCK_GAS, memPool: { order: MineOrdering.Fifo } },
      network: { genesisBlockGasLimit: BLOCK_GAS, genesisBlockTime: BigInt(timeS) },
      observability: {},
      ownedAccounts: [],
      precompileOverrides: [],
    },
    { enable: false, decodeConsoleLogInputsCallback: () => [], printLineCallback: () => {} },
    { subscriptionCallback: () => {} },
    new ContractDecoder(),
  );
  let id = 0;
  return async (method, params = []) => {
    const response = await provider.handleRequest(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
    const answer = typeof response.data === "string" ? JSON.parse(response.data) : response.data;
    if (answer.error) throw RpcError.fromEngine(answer.error);
    return answer.result;
  };
}
