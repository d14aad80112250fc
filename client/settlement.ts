// What a chain says of pools, epochs and deals, read with any provider: the relay's endpoint, a wallet's, one's own node.
import { Contract, Interface, type Log, type Provider, type Result } from "ethers";
import { epochsAbi, hubAbi } from "../contracts/abi.ts";
import { type DealSummary, type DealTerms, type EpochHeader, epochHash } from "../protocol/epoch.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type ChainEpochState, type DealProgress, dealFrom, EPOCH_STATES, postingFrom } from "../protocol/fromChain.ts";
import { type Address, type Bytes32, type Hex, toAddress, toBytes32 } from "../protocol/ids.ts";
import { BLOCKS_AT_ONCE, logsBackwards } from "./chainLogs.ts";

export interface SettlementPlace {
  chainId: number;
  hub: Address;
  epochs: Address;
}

export interface PoolOnChain {
  pool: Address;
  registered: boolean;
  feeBps: number;
  bondWei: bigint;
  /** On its way out of the bond, and from when it can be had (seconds since 1970). */
  unbondingWei: bigint;
  unbondsAt: number;
  /** Value of what is posted and not final. */
  pendingWei: bigint;
  /** Final, and not yet credited to workers. */
  claimableWei: bigint;
  /** Epochs it has posted, voided ones included. */
  posted: number;
}

export type EpochOnChain = ChainEpochState;

/** An epoch as it was posted: what the chain's hash is of, and what it does to each deal. */
export interface PostedEpoch {
  header: EpochHeader;
  deals: DealSummary[];
  transaction: Bytes32;
}

export type DealOnChain = DealTerms & DealProgress;

/** Ranges of 10,000 blocks looked through for one event. */
const MAX_RANGES = 50;

export class Settlement {
  readonly place: SettlementPlace;
  readonly #provider: Provider;
  readonly #hub: Contract;
  readonly #epochs: Contract;

  constructor(place: SettlementPlace, provider: Provider) {
    this.place = place;
    this.#provider = provider;
    this.#hub = new Contract(place.hub, hubAbi, provider);
    this.#epochs = new Contract(place.epochs, epochsAbi, provider);
  }

  /** The chain's clock, seconds since 1970. */
  async nowSeconds(): Promise<number> {
    const block = await this.#read("its newest block", () => this.#provider.getBlock("latest"));
    return block?.timestamp ?? 0;
  }

  /** Between posting and finalising. */
  async windowSeconds(): Promise<number> {
    return Number(await this.#read("the window", () => this.#epochs.getFunction("windowSeconds")()));
  }

  /** Accounts that registered as pools, newest first. `searchedFrom` > 0: older blocks were not looked through. */
  async pools(to?: number): Promise<{ pools: Address[]; searchedFrom: number }> {
    const topics = [hubInterface.getEvent("PoolRegistered")!.topicHash];
    const { logs, fromBlock } = await this.#read("the pools' registrations", () =>
      logsBackwards(this.#provider, { address: this.place.hub, topics }, { to, ranges: MAX_RANGES }),
    );
    const pools = [...new Set(logs.map((log) => topicAddress(log, 1)))];
    return { pools, searchedFrom: fromBlock };
  }

  async pool(pool: Address): Promise<PoolOnChain> {
    const [found, posted] = await this.#read("the pool", () =>
      Promise.all([
        this.#hub.getFunction("poolOf")(pool) as Promise<Result>,
        this.#epochs.getFunction("posted")(pool) as Promise<bigint>,
      ]),
    );
    return {
      pool,
      registered: found.registered,
      feeBps: Number(found.feeBps),
      bondWei: found.bondWei,
      unbondingWei: found.unbondingWei,
      unbondsAt: Number(found.unbondsAt),
      pendingWei: found.pendingWei,
      claimableWei: found.claimableWei,
      posted: Number(posted),
    };
  }

  /** `hash`: the first 31 bytes of the epoch's hash, all that is stored. */
  async epochState(pool: Address, number: number): Promise<{ state: EpochOnChain; hash: Hex }> {
    const found: Result = await this.#read("the epoch's state", () =>
      this.#epochs.getFunction("stateOf")(pool, number),
    );
    return { state: EPOCH_STATES[Number(found.state)] ?? "none", hash: String(found.hash).toLowerCase() as Hex };
  }

  /**
   * The epoch from the event of its posting, whose hash must be the one the chain stores: where the event was found does not
   * matter. `transaction`: a hint, as a relay gives it, that saves the search. Throws `not-found`, `chain-unavailable`.
   */
  async epoch(pool: Address, number: number, transaction?: string): Promise<PostedEpoch> {
    const { state, hash } = await this.epochState(pool, number);
    if (state === "none") throw new SuperEdgeError("not-found", `pool ${pool} has posted no epoch ${number}`);
    const isIt = ({ header }: PostedEpoch) => epochHash(header).startsWith(hash);
    if (transaction !== undefined) {
      const receipt = await this.#read("the transaction", () => this.#provider.getTransactionReceipt(transaction));
      const found = this.#posted(receipt?.logs ?? []).find(isIt);
      if (found) return found;
    }
    const topic = (value: string | number) => `0x${BigInt(value).toString(16).padStart(64, "0")}`;
    const topics = [epochsInterface.getEvent("Posted")!.topicHash, topic(pool), topic(number)];
    let to: number | undefined;
    for (let range = 0; range < MAX_RANGES && to !== -1; range++) {
      const { logs, fromBlock } = await this.#read("the epoch's posting", () =>
        logsBackwards(this.#provider, { address: this.place.epochs, topics }, { to, ranges: 1 }),
      );
      const found = this.#posted(logs).find(isIt);
      if (found) return found;
      to = fromBlock - 1;
    }
    throw new SuperEdgeError(
      "not-found",
      `expected the posting of epoch ${number} of pool ${pool} in the newest ${MAX_RANGES * BLOCKS_AT_ONCE} blocks, found none`,
    );
  }

  /** Throws `not-found`, `chain-unavailable`. */
  async deal(dealId: Bytes32): Promise<DealOnChain> {
    const deal = await this.#read("the deal", () => this.#hub.getFunction("dealOf")(dealId));
    const found = dealFrom(dealId, deal);
    if (!found) throw new SuperEdgeError("not-found", `there is no deal ${dealId} on chain`);
    return found;
  }

  #posted(logs: readonly Log[]): PostedEpoch[] {
    return logs.flatMap((log) => {
      if (toAddress(log.address) !== this.place.epochs) return [];
      const event = epochsInterface.parseLog(log);
      if (event?.name !== "Posted") return [];
      const { epoch, deals } = event.args;
      return [{ ...postingFrom({ epoch, deals }), transaction: toBytes32(log.transactionHash) }];
    });
  }

  async #read<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof SuperEdgeError) throw cause;
      throw new SuperEdgeError("chain-unavailable", `expected the chain to say ${what}, found no answer`, { cause });
    }
  }
}

const hubInterface = new Interface(hubAbi);
const epochsInterface = new Interface(epochsAbi);

const topicAddress = (log: Log, at: number): Address => toAddress(`0x${log.topics[at]!.slice(26)}`);
