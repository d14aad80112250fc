// What the chain says of every pool's epochs, in our own types. Only the address of Epochs is given: it names the others.
import { Contract, type EventLog, type Provider, type Result } from "ethers";
import type { DealSummary, DealTerms, EpochHeader } from "../../protocol/epoch.ts";
import { type ChainEpochState, EPOCH_STATES, postingFrom } from "../../protocol/fromChain.ts";
import { type Address, type Bytes32, toAddress, toBytes32 } from "../../protocol/ids.ts";
import { artifactOf } from "../chain/artifact.ts";
import { dealTermsAt } from "../settlement/contracts.ts";

/** Blocks asked for at once, at first: a node that refuses is asked for less. */
const RANGE_BLOCKS = 10_000;

/** An epoch as it was posted. */
export interface Posting {
  header: EpochHeader;
  deals: DealSummary[];
  hash: Bytes32;
}

export class ChainEpochs {
  readonly chainId: number;
  readonly hub: Address;
  readonly challenges: Address;
  readonly #epochs: Contract;
  readonly #hub: Contract;
  #rangeBlocks = RANGE_BLOCKS;

  /** Throws if there are no such contracts at the address. */
  static async at(epochs: Address, provider: Provider): Promise<ChainEpochs> {
    const contract = new Contract(epochs, artifactOf("Epochs").abi, provider);
    const [hub, challenges, network] = await Promise.all([
      contract.getFunction("hub")() as Promise<string>,
      contract.getFunction("challenges")() as Promise<string>,
      provider.getNetwork(),
    ]);
    return new ChainEpochs(contract, provider, {
      chainId: Number(network.chainId),
      hub: toAddress(hub),
      challenges: toAddress(challenges),
    });
  }

  private constructor(
    epochs: Contract,
    provider: Provider,
    found: { chainId: number; hub: Address; challenges: Address },
  ) {
    this.chainId = found.chainId;
    this.hub = found.hub;
    this.challenges = found.challenges;
    this.#epochs = epochs;
    this.#hub = new Contract(found.hub, artifactOf("Hub").abi, provider);
  }

  /** Between posting and finalising. */
  async windowSeconds(): Promise<number> {
    return Number(await this.#epochs.getFunction("windowSeconds")());
  }

  /** Epochs of all pools posted in blocks `from` to `to`, both included, in the chain's order. */
  async postedIn(from: number, to: number): Promise<Posting[]> {
    const postings: Posting[] = [];
    const filter = this.#epochs.getEvent("Posted")();
    for (let start = from; start <= to; ) {
      const end = Math.min(start + this.#rangeBlocks - 1, to);
      try {
        const logs = await this.#epochs.queryFilter(filter, start, end);
        postings.push(...logs.map((log) => postingOf((log as EventLog).args)));
        start = end + 1;
        this.#rangeBlocks = Math.min(RANGE_BLOCKS, 2 * this.#rangeBlocks);
      } catch (error) {
        if (this.#rangeBlocks === 1) throw error;
        this.#rangeBlocks = Math.ceil(this.#rangeBlocks / 10);
      }
    }
    return postings;
  }

  /** `none` too if another epoch stands under this number now: the block that had this one was replaced. */
  async stateOf({ header, hash }: Posting): Promise<ChainEpochState> {
    const found: Result = await this.#epochs.getFunction("stateOf")(header.pool, header.number);
    return hash.startsWith(String(found.hash)) ? EPOCH_STATES[Number(found.state)]! : "none";
  }

  /** Terms of those that exist. */
  async termsOf(deals: readonly DealSummary[]): Promise<Map<Bytes32, DealTerms>> {
    const terms = await Promise.all(deals.map(({ dealId }) => dealTermsAt(this.#hub, dealId)));
    return new Map(terms.flatMap((deal) => (deal ? [[deal.dealId, deal]] : [])));
  }
}

const postingOf = ({ epoch, epochHash, deals }: Result): Posting => ({
  ...postingFrom({ epoch, deals }),
  hash: toBytes32(epochHash),
});
