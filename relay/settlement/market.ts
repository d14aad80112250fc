// Market, registry and Hub as the order book asks them.
import { Contract, Interface, isError, type Provider } from "ethers";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, type Bytes32, type Hex, toAddress, toBytes32 } from "../../protocol/ids.ts";
import { ANYBODY } from "../../protocol/orders.ts";
import { artifactOf } from "../chain/artifact.ts";
import type { ChainAddresses } from "../chain/deploy.ts";
import type { Asset, Mark, MarketState, Origin } from "../orders/market.ts";

const KINDS = ["app", "dataset", "pool"] as const;
/** A group may burn what the Market lets it (50,000), and what a transaction costs by itself; a signing contract, what a match could bear. */
const GROUP_GAS = 72_000;
const SIGNATURE_GAS = 1_000_000;

const erc1271 = new Interface(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);
const group = new Interface(["function contains(address account) view returns (bool)"]);
const VALID = "0x1626ba7e";

export class ChainMarket implements MarketState {
  readonly #provider: Provider;
  readonly #market: Contract;
  readonly #assets: Contract;
  readonly #hub: Contract;

  constructor(addresses: ChainAddresses, provider: Provider) {
    this.#provider = provider;
    this.#market = new Contract(addresses.market, artifactOf("Market").abi, provider);
    this.#assets = new Contract(addresses.assets, artifactOf("Assets").abi, provider);
    this.#hub = new Contract(addresses.hub, artifactOf("Hub").abi, provider);
  }

  mark(signer: Address, id: Bytes32): Promise<Mark> {
    return asked(async () => {
      const [consumed, isPresigned, isCancelled] = await Promise.all(
        ["consumed", "isPresigned", "isCancelled"].map((name) => this.#market.getFunction(name)(signer, id)),
      );
      return { consumed: Number(consumed), isPresigned, isCancelled };
    });
  }

  async isSignedByContract(signer: Address, hash: Bytes32, signature: Hex): Promise<boolean> {
    const data = erc1271.encodeFunctionData("isValidSignature", [hash, signature]);
    const answer = await this.#ask(signer, data, SIGNATURE_GAS);
    return answer.length >= 66 && answer.slice(0, 10) === VALID && /^0*$/.test(answer.slice(10, 66));
  }

  asset(id: Bytes32): Promise<Asset | undefined> {
    return asked(async () => {
      if (!(await this.#assets.getFunction("exists")(id))) return undefined;
      const [kind, owner, manifestHash, price] = await Promise.all(
        ["kindOf", "ownerOf", "manifestHashOf(uint256)", "priceOf"].map((name) => this.#assets.getFunction(name)(id)),
      );
      return {
        kind: KINDS[Number(kind)]!,
        owner: toAddress(owner),
        manifestHash: toBytes32(manifestHash),
        leastWei: price.mayUndercut ? undefined : price.perUseWei,
      };
    });
  }

  mayUse(asset: Bytes32, account: Address): Promise<boolean> {
    return asked(() => this.#assets.getFunction("mayUse")(asset, account));
  }

  async admits(restriction: Address, account: Address): Promise<boolean> {
    if (restriction === ANYBODY || restriction === account) return true;
    const answer = await this.#ask(restriction, group.encodeFunctionData("contains", [account]), GROUP_GAS);
    return answer.length >= 66 && BigInt(answer.slice(0, 66)) === 1n;
  }

  feeBps(pool: Address): Promise<number | undefined> {
    return asked(async () => {
      const found = await this.#hub.getFunction("poolOf")(pool);
      return found.registered ? Number(found.feeBps) : undefined;
    });
  }

  freeWei(account: Address): Promise<bigint> {
    return asked(() => this.#hub.getFunction("freeWei")(account));
  }

  block(): Promise<number> {
    return asked(() => this.#provider.getBlockNumber());
  }

  touched(from: number, to: number): Promise<Set<Bytes32>> {
    return asked(async () => {
      const logs = await this.#provider.getLogs({
        ...{ address: this.#market.target as string, fromBlock: from, toBlock: to },
      });
      const ids = logs.flatMap((log) => {
        const event = this.#market.interface.parseLog(log);
        if (event?.name === "Cancelled" || event?.name === "Presigned") return [event.args.orderHash];
        if (event?.name !== "Matched") return [];
        const { requestHash, poolHash, appHash, datasetHash } = event.args;
        return [requestHash, poolHash, appHash, datasetHash];
      });
      return new Set(ids.map(toBytes32));
    });
  }

  originOf(dealId: Bytes32): Promise<Origin | undefined> {
    return asked(async () => {
      const [own] = await this.#matches([dealId]);
      if (!own) return undefined;
      let firstTask = 0;
      for (const match of await this.#matches([null, own.request])) {
        if (match.dealId === dealId) return { request: own.request, firstTask, tasks: match.tasks };
        firstTask += match.tasks;
      }
      return undefined;
    });
  }

  /** In the chain's order. */
  async #matches(indexed: (Bytes32 | null)[]) {
    const address = this.#market.target as string;
    const topics = this.#market.interface.encodeFilterTopics("Matched", indexed);
    const logs = await this.#provider.getLogs({ address, topics, fromBlock: 0, toBlock: "latest" });
    return logs.map((log) => {
      const { args } = this.#market.interface.parseLog(log)!;
      return {
        dealId: toBytes32(args.dealId),
        request: toBytes32(args.requestHash),
        tasks: Number(args.volume),
      };
    });
  }

  /** Empty if the contract reverts, is none, or needs more gas. */
  async #ask(to: Address, data: string, gasLimit: number): Promise<string> {
    return asked(async () => {
      try {
        return await this.#provider.call({ to, data, gasLimit });
      } catch (error) {
        if (isError(error, "CALL_EXCEPTION")) return "0x";
        throw error;
      }
    });
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new SuperEdgeError("chain-unavailable", "expected the chain's answer about an order, found none", { cause });
  }
}
