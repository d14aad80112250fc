// One epoch as the explorer shows it: what the chain says of it, then what its pool published, then whether that holds.
//
//   asking the chain ─▶ posted ─▶ fetching (this epoch's data, then that of the epochs its ledger builds on) ─▶ checking ─▶ checked
//                          └── of another relay's pool, or not to be had: unpublished, with the reason
import { type Signal, signal } from "@preact/signals";
import { type Remote, releaseProxy, wrap } from "comlink";
import type { DealOnChain, EpochEvidence, EpochOnChain, PostedEpoch } from "../../../client/index.ts";
import type { EpochView } from "../../../protocol/api.ts";
import { EMPTY_LEDGER, type SumTreeRoot } from "../../../protocol/epoch.ts";
import type { Address, Bytes32, Hex } from "../../../protocol/ids.ts";
import type { Check } from "../../../protocol/receipt.ts";
import type { Chain } from "../chain/chain.ts";
import { wordsOf } from "../format/wordsOf.ts";
import type { BuiltEpoch, EpochChecker } from "./epochWorker.ts";

/** Earlier epochs fetched to check the ledger. */
export const MAX_EARLIER = 32;
/** Their data together, bytes, and this epoch's. */
const MAX_DATA_BYTES = 128 * 1024 * 1024;

export interface OnChain {
  posted: PostedEpoch;
  state: EpochOnChain;
  hash: Hex;
  deals: ReadonlyMap<Bytes32, DealOnChain>;
  windowSeconds: number;
}

export type Published =
  | { state: "fetching"; words: string }
  | { state: "unpublished"; why: string }
  | {
      state: "checked";
      checks: Check[];
      built?: BuiltEpoch;
      /** Not if it builds on more epochs than a page can hold. */
      isLedgerChecked: boolean;
    };

export class EpochBook {
  readonly pool: Address;
  readonly number: number;
  readonly onChain: Signal<OnChain | undefined> = signal(undefined);
  readonly problem: Signal<string> = signal("");
  readonly published: Signal<Published> = signal({ state: "fetching", words: "Asking the chain…" });
  readonly #chain: Chain;
  readonly #worker: Worker;
  readonly #checker: Remote<EpochChecker>;
  #closed = false;

  constructor(chain: Chain, pool: Address, number: number) {
    this.#chain = chain;
    this.pool = pool;
    this.number = number;
    this.#worker = new Worker(new URL("./epochWorker.ts", import.meta.url), { type: "module" });
    this.#checker = wrap<EpochChecker>(this.#worker);
    this.#open().catch((error: unknown) => {
      if (!this.#closed) this.problem.value = wordsOf(error);
    });
  }

  close(): void {
    this.#closed = true;
    this.#checker[releaseProxy]();
    this.#worker.terminate();
  }

  /** Every claim of one task's contributions; the epoch must have been built. */
  checkTask(position: number): Promise<Check[]> {
    return this.#checker.task(position);
  }

  get checker(): Remote<EpochChecker> {
    return this.#checker;
  }

  /** The state may have moved: an epoch becomes final, or is voided. */
  async refresh(): Promise<void> {
    const known = this.onChain.value;
    if (!known) return;
    const { state } = await this.#chain.settlement.epochState(this.pool, this.number);
    if (state !== known.state) this.onChain.value = { ...known, state };
  }

  async #open(): Promise<void> {
    const { settlement, grid, pool } = this.#chain;
    const views = pool === this.pool ? await grid.epochs().catch(() => []) : [];
    const posted = await this.#posted(this.number, views);
    const [{ state, hash }, windowSeconds, deals] = await Promise.all([
      settlement.epochState(this.pool, this.number),
      settlement.windowSeconds(),
      this.#deals(posted),
    ]);
    this.onChain.value = { posted, state, hash, deals, windowSeconds };
    if (pool !== this.pool) {
      const why =
        "This relay publishes the data of its own pool’s epochs only. What the chain says of this one is above; to check the rest, open the explorer at that pool’s relay.";
      this.published.value = { state: "unpublished", why };
      return;
    }
    try {
      await this.#check({ posted, deals }, hash, views);
    } catch (error) {
      if (!this.#closed) this.published.value = { state: "unpublished", why: wordsOf(error) };
    }
  }

  async #check(target: Pick<EpochEvidence, "posted" | "deals">, storedHash: Hex, views: EpochView[]): Promise<void> {
    this.#say("Fetching what the pool published…");
    const evidence = { ...target, data: await this.#chain.grid.epochData(this.number) };
    const earlier = await this.#earlier(evidence, views);
    this.#say("Building its trees again…");
    const { chainId, hub } = this.#chain.settlement.place;
    const opened = await this.#checker.open({ evidence, storedHash, earlier, place: { chainId, hub } });
    if (!this.#closed) this.published.value = { state: "checked", ...opened, isLedgerChecked: earlier !== undefined };
  }

  /** The epochs whose ledgers lead to this one's, oldest first; undefined if they are too many. */
  async #earlier({ posted, data }: EpochEvidence, views: EpochView[]): Promise<EpochEvidence[] | undefined> {
    const found: EpochEvidence[] = [];
    let bytes = data.length;
    let wanted = posted.header.previous;
    for (let number = this.number - 1; number >= 0 && !sameLedger(wanted, EMPTY_LEDGER); number--) {
      const candidate = await this.#posted(number, views);
      // Voided, or posted on a ledger that was voided.
      if (!sameLedger(candidate.header.roots.ledger, wanted)) continue;
      if (found.length === MAX_EARLIER || bytes > MAX_DATA_BYTES) return undefined;
      this.#say(`Fetching epoch ${number}, which the ledger builds on…`);
      const [earlierData, deals] = await Promise.all([this.#chain.grid.epochData(number), this.#deals(candidate)]);
      bytes += earlierData.length;
      found.unshift({ posted: candidate, data: earlierData, deals });
      wanted = candidate.header.previous;
    }
    return found;
  }

  #posted(number: number, views: readonly EpochView[]): Promise<PostedEpoch> {
    const hint = views.find(({ epoch, postedTx }) => epoch === number && postedTx)?.postedTx;
    return this.#chain.settlement.epoch(this.pool, number, hint);
  }

  async #deals({ deals }: PostedEpoch): Promise<Map<Bytes32, DealOnChain>> {
    const terms = await Promise.all(deals.map(({ dealId }) => this.#chain.settlement.deal(dealId)));
    return new Map(terms.map((deal) => [deal.dealId, deal]));
  }

  #say(words: string): void {
    if (!this.#closed) this.published.value = { state: "fetching", words };
  }
}

const sameLedger = (a: SumTreeRoot, b: SumTreeRoot): boolean => a.root === b.root && a.count === b.count;
