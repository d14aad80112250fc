// Swarms in one process: a tracker, a relay and connections whose messages travel as turns of the event loop. The
// swarms are the real ones; only the wire is short.
import { type BlobTree, chunkOf, treeOf } from "../../protocol/cid.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { BUFFERED_LOW_BYTES, defaultLimits, type SwarmLimits } from "../../web/peer/limits.ts";
import type { Origin } from "../../web/peer/origin.ts";
import { Swarm } from "../../web/peer/swarm.ts";
import { Switchboard } from "../../web/peer/switchboard.ts";
import type { Tracker } from "../../web/peer/tracker.ts";
import type { Connection, ConnectionEvents, Transport } from "../../web/peer/transport.ts";
import { encode, type PeerMessage, parse } from "../../web/peer/wire.ts";

/** Runs after what already waits: keeps every pair's messages in order. */
const soon = (work: () => void) => void setImmediate(work);

interface End {
  name: string;
  events: ConnectionEvents;
  other: End | undefined;
  isClosed: boolean;
  /** Sent and not yet arrived. */
  bufferedBytes: number;
}

/** Connections between ends of one process: offer and answer carry the name of the end that made them. */
export class Wires {
  /** Connections ever opened, each counted once. */
  opened = 0;
  readonly #ends = new Map<string, End>();

  readonly transport: Transport = (initiator, events) => {
    const end: End = { name: `end ${this.#ends.size}`, events, other: undefined, isClosed: false, bufferedBytes: 0 };
    this.#ends.set(end.name, end);
    if (initiator) soon(() => events.signal({ type: "offer", sdp: end.name }));
    return {
      signal: (signal) => {
        if (signal.type === "candidate") return;
        end.other = this.#ends.get(signal.sdp);
        if (signal.type === "offer") soon(() => events.signal({ type: "answer", sdp: end.name }));
        else this.#open(end);
      },
      send: (bytes) => {
        const copy = bytes.slice();
        end.bufferedBytes += copy.length;
        soon(() => {
          if (end.isClosed || !end.other || end.other.isClosed) return;
          end.other.events.message(copy);
          const before = end.bufferedBytes;
          end.bufferedBytes -= copy.length;
          if (before > BUFFERED_LOW_BYTES && end.bufferedBytes <= BUFFERED_LOW_BYTES) events.drained();
        });
      },
      get bufferedBytes() {
        return end.bufferedBytes;
      },
      maxMessageBytes: 256 * 1024,
      close: () => {
        this.#close(end);
        this.#close(end.other);
      },
    };
  };

  #open(end: End): void {
    const { other } = end;
    if (!other || other.isClosed || end.isClosed) return;
    this.opened++;
    for (const each of [end, other]) soon(() => each.events.open());
  }

  #close(end: End | undefined): void {
    if (!end || end.isClosed) return;
    soon(() => {
      if (end.isClosed) return;
      end.isClosed = true;
      end.events.closed();
    });
  }
}

/** A peer that says what the test makes it say. */
export interface Stranger {
  /** What it has heard. */
  heard: PeerMessage[];
  say(bytes: Uint8Array | PeerMessage): void;
  /** Answers every message that comes from now on. */
  answer: (message: PeerMessage) => void;
  opened: Promise<void>;
  closed: Promise<void>;
  dial(peer: string): void;
}

export class World {
  readonly wires = new Wires();
  /** What the relay has sent, and what it was asked, in order. */
  readonly relay = { bytes: 0, isDown: false, log: [] as string[] };
  readonly #blobs = new Map<Cid, { tree: BlobTree; bytes: Uint8Array }>();
  readonly #holders = new Map<Cid, Set<string>>();
  readonly #receivers = new Map<string, (from: string, data: string) => void>();

  async seed(bytes: Uint8Array): Promise<Cid> {
    const tree = await treeOf(bytes);
    this.#blobs.set(tree.cid, { tree, bytes });
    return tree.cid;
  }

  tracker(id: string): Tracker {
    return {
      find: async (cid) => {
        this.relay.log.push(`${id} find`);
        await new Promise(setImmediate);
        return [...(this.#holders.get(cid) ?? [])].filter((holder) => holder !== id).slice(0, 8);
      },
      have: (cid) => {
        this.relay.log.push(`${id} have`);
        this.#holders.set(cid, (this.#holders.get(cid) ?? new Set()).add(id));
      },
      signal: (to, data) => {
        this.relay.log.push(`${id} signal`);
        soon(() => this.#receivers.get(to)?.(id, data));
      },
      onSignal: (handler) => {
        this.#receivers.set(id, handler);
      },
    };
  }

  origin(): Origin {
    const blob = async (cid: Cid) => {
      await new Promise(setImmediate);
      const found = this.#blobs.get(cid);
      if (!found) throw new SuperEdgeError("not-found", `expected a blob of the relay, found ${cid}`);
      return found;
    };
    return {
      tree: async (cid) => (await blob(cid)).tree,
      chunk: async (cid, index) => {
        const chunk = chunkOf((await blob(cid)).bytes, index);
        if (this.relay.isDown) throw new SuperEdgeError("internal", "expected a relay, found it down");
        this.relay.bytes += chunk.length;
        return chunk;
      },
    };
  }

  join(id: string, limits: Partial<SwarmLimits> = {}, peers: "on" | "off" = "on"): Swarm {
    return new Swarm({
      tracker: this.tracker(id),
      origin: this.origin(),
      peers,
      limits,
      loadTransport: async () => this.wires.transport,
    });
  }

  stranger(id: string): Stranger {
    const opened = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    let connection: Connection | undefined;
    const tracker = this.tracker(id);
    const switchboard = new Switchboard(defaultLimits, async () => this.wires.transport, {
      signal: (to, data) => tracker.signal(to, data),
      opened: (_, its) => {
        connection = its;
        opened.resolve();
      },
      message: (_, bytes) => {
        const message = parse(bytes);
        stranger.heard.push(message);
        stranger.answer(message);
      },
      drained: () => {},
      closed: () => closed.resolve(),
    });
    tracker.onSignal((from, data) => switchboard.receive(from, data));
    const stranger: Stranger = {
      heard: [],
      say: (bytes) => connection?.send(bytes instanceof Uint8Array ? bytes : encode(bytes)),
      answer: () => {},
      opened: opened.promise,
      closed: closed.promise,
      dial: (peer) => void switchboard.dial(peer),
    };
    return stranger;
  }

  /** Says that `id` has the blob, true or not. */
  announce(id: string, cid: Cid): void {
    this.tracker(id).have(cid);
  }
}
