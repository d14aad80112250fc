// One open connection: what was asked of the peer and has not come, and which blobs it follows here.
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { ChunkSet } from "./chunkSet.ts";
import { MAX_FOLLOWED_BLOBS } from "./limits.ts";
import type { Connection } from "./transport.ts";
import { encode, parse } from "./wire.ts";

export interface LinkEvents {
  /** The peer asks which chunks of a blob are here, and follows it from now on. */
  asked(cid: Cid): void;
  heard(cid: Cid, held: Uint8Array, coming: Uint8Array): void;
  wanted(request: number, cid: Cid, index: number): void;
  /** All bytes of a chunk are there, unverified; `tookMs` since it was asked or the chunk before it came. */
  arrived(cid: Cid, index: number, tookMs: number): void;
  lacked(cid: Cid, index: number): void;
  /** The peer broke the protocol or stalled: drop it. */
  broken(error: unknown): void;
}

interface Want {
  cid: Cid;
  index: number;
  /** Where the bytes go; what comes for an abandoned blob goes nowhere. */
  into: Uint8Array | undefined;
  /** The chunk's size. */
  bytes: number;
  received: number;
  askedAtMs: number;
}

export class Link {
  readonly id: string;
  readonly connection: Connection;
  /** Blobs whose growth the peer wants to hear of. */
  readonly follows = new Set<Cid>();
  readonly #events: LinkEvents;
  readonly #chunkMs: number;
  readonly #wants = new Map<number, Want>();
  /** Blobs the peer was asked about and has not answered for. */
  readonly #asks = new Set<Cid>();
  #nextRequest = 0;
  #lastChunkAtMs = 0;
  #lastMessageAtMs = performance.now();
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, connection: Connection, chunkMs: number, events: LinkEvents) {
    this.id = id;
    this.connection = connection;
    this.#chunkMs = chunkMs;
    this.#events = events;
  }

  /** How long nothing has come, milliseconds; 0 while something is expected. */
  idleMs(nowMs: number): number {
    return this.#wants.size > 0 ? 0 : nowMs - this.#lastMessageAtMs;
  }

  ask(cid: Cid): void {
    this.#asks.add(cid);
    if (this.#asks.size + this.#wants.size === 1) this.#setDeadline();
    this.connection.send(encode({ type: "ask", cid }));
  }

  /** What is here, and what of the rest was asked of the relay. */
  tell(cid: Cid, held = new ChunkSet(0), coming = new ChunkSet(held.count)): void {
    this.connection.send(encode({ type: "have", cid, held: held.toBits(), coming: coming.toBits() }));
  }

  /** Asks for one chunk, to be written to `into`, which is exactly as long as the chunk. */
  want(cid: Cid, index: number, into: Uint8Array): void {
    const request = this.#nextRequest;
    this.#nextRequest = (request + 1) % 2 ** 32;
    const askedAtMs = performance.now();
    this.#wants.set(request, { cid, index, into, bytes: into.length, received: 0, askedAtMs });
    if (this.#asks.size + this.#wants.size === 1) this.#setDeadline();
    this.connection.send(encode({ type: "want", cid, request, index }));
  }

  /** The blob is no longer needed; what is on its way is thrown away. */
  forget(cid: Cid): void {
    for (const want of this.#wants.values()) if (want.cid === cid) want.into = undefined;
  }

  receive(message: Uint8Array): void {
    this.#lastMessageAtMs = performance.now();
    try {
      this.#receive(message);
    } catch (error) {
      this.#events.broken(error);
    }
  }

  close(): void {
    clearTimeout(this.#deadline);
    this.#wants.clear();
    this.#asks.clear();
  }

  #receive(message: Uint8Array): void {
    const parsed = parse(message);
    switch (parsed.type) {
      case "ask":
        this.follows.add(parsed.cid);
        if (this.follows.size > MAX_FOLLOWED_BLOBS)
          throw new SuperEdgeError("too-many", `expected a peer to follow at most ${MAX_FOLLOWED_BLOBS} blobs`);
        return this.#events.asked(parsed.cid);
      case "have":
        if (this.#asks.delete(parsed.cid)) this.#setDeadline();
        return this.#events.heard(parsed.cid, parsed.held, parsed.coming);
      case "want":
        return this.#events.wanted(parsed.request, parsed.cid, parsed.index);
      case "piece":
        return this.#receivePiece(parsed.request, parsed.bytes);
      case "lack": {
        const { cid, index, into } = this.#take(parsed.request);
        if (into) this.#events.lacked(cid, index);
      }
    }
  }

  #receivePiece(request: number, bytes: Uint8Array): void {
    const want = this.#wants.get(request);
    if (!want) throw new SuperEdgeError("out-of-order", "expected a piece that was asked for, found another");
    if (bytes.length > want.bytes - want.received)
      throw new SuperEdgeError("bad-message", `expected ${want.bytes} bytes of a chunk, found more`);
    want.into?.set(bytes, want.received);
    want.received += bytes.length;
    if (want.received < want.bytes) return;
    const now = performance.now();
    const tookMs = now - Math.max(want.askedAtMs, this.#lastChunkAtMs);
    this.#lastChunkAtMs = now;
    this.#take(request);
    if (want.into) this.#events.arrived(want.cid, want.index, tookMs);
  }

  /** The request has its answer. */
  #take(request: number): Want {
    const want = this.#wants.get(request);
    if (!want) throw new SuperEdgeError("out-of-order", "expected an answer to a request, found another");
    this.#wants.delete(request);
    this.#setDeadline();
    return want;
  }

  #setDeadline(): void {
    clearTimeout(this.#deadline);
    if (this.#asks.size + this.#wants.size === 0) return;
    this.#deadline = setTimeout(
      () =>
        this.#events.broken(new SuperEdgeError("peer-unavailable", `expected an answer within ${this.#chunkMs} ms`)),
      this.#chunkMs,
    );
  }
}
