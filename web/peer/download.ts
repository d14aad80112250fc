// Which chunk of one blob to ask of whom: decisions only, no clock and no network.
//
//   needed ──next()──▶ asked ──arrived()──▶ verifying ──took()──▶ held
//     ▲                  │                      │
//     └─ lacked, lost ───┴──── failed ──────────┘
//
// Peers come first: the rarest chunk they have, so that a crowd that starts together soon holds different parts and
// can trade. The relay is asked for what no good peer has or is fetching, at random for the same reason: one chunk at
// a time while there are peers, none at all while one is still being reached. All such waiting ends with patience.
import { ChunkSet } from "./chunkSet.ts";
import { MAX_RELAY_FAILURES, MAX_WINDOW_CHUNKS, RELAY_WINDOW_CHUNKS } from "./limits.ts";

export type Source = { type: "relay" } | { type: "peer"; id: string };

export interface Ask {
  source: Source;
  index: number;
}

const RELAY: Source = { type: "relay" };

interface ReadyPeer {
  state: "ready";
  held: ChunkSet;
  /** What the peer has asked of the relay. */
  coming: ChunkSet;
  asked: Set<number>;
  served: number;
  isSlow: boolean;
}

/** expected: being reached, or asked what it has. */
type Peer = { state: "expected" } | ReadyPeer;

export class Download {
  readonly held: ChunkSet;
  readonly #random: () => number;
  readonly #peers = new Map<string, Peer>();
  /** Asked or being verified. */
  readonly #busy = new Set<number>();
  readonly #askedOfRelay = new Set<number>();
  #servedByRelay = 0;
  #failuresOfRelay = 0;
  #isSearching = false;
  #isPatient = true;

  /** `random` gives numbers from 0 up to 1. */
  constructor(chunkCount: number, random: () => number) {
    this.held = new ChunkSet(chunkCount);
    this.#random = random;
  }

  /** What was asked of the relay. */
  get coming(): ChunkSet {
    const coming = new ChunkSet(this.held.count);
    for (const index of this.#askedOfRelay) coming.add(index);
    return coming;
  }

  /** The relay could be asked at once, but peers may soon make that needless. */
  get isHoldingBack(): boolean {
    if (!this.#isPatient || this.#askedOfRelay.size > 0) return false;
    const needed = this.#needed();
    return needed.length > 0 && (this.#isMeeting() || needed.every((index) => this.#relayCost(index) !== 0));
  }

  /** Neither the relay nor any known peer can bring what is missing. */
  get isStuck(): boolean {
    if (this.held.isFull || this.#busy.size > 0 || this.#failuresOfRelay < MAX_RELAY_FAILURES) return false;
    if (this.#isMeeting()) return false;
    return !this.#needed().some((index) => this.#ready().some(([, peer]) => peer.held.has(index)));
  }

  /** `isHoldingBack` has lasted too long: from now on nothing does. */
  losePatience(): void {
    this.#isPatient = false;
  }

  /**
   * Peers are being looked up: the relay is spared until `searched`. So it is before the first chunk and after it, when
   * those who began in the same moment have announced theirs; later look-ups hold up nothing.
   */
  searching(): void {
    this.#isSearching = this.#servedByRelay <= 1;
  }

  /** The look-up has answered or failed. */
  searched(): void {
    this.#isSearching = false;
  }

  /** A connection to the peer is being made, or it was asked what it has. */
  expect(id: string): void {
    if (!this.#peers.has(id)) this.#peers.set(id, { state: "expected" });
  }

  /** The peer says what it has and is fetching, for the first time or anew. */
  heard(id: string, held: ChunkSet, coming: ChunkSet): void {
    const peer = this.#peers.get(id);
    if (peer?.state === "ready") Object.assign(peer, { held, coming });
    else this.#peers.set(id, { state: "ready", held, coming, asked: new Set(), served: 0, isSlow: false });
  }

  /** The peer is gone; what was asked of it and has not arrived is needed again. */
  lost(id: string): void {
    const peer = this.#peers.get(id);
    if (peer?.state === "ready") for (const index of peer.asked) this.#busy.delete(index);
    this.#peers.delete(id);
  }

  /** The peer will not send this chunk, nor any other until it says again what it has. */
  lacked(id: string, index: number): void {
    const peer = this.#peers.get(id);
    if (peer?.state !== "ready" || !peer.asked.delete(index)) return;
    this.#busy.delete(index);
    peer.held = new ChunkSet(this.held.count);
    // Until it serves again, its word alone keeps nothing from the relay.
    peer.isSlow = true;
  }

  /** All bytes of a chunk have come from the peer and are being verified: it no longer depends on the peer. */
  arrived(id: string, index: number): void {
    const peer = this.#peers.get(id);
    if (peer?.state === "ready") peer.asked.delete(index);
  }

  /** An arrived chunk is what it should be. */
  took(source: Source, index: number, isSlow: boolean): void {
    this.#busy.delete(index);
    this.held.add(index);
    if (source.type === "relay") {
      this.#askedOfRelay.delete(index);
      this.#servedByRelay++;
      this.#failuresOfRelay = 0;
      return;
    }
    const peer = this.#peers.get(source.id);
    if (peer?.state !== "ready") return;
    peer.served++;
    peer.isSlow = isSlow;
  }

  /** An arrived chunk is not what it should be, or the relay did not send it. */
  failed(source: Source, index: number): void {
    this.#busy.delete(index);
    if (source.type !== "relay") return;
    this.#askedOfRelay.delete(index);
    this.#failuresOfRelay++;
  }

  /** What to ask now. The answer counts as asked: every one must end in `took`, `lacked`, `lost` or `failed`. */
  next(): Ask[] {
    const needed = this.#needed();
    const asks = this.#nextOfPeers(needed);
    while (this.#askedOfRelay.size < this.#relayWindow()) {
      const index = this.#pick(needed, (at) => this.#relayCost(at));
      if (index === undefined) break;
      this.#askedOfRelay.add(index);
      asks.push(this.#ask(RELAY, index, needed));
    }
    return asks;
  }

  /** Deals the needed chunks to the peers in turns, the least loaded first, until all windows are full. */
  #nextOfPeers(needed: number[]): Ask[] {
    const asks: Ask[] = [];
    const peers = this.#ready();
    const holders = new Uint8Array(this.held.count);
    for (const index of needed) for (const [, peer] of peers) if (peer.held.has(index)) holders[index]!++;
    for (let dealt = true; dealt; ) {
      dealt = false;
      for (const [id, peer] of peers.toSorted(([, a], [, b]) => a.asked.size - b.asked.size)) {
        if (peer.asked.size >= Math.min(MAX_WINDOW_CHUNKS, 2 + peer.served)) continue;
        const index = this.#pick(needed, (at) => (peer.held.has(at) ? holders[at]! : undefined));
        if (index === undefined) continue;
        peer.asked.add(index);
        asks.push(this.#ask({ type: "peer", id }, index, needed));
        dealt = true;
      }
    }
    return asks;
  }

  #ask(source: Source, index: number, needed: number[]): Ask {
    this.#busy.add(index);
    needed.splice(needed.indexOf(index), 1);
    return { source, index };
  }

  #relayWindow(): number {
    if (this.#isMeeting() || this.#failuresOfRelay >= MAX_RELAY_FAILURES) return 0;
    if (this.#ready().length > 0) return 1;
    // Alone so far: begin with one, for others may have begun in the same moment.
    return Math.min(RELAY_WINDOW_CHUNKS, 1 + this.#servedByRelay);
  }

  /** Undefined for a chunk that the relay need not send. */
  #relayCost(index: number): number | undefined {
    for (const [, { held, coming, isSlow }] of this.#ready())
      if (!isSlow && (held.has(index) || (this.#isPatient && coming.has(index)))) return undefined;
    return 0;
  }

  /** Peers are being looked up or reached. */
  #isMeeting(): boolean {
    return (
      this.#isPatient && (this.#isSearching || [...this.#peers.values()].some(({ state }) => state === "expected"))
    );
  }

  /** One of the indices of lowest cost, at random. */
  #pick(indices: readonly number[], cost: (index: number) => number | undefined): number | undefined {
    let best: number | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const index of indices) {
      const its = cost(index);
      if (its === undefined || its > lowest) continue;
      equals = its < lowest ? 1 : equals + 1;
      lowest = its;
      if (this.#random() * equals < 1) best = index;
    }
    return best;
  }

  #needed(): number[] {
    const needed: number[] = [];
    for (let index = 0; index < this.held.count; index++)
      if (!this.held.has(index) && !this.#busy.has(index)) needed.push(index);
    return needed;
  }

  #ready(): [string, ReadyPeer][] {
    return [...this.#peers].filter((entry): entry is [string, ReadyPeer] => entry[1].state === "ready");
  }
}
