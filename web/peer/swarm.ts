// Blobs by content id, from other volunteers first. Each chunk is verified on arrival, whoever sent it; what is held
// here, whole or in part, is served to others within limits.
//
//   get ─▶ BlobFetch ─ asks ─▶ Link ══ data channel ══ another tab's Link ─▶ Uploads
//             │  └─ the relay, for what no peer has         ▲
//             └─ finds peers ─▶ Tracker ─▶ Switchboard ─────┘ opens connections
import { chunkOf, treeOf } from "../../protocol/cid.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { BlobFetch } from "./blobFetch.ts";
import { ChunkSet } from "./chunkSet.ts";
import { HeldBlobs } from "./held.ts";
import { defaultLimits, IDLE_MS, MAX_SHUNNED_PEERS, type SwarmLimits } from "./limits.ts";
import { Link } from "./link.ts";
import type { Origin } from "./origin.ts";
import { loadSimplePeer } from "./simplePeer.ts";
import { Switchboard } from "./switchboard.ts";
import type { Tracker } from "./tracker.ts";
import type { Connection, Transport } from "./transport.ts";
import { Uploads } from "./uploads.ts";

export interface SwarmOptions {
  tracker: Tracker;
  origin: Origin;
  /** `off`: no connection is ever made or taken, and no peer learns this machine's address. */
  peers: "on" | "off";
  iceServers?: RTCIceServer[];
  limits?: Partial<SwarmLimits>;
  /** How connections are made; simple-peer unless told. */
  loadTransport?: () => Promise<Transport>;
}

/** Payload only, in bytes; what arrived counts once it is verified. */
export interface SwarmStats {
  bytesFromPeers: number;
  bytesFromRelay: number;
  bytesToPeers: number;
  /** Open now. */
  connections: number;
}

export class Swarm {
  readonly #tracker: Tracker;
  readonly #origin: Origin;
  readonly #limits: SwarmLimits;
  readonly #openSwitchboard: () => Switchboard;
  #switchboard: Switchboard | undefined;
  readonly #uploads: Uploads;
  readonly #held: HeldBlobs;
  readonly #fetches = new Map<Cid, BlobFetch>();
  readonly #links = new Map<string, Link>();
  readonly #shunned = new Set<string>();
  readonly #sum = { bytesFromPeers: 0, bytesFromRelay: 0, bytesToPeers: 0 };
  #isClosed = false;

  constructor({ tracker, origin, peers, iceServers = [], limits, loadTransport }: SwarmOptions) {
    this.#tracker = tracker;
    this.#origin = origin;
    this.#limits = { ...defaultLimits, ...limits };
    this.#held = new HeldBlobs(this.#limits.heldBytes);
    this.#uploads = new Uploads(this.#limits, {
      chunkOf: (cid, index) => this.#chunk(cid, index),
      sent: (bytes) => {
        this.#sum.bytesToPeers += bytes;
      },
      free: (outlet) => this.#invite(outlet),
    });
    this.#openSwitchboard = () =>
      new Switchboard(this.#limits, loadTransport ?? (() => loadSimplePeer(iceServers)), {
        signal: (to, data) => tracker.signal(to, data),
        opened: (peer, connection) => this.#opened(peer, connection),
        message: (peer, bytes) => this.#links.get(peer)?.receive(bytes),
        drained: () => this.#uploads.drained(),
        closed: (peer) => this.#closed(peer),
      });
    this.setPeers(peers);
    tracker.onSignal((from, data) => {
      if (!this.#isClosed && !this.#shunned.has(from)) this.#switchboard?.receive(from, data);
    });
  }

  get stats(): SwarmStats {
    return { ...this.#sum, connections: this.#links.size };
  }

  /**
   * The blob's bytes, verified against its name; they are shared with whoever else has asked, so do not write to them.
   * Throws `not-found` (no source can send it), `bad-blob`, `too-large`, `cancelled`, or what the relay's look-up threw.
   */
  async get(cid: Cid, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Uint8Array> {
    if (signal?.aborted || this.#isClosed)
      throw new SuperEdgeError("cancelled", `expected to fetch ${cid}, found it cancelled`);
    const held = this.#held.get(cid);
    if (held) return held.bytes;
    const fetch = this.#fetches.get(cid);
    return (fetch && !fetch.isOver ? fetch : this.#fetch(cid)).join(signal);
  }

  /** Takes bytes to serve, which must not change afterwards, and announces them. */
  async add(bytes: Uint8Array): Promise<Cid> {
    const tree = await treeOf(bytes);
    this.#held.put({ tree, bytes });
    if (this.#held.get(tree.cid)) this.#announce(tree.cid);
    return tree.cid;
  }

  /** From now on. Switched off, every connection is closed at once; switched on, the tracker is told what is here. */
  setPeers(peers: "on" | "off"): void {
    const open = this.#switchboard;
    if (this.#isClosed || (peers === "on") === (open !== undefined)) return;
    this.#switchboard = open ? undefined : this.#openSwitchboard();
    open?.close();
    if (this.#switchboard) this.announceAll();
  }

  /** Tells the tracker again what is here: after the socket was away, the relay has forgotten. */
  announceAll(): void {
    for (const cid of this.#held.cids) this.#announce(cid);
    for (const fetch of this.#fetches.values()) if (fetch.held?.size) this.#announce(fetch.cid);
  }

  close(): void {
    this.#isClosed = true;
    for (const fetch of [...this.#fetches.values()]) fetch.stop();
    this.#switchboard?.close();
    this.#uploads.close();
  }

  #fetch(cid: Cid): BlobFetch {
    const fetch = new BlobFetch(cid, {
      origin: this.#origin,
      limits: this.#limits,
      search: this.#switchboard && ((its) => this.#search(its)),
      want: (peer, its, index, into) => this.#links.get(peer)?.want(its, index, into),
      shun: (peer) => this.#shun(peer),
      ready: (its) => {
        for (const link of this.#links.values()) this.#greet(link, its);
      },
      asking: () => this.#tellFollowers(cid),
      grown: (its, source, bytes) => {
        this.#sum[source.type === "relay" ? "bytesFromRelay" : "bytesFromPeers"] += bytes;
        if (its.held?.size === 1) this.#announce(cid);
        this.#tellFollowers(cid);
      },
    });
    this.#fetches.set(cid, fetch);
    const forget = () => {
      if (this.#fetches.get(cid) !== fetch) return;
      this.#fetches.delete(cid);
      for (const link of this.#links.values()) link.forget(cid);
    };
    fetch.result.then((blob) => {
      this.#held.put(blob);
      forget();
    }, forget);
    return fetch;
  }

  async #search(fetch: BlobFetch): Promise<void> {
    for (const peer of await this.#tracker.find(fetch.cid)) {
      // A connected peer was asked when it opened or when the fetch was ready.
      if (this.#isClosed || fetch.isOver || this.#shunned.has(peer) || this.#links.has(peer)) continue;
      if (this.#switchboard?.isFull) this.#dropIdlest();
      if (this.#switchboard?.dial(peer)) fetch.expect(peer);
    }
  }

  #opened(peer: string, connection: Connection): void {
    const link: Link = new Link(peer, connection, this.#limits.chunkMs, {
      asked: (cid) => this.#tell(link, cid),
      heard: (cid, held, coming) => this.#fetches.get(cid)?.heard(peer, held, coming),
      wanted: (request, cid, index) => {
        if (!this.#uploads.want(connection, request, cid, index)) this.#shun(peer);
      },
      arrived: (cid, index, tookMs) => void this.#fetches.get(cid)?.arrived(peer, index, tookMs),
      lacked: (cid, index) => this.#fetches.get(cid)?.lacked(peer, index),
      broken: () => this.#shun(peer),
    });
    this.#links.set(peer, link);
    for (const fetch of this.#fetches.values()) this.#greet(link, fetch);
  }

  /** Both ends do this: whoever came to fetch may have something to give. */
  #greet(link: Link, fetch: BlobFetch): void {
    if (!fetch.held) return;
    fetch.expect(link.id);
    link.ask(fetch.cid);
  }

  #closed(peer: string): void {
    const link = this.#links.get(peer);
    this.#links.delete(peer);
    link?.close();
    if (link) this.#uploads.left(link.connection);
    for (const fetch of this.#fetches.values()) fetch.lost(peer);
  }

  #shun(peer: string): void {
    this.#shunned.add(peer);
    for (const oldest of this.#shunned) {
      if (this.#shunned.size <= MAX_SHUNNED_PEERS) break;
      this.#shunned.delete(oldest);
    }
    this.#switchboard?.drop(peer);
  }

  #dropIdlest(): void {
    const now = performance.now();
    const [idlest] = [...this.#links.values()].toSorted((a, b) => b.idleMs(now) - a.idleMs(now));
    if (idlest && idlest.idleMs(now) > IDLE_MS) this.#switchboard?.drop(idlest.id);
  }

  #announce(cid: Cid): void {
    if (this.#switchboard && !this.#isClosed) this.#tracker.have(cid);
  }

  #tellFollowers(cid: Cid): void {
    for (const link of this.#links.values()) if (link.follows.has(cid)) this.#tell(link, cid);
  }

  /** A peer that was refused may ask again. */
  #invite(outlet: unknown): void {
    for (const link of this.#links.values())
      if (link.connection === outlet) for (const cid of link.follows) this.#tell(link, cid);
  }

  #tell(link: Link, cid: Cid): void {
    const whole = this.#held.get(cid);
    const fetch = this.#fetches.get(cid);
    if (whole) link.tell(cid, ChunkSet.full(whole.tree.leaves.length));
    else link.tell(cid, fetch?.held, fetch?.coming);
  }

  #chunk(cid: Cid, index: number): Uint8Array | undefined {
    const held = this.#held.get(cid);
    if (!held) return this.#fetches.get(cid)?.chunk(index);
    return index < held.tree.leaves.length ? chunkOf(held.bytes, index) : undefined;
  }
}
