// Which chunk of one blob to ask of whom: decisions only, no clock and no network.
//
//   needed ──next()──▶ asked ──arrived()──▶ verifying ──took()──▶ held
//     ▲                  │                      │
//     └─ lacked, lost ───┴──── failed ──────────┘
//
// Peers come first: the rarest chunk they have, so that a crowd that starts together soon holds different parts and
// can trade. The relay is asked for what no good peer has, at random for the same reason: one chunk at a time while
// there are peers, none at all while one is still being reached.
import { ChunkSet } from "./chunkSet.ts";
import { MAX_RELAY_FAILURES, MAX_WINDOW_CHUNKS, RELAY_WINDOW_CHUNKS } from "./limits.ts";

export type Source = { type: "relay" } | { type: "peer"; id: string };

export interface Ask {
  source: Source;
  index: number;
}

const RELAY: Source = { type: "relay" };

/** expected: being reached, the relay waits for it. late: being reached, nobody waits. ready: said what it has. */
type Peer =
  | { state: "expected" | "late" }
  | { state: "ready"; chunks: ChunkSet; asked: Set<number>; served: number; isSlow: boolean };

export class Download {
  readonly held: ChunkSet;
  readonly #random: () => number;
  readonly #peers = new Map<string, Peer>();
  readonly #busy = new Set<number>();
  readonly #askedOfRelay = new Set<number>();
  #servedByRelay = 0;
  #failuresOfRelay = 0;
  #isSearching: boolean;
  #isPatient = true;

  /** `random` gives numbers from 0 up to 1. While `isSearching`, peers are being looked up and the relay is spared. */
  constructor(chunkCount: number, isSearching: boolean, random: () => number) {
    this.held = new ChunkSet(chunkCount);
    this.#isSearching = isSearching;
    this.#random = random;
  }

  /** Neither the relay nor any known peer can bring what is missing. */
  get isStuck(): boolean {
    if (this.held.isFull || this.#busy.size > 0 || this.#isSearching) return false;
    if (this.#failuresOfRelay < MAX_RELAY_FAILURES) return false;
    const needed = this.#needed();
    return ![...this.#peers.values()].some(
      (peer) => peer.state !== "ready" || needed.some((index) => peer.chunks.has(index)),
    );
  }

  /** The look-up of peers has answered, failed, or taken too long. */
  searched(): void {
    this.#isSearching = false;
  }

  /** A connection to the peer is being made, or it was asked what it has. */
  expect(id: string): void {
    if (!this.#peers.has(id)) this.#peers.set(id, { state: this.#isPatient ? "expected" : "late" });
  }

  /** The peer has taken too long to say what it has. After one such, the relay waits for none: they could be many. */
  late(id: string): void {
    if (this.#peers.get(id)?.state !== "expected") return;
    this.#isPatient = false;
    for (const [its, { state }] of this.#peers) if (state === "expected") this.#peers.set(its, { state: "late" });
  }

  /** The peer says what it has, for the first time or anew. */
  heard(id: string, chunks: ChunkSet): void {
    const peer = this.#peers.get(id);
    if (peer?.state === "ready") peer.chunks = chunks;
    else this.#peers.set(id, { state: "ready", chunks, asked: new Set(), served: 0, isSlow: false });
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
    peer.chunks = new ChunkSet(this.held.count);
    peer.isSlow = true;
  }

  /** All bytes are there and are about to be verified: the chunk no longer depends on its source. */
  arrived(source: Source, index: number): void {
    if (source.type === "relay") this.#askedOfRelay.delete(index);
    else {
      const peer = this.#peers.get(source.id);
      if (peer?.state === "ready") peer.asked.delete(index);
    }
  }

  /** An arrived chunk is what it should be. */
  took(source: Source, index: number, isSlow: boolean): void {
    this.#busy.delete(index);
    this.held.add(index);
    if (source.type === "relay") {
      this.#servedByRelay++;
      this.#failuresOfRelay = 0;
      return;
    }
    const peer = this.#peers.get(source.id);
    if (peer?.state !== "ready") return;
    peer.served++;
    peer.isSlow = isSlow;
  }

  /** The chunk did not come, or is not what it should be. */
  failed(source: Source, index: number): void {
    this.arrived(source, index);
    this.#busy.delete(index);
    if (source.type === "relay") this.#failuresOfRelay++;
  }

  /** What to ask now. The answer counts as asked: every one must end in `arrived`, `lacked`, `lost` or `failed`. */
  next(): Ask[] {
    const needed = this.#needed();
    const asks = this.#nextOfPeers(needed);
    const ready = this.#ready().map(([, peer]) => peer);
    for (;;) {
      if (this.#askedOfRelay.size >= this.#relayWindow()) return asks;
      const index = this.#pick(needed, (at) => (ready.some((peer) => !peer.isSlow && peer.chunks.has(at)) ? -1 : 0));
      if (index === undefined) return asks;
      this.#askedOfRelay.add(index);
      this.#busy.add(index);
      remove(needed, index);
      asks.push({ source: RELAY, index });
    }
  }

  /** Deals the needed chunks to the peers in turns, the least loaded first, until all windows are full. */
  #nextOfPeers(needed: number[]): Ask[] {
    const asks: Ask[] = [];
    const peers = this.#ready();
    const holders = new Uint8Array(this.held.count);
    for (const index of needed) for (const [, peer] of peers) if (peer.chunks.has(index)) holders[index]!++;
    for (let dealt = true; dealt; ) {
      dealt = false;
      for (const [id, peer] of peers.toSorted(([, a], [, b]) => a.asked.size - b.asked.size)) {
        if (peer.asked.size >= Math.min(MAX_WINDOW_CHUNKS, 2 + peer.served)) continue;
        const index = this.#pick(needed, (at) => (peer.chunks.has(at) ? holders[at]! : -1));
        if (index === undefined) continue;
        peer.asked.add(index);
        this.#busy.add(index);
        remove(needed, index);
        asks.push({ source: { type: "peer", id }, index });
        dealt = true;
      }
    }
    return asks;
  }

  #relayWindow(): number {
    if (this.#isSearching || this.#failuresOfRelay >= MAX_RELAY_FAILURES) return 0;
    const peers = [...this.#peers.values()];
    if (peers.some(({ state }) => state === "expected")) return 0;
    if (peers.some(({ state }) => state === "ready")) return 1;
    // Alone so far: begin with one, for others may have begun in the same moment.
    return Math.min(RELAY_WINDOW_CHUNKS, 1 + this.#servedByRelay);
  }

  /** One of the indices of lowest cost, at random; negative costs are out of the question. */
  #pick(indices: readonly number[], cost: (index: number) => number): number | undefined {
    let best: number | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const index of indices) {
      const its = cost(index);
      if (its < 0 || its > lowest) continue;
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

  #ready() {
    return [...this.#peers].filter(
      (entry): entry is [string, Extract<Peer, { state: "ready" }>] => entry[1].state === "ready",
    );
  }
}

function remove(indices: number[], index: number): void {
  indices.splice(indices.indexOf(index), 1);
}
