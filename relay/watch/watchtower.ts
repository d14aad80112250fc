// Re-checks every epoch of every pool and challenges what is false. Everything it knows it reads from the chain and the pools'
// published data, anew after a restart; blocks that are replaced are read again.
//
//   Posted ──▶ data, hash compared ──▶ audit ──▶ honest
//                  │                     └─▶ a fault ──▶ lock ──▶ two blocks ──▶ proved: void, the bond slashed
//                  └─ not to be had: asked for again until the epoch is final
import { setTimeout as sleep } from "node:timers/promises";
import { formatEther, type Provider } from "ethers";
import { EMPTY_LEDGER } from "../../protocol/epoch.ts";
import { decodeEpochData, type EpochData } from "../../protocol/epochData.ts";
import type { ChainEpochState } from "../../protocol/fromChain.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import type { Ledger } from "../../protocol/ledger.ts";
import { auditEpoch, type Fault } from "./audit.ts";
import type { ChainEpochs, Posting } from "./chainEpochs.ts";
import type { Challenger } from "./challenger.ts";
import { type Evidence, evidenceOf, leavesOf } from "./leaves.ts";
import { challengeOf, type EarlierEvidence, type ProvableFault } from "./proofs.ts";
import type { Sources } from "./sources.ts";

/** The newest blocks may still be replaced by others: they are read again. */
const REORG_BLOCKS = 32;
/** Data that could not be had is asked for again after this, milliseconds. */
const RETRY_MS = 5_000;
/** Final epochs of a pool whose ledgers are kept, should the newest be undone. */
const KEPT_LEDGERS = 4;

export interface WatchOptions {
  provider: Provider;
  chain: ChainEpochs;
  sources: Sources;
  /** Undefined: it watches and says what it finds, no more. */
  challenger: Challenger | undefined;
  /** The first block that can have an epoch. */
  fromBlock?: number;
  say: (line: string) => void;
  /** Milliseconds. */
  now?: () => number;
}

/** An epoch, and what is known of it. */
interface Watched {
  posting: Posting;
  state: ChainEpochState;
  /** Block number at which the state was seen to be an end. */
  endedAt?: number;
  verdict?: { fault?: Fault; isWhole: boolean; evidence?: Evidence };
  places?: ReadonlyMap<Bytes32, ReadonlyMap<number, number>>;
  /** After it. */
  ledger?: Ledger;
  notBeforeMs: number;
  /** What was said of it last: nothing is said twice in a row. */
  said?: string;
}

type Pool = Map<number, Watched>;

const ENDS: readonly ChainEpochState[] = ["final", "voided", "released"];
/** What is paid, or will be. */
const STANDS: readonly ChainEpochState[] = ["pending", "final"];

export class Watchtower {
  readonly #o: WatchOptions;
  readonly #now: () => number;
  readonly #pools = new Map<Address, Pool>();
  #nextBlock: number;
  #isAway = false;

  constructor(options: WatchOptions) {
    this.#o = options;
    this.#now = options.now ?? Date.now;
    this.#nextBlock = options.fromBlock ?? 0;
  }

  /** Looks every `pollMs` until it is aborted. */
  async run(pollMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Reads what is new, checks it, and goes on with every challenge. Says what fails, and does not throw. */
  async look(): Promise<void> {
    try {
      const head = await this.#read();
      for (const pool of this.#pools.values()) {
        await this.#refresh(pool, head);
        for (const watched of inOrder(pool)) if (STANDS.includes(watched.state)) await this.#check(pool, watched);
        forgetLedgers(pool);
      }
      if (this.#isAway) this.#o.say("the chain answers again");
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) this.#o.say(`cannot go on: ${messageOf(error)}; trying again`);
      this.#isAway = true;
    }
  }

  /** What was found in epochs that still stand. */
  faults(): { posting: Posting; fault: Fault }[] {
    return [...this.#pools.values()].flatMap((pool) =>
      inOrder(pool).flatMap(({ posting, state, verdict }) =>
        STANDS.includes(state) && verdict?.fault ? [{ posting, fault: verdict.fault }] : [],
      ),
    );
  }

  async #read(): Promise<number> {
    const { provider, chain, fromBlock = 0 } = this.#o;
    const head = await provider.getBlockNumber();
    const from = Math.max(fromBlock, Math.min(this.#nextBlock, head + 1) - REORG_BLOCKS);
    for (const posting of await chain.postedIn(from, head)) {
      const { pool: address, number } = posting.header;
      const pool = this.#pools.get(address) ?? new Map<number, Watched>();
      this.#pools.set(address, pool);
      if (pool.get(number)?.posting.hash === posting.hash) continue;
      forgetFrom(pool, number);
      pool.set(number, { posting, state: "pending", notBeforeMs: 0 });
    }
    this.#nextBlock = head + 1;
    return head;
  }

  async #refresh(pool: Pool, head: number): Promise<void> {
    for (const watched of inOrder(pool)) {
      if (watched.endedAt !== undefined && watched.endedAt + REORG_BLOCKS < head) continue;
      const { number } = watched.posting.header;
      const state = await this.#o.chain.stateOf(watched.posting);
      if (state === "none") {
        this.#say(watched, "is on the chain no more: its block was replaced");
        forgetFrom(pool, number);
        return;
      }
      if (!ENDS.includes(state)) delete watched.endedAt;
      else if (state !== watched.state || watched.endedAt === undefined) watched.endedAt = head;
      if (state === "voided" && watched.state === "pending") this.#say(watched, "is void");
      if (state !== watched.state && !STANDS.includes(state)) forgetFrom(pool, number + 1, false);
      watched.state = state;
    }
  }

  async #check(pool: Pool, watched: Watched): Promise<void> {
    if (!watched.verdict?.isWhole && !watched.verdict?.fault) {
      if (watched.notBeforeMs > this.#now()) return;
      watched.notBeforeMs = this.#now() + RETRY_MS;
      await this.#audit(pool, watched);
    }
    const { fault, evidence } = watched.verdict ?? {};
    if (!fault || watched.state !== "pending") return;
    if (fault.fault === "Withheld" || !evidence || !this.#o.challenger) return;
    await this.#challenge(pool, watched, fault, evidence);
  }

  async #audit(pool: Pool, watched: Watched): Promise<void> {
    const { posting } = watched;
    let data: EpochData;
    try {
      data = await this.#dataOf(posting);
    } catch (error) {
      this.#say(watched, `cannot be checked: ${messageOf(error)}`);
      return;
    }
    const before = inOrder(pool).filter(
      ({ posting: { header }, state }) => header.number < posting.header.number && STANDS.includes(state),
    );
    const previous = ledgerAt(before, posting);
    const { evidence, terms } = await this.#evidenceOf(posting, data, previous);
    const earlier = before.flatMap(({ posting: { header }, places }) =>
      places ? [{ number: header.number, places }] : [],
    );
    const { chainId, hub } = this.#o.chain;
    const fault = auditEpoch({ ...posting, terms }, evidence, earlier, { chainId, hub });
    const isWhole = previous !== undefined && earlier.length === before.length;
    watched.verdict = { isWhole, ...(fault && { fault, evidence }) };
    watched.places = placesOf(data);
    if (evidence.ledger && !fault) watched.ledger = new Map(evidence.ledger.map(({ worker, sum }) => [worker, sum]));
    this.#say(watched, verdictOf(watched, data));
  }

  async #dataOf({ header }: Posting): Promise<EpochData> {
    return decodeEpochData(await this.#o.sources.data(header));
  }

  async #evidenceOf(posting: Posting, data: EpochData, previous: Ledger | undefined) {
    const terms = await this.#o.chain.termsOf(posting.deals);
    return { terms, evidence: evidenceOf(leavesOf(data, terms, previous), previous) };
  }

  async #challenge(pool: Pool, watched: Watched, fault: ProvableFault, evidence: Evidence): Promise<void> {
    const { posting } = watched;
    const twice = fault.fault === "SettledTwice" ? await this.#earlier(pool.get(fault.earlier.number)!) : undefined;
    const call = challengeOf(posting, evidence, fault, () => twice!);
    const progress = await this.#o.challenger!.advance(call, posting.hash);
    const slashedWei = 2n * posting.header.valueWei;
    if (progress.step === "locked")
      this.#say(watched, `a challenge is locked (${fault.fault}); shown after two blocks`);
    if (progress.step === "proved") {
      this.#say(
        watched,
        `${fault.fault} proved: void, its pool loses ${formatEther(slashedWei)} ECT, half of it to ${this.#o.challenger!.address}, half burned`,
      );
      watched.state = "voided";
    }
    if (progress.step === "gone")
      this.#say(watched, "is pending no more: somebody else was quicker, or the window is over");
    if (progress.step === "refused") this.#say(watched, `the contract does not take the proof: ${progress.reason}`);
  }

  async #earlier({ posting }: Watched): Promise<EarlierEvidence> {
    const { evidence } = await this.#evidenceOf(posting, await this.#dataOf(posting), undefined);
    return { header: posting.header, evidence };
  }

  #say(watched: Watched, text: string): void {
    if (watched.said === text) return;
    watched.said = text;
    const { pool, number } = watched.posting.header;
    this.#o.say(`epoch ${number} of pool ${pool}: ${text}`);
  }
}

const inOrder = (pool: Pool): Watched[] =>
  [...pool.values()].sort((a, b) => a.posting.header.number - b.posting.header.number);

/** Epochs from this number on, or what was made of them, are to be looked at again. */
function forgetFrom(pool: Pool, number: number, isGone = true): void {
  for (const watched of inOrder(pool)) {
    if (watched.posting.header.number < number) continue;
    if (isGone) pool.delete(watched.posting.header.number);
    else if (watched.verdict && !watched.verdict.fault) {
      delete watched.verdict;
      watched.notBeforeMs = 0;
    }
  }
}

/** The ledger that an epoch builds on, if it is known. */
function ledgerAt(before: readonly Watched[], { header: { previous } }: Posting): Ledger | undefined {
  if (previous.root === EMPTY_LEDGER.root && previous.count === 0) return new Map();
  return before.findLast(({ posting, ledger }) => ledger && posting.header.roots.ledger.root === previous.root)?.ledger;
}

function forgetLedgers(pool: Pool): void {
  const finals = inOrder(pool).filter(({ state, ledger }) => ledger && state !== "pending");
  for (const watched of finals.slice(0, -KEPT_LEDGERS)) delete watched.ledger;
}

function placesOf({ tasks }: EpochData): Map<Bytes32, Map<number, number>> {
  const places = new Map<Bytes32, Map<number, number>>();
  tasks.forEach(({ dealId, index }, position) => {
    const deal = places.get(dealId) ?? new Map<number, number>();
    places.set(dealId, deal.set(index, position));
  });
  return places;
}

function verdictOf({ verdict, state, posting }: Watched, { tasks, batches }: EpochData): string {
  const { fault, isWhole } = verdict!;
  const late = state === "final" ? "; it is final, nothing can be done" : "";
  if (fault?.fault === "Withheld") return `${fault.why}${late}`;
  if (fault) return `a lie: ${fault.why} (${fault.fault})${late}`;
  const contributions = tasks.reduce((sum, task) => sum + task.contributions.length, 0);
  const checked = `${tasks.length} tasks of ${posting.deals.length} deals, ${contributions} contributions in ${batches.length} signed batches`;
  if (!isWhole) return `${checked}: no fault, but an earlier epoch is not known, so that its ledger cannot be checked`;
  return `${checked}, rewards and ledger checked: no fault`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
