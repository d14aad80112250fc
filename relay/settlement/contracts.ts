// The contracts as the settler calls them, with answers in our own types.
import { Contract, type ContractRunner, type Interface, isError, type Result } from "ethers";
import type { DealTerms } from "../../protocol/epoch.ts";
import { type ChainEpochState, type DealProgress, dealFrom, EPOCH_STATES } from "../../protocol/fromChain.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import type { Budget } from "../../protocol/lazy.ts";
import { type Sum, unpackSum } from "../../protocol/sumTree.ts";
import { artifactOf } from "../chain/artifact.ts";
import type { ChainAddresses } from "../chain/deploy.ts";

export interface PoolAccount {
  registered: boolean;
  feeBps: number;
  bondWei: bigint;
  pendingWei: bigint;
  claimableWei: bigint;
}

export interface Balances {
  /** In the Hub. */
  freeWei: bigint;
  /** In the token. */
  tokenWei: bigint;
  score: number;
}

/** Reads Hub, Epochs, Tasks and token. */
export class Contracts {
  readonly addresses: ChainAddresses;
  readonly #token: Contract;
  readonly #hub: Contract;
  readonly #epochs: Contract;
  readonly #tasks: Contract;
  readonly #market: Contract;

  constructor(addresses: ChainAddresses, runner: ContractRunner) {
    this.addresses = addresses;
    this.#token = new Contract(addresses.token, artifactOf("EdgeToken").abi, runner);
    this.#hub = new Contract(addresses.hub, artifactOf("Hub").abi, runner);
    this.#epochs = new Contract(addresses.epochs, artifactOf("Epochs").abi, runner);
    this.#tasks = new Contract(addresses.tasks, artifactOf("Tasks").abi, runner);
    this.#market = new Contract(addresses.market, artifactOf("Market").abi, runner);
  }

  get token(): Interface {
    return this.#token.interface;
  }
  get hub(): Interface {
    return this.#hub.interface;
  }
  get epochs(): Interface {
    return this.#epochs.interface;
  }
  get tasks(): Interface {
    return this.#tasks.interface;
  }

  get market(): Interface {
    return this.#market.interface;
  }

  /** Why a contract refused a call, as its error says it: `BondTooLow(0x…, 1, 2)`; undefined if it was something else. */
  reasonOf(error: unknown): string | undefined {
    if (!isError(error, "CALL_EXCEPTION") || !error.data) return undefined;
    for (const contract of [this.#epochs, this.#hub, this.#token, this.#tasks, this.#market]) {
      const found = contract.interface.parseError(error.data);
      if (found) return `${found.name}(${found.args.map(String).join(", ")})`;
    }
    return undefined;
  }

  /** Of an open deal, or a closed one; undefined if there never was one. */
  dealTerms(dealId: Bytes32): Promise<(DealTerms & DealProgress) | undefined> {
    return dealTermsAt(this.#hub, dealId);
  }

  async pool(pool: Address): Promise<PoolAccount> {
    const found: Result = await this.#hub.getFunction("poolOf")(pool);
    return {
      registered: found.registered,
      feeBps: Number(found.feeBps),
      bondWei: found.bondWei,
      pendingWei: found.pendingWei,
      claimableWei: found.claimableWei,
    };
  }

  /** What a requester has locked for a pool. */
  async budget(requester: Address, pool: Address): Promise<Budget> {
    const { lockedWei, drawnWei, leavingWei, leavesAt } = await this.#hub.getFunction("budgetOf")(requester, pool);
    return { lockedWei, drawnWei, leavingWei, leavesAt: Number(leavesAt) };
  }

  /** How long after its deadline a deal can be settled. */
  async closeSeconds(): Promise<number> {
    return Number(await this.#hub.getFunction("closeSeconds")());
  }

  async balances(account: Address): Promise<Balances> {
    const [freeWei, tokenWei, score] = await Promise.all([
      this.#hub.getFunction("freeWei")(account) as Promise<bigint>,
      this.#token.getFunction("balanceOf")(account) as Promise<bigint>,
      this.score(account),
    ]);
    return { freeWei, tokenWei, score };
  }

  async score(worker: Address): Promise<number> {
    return Number(await this.#hub.getFunction("scoreOf")(worker));
  }

  async scores(workers: readonly Address[]): Promise<Map<Address, number>> {
    return new Map(await Promise.all(workers.map(async (worker) => [worker, await this.score(worker)] as const)));
  }

  /** What a worker was credited by a pool so far. */
  async credited(pool: Address, worker: Address): Promise<Sum> {
    return unpackSum(await this.#hub.getFunction("creditedOf")(pool, worker));
  }

  async epochState(pool: Address, number: number): Promise<ChainEpochState> {
    const found: Result = await this.#epochs.getFunction("stateOf")(pool, number);
    return EPOCH_STATES[Number(found.state)]!;
  }

  async windowSeconds(): Promise<number> {
    return Number(await this.#epochs.getFunction("windowSeconds")());
  }
}

/** Of an open deal, or a closed one; undefined if there never was one. */
export async function dealTermsAt(hub: Contract, dealId: Bytes32): Promise<(DealTerms & DealProgress) | undefined> {
  return dealFrom(dealId, await hub.getFunction("dealOf")(dealId));
}
