// Makes and keeps the connections: at most one per peer, at most so many in all.
//
//   dial ──▶ loading ──▶ dialling ──open──▶ open ──▶ closed
//   offer ─▶    │            │ refused, failed, too late ▲
//               └────────────┴───────────────────────────┘
//
// When two peers dial each other at once, both see two calls; the call with the lower id survives on both sides.
import type { SwarmLimits } from "./limits.ts";
import { MAX_EARLY_SIGNALS } from "./limits.ts";
import { type CallId, type CallSignal, parseSignal } from "./signals.ts";
import type { Connection, Signal, Transport } from "./transport.ts";

export interface SwitchboardEvents {
  /** To the peer, through the tracker. */
  signal(to: string, data: string): void;
  opened(peer: string, connection: Connection): void;
  message(peer: string, bytes: Uint8Array): void;
  drained(peer: string): void;
  /** The connection closed, or never opened. */
  closed(peer: string): void;
}

interface Call {
  id: CallId;
  peer: string;
  isCaller: boolean;
  isOpen: boolean;
  /** Signals that came while the transport was still loading. */
  early: Signal[];
  connection: Connection | undefined;
  deadline: ReturnType<typeof setTimeout>;
}

export class Switchboard {
  readonly #limits: Pick<SwarmLimits, "connections" | "dialMs">;
  readonly #load: () => Promise<Transport>;
  readonly #events: SwitchboardEvents;
  readonly #calls = new Map<string, Call>();
  #transport: Promise<Transport> | undefined;

  /** `load` is called when the first connection is needed. */
  constructor(
    limits: Pick<SwarmLimits, "connections" | "dialMs">,
    load: () => Promise<Transport>,
    events: SwitchboardEvents,
  ) {
    this.#limits = limits;
    this.#load = load;
    this.#events = events;
  }

  get isFull(): boolean {
    return this.#calls.size >= this.#limits.connections;
  }

  /** Begins a connection unless there is one, open or on its way. False if there is no room for it. */
  dial(peer: string): boolean {
    if (this.#calls.has(peer)) return true;
    if (this.isFull) return false;
    this.#begin(peer, newCallId(), true, []);
    return true;
  }

  /** What the tracker brought from a peer. What is malformed, late, or of no call here is ignored. */
  receive(from: string, data: string): void {
    let signal: CallSignal;
    try {
      signal = parseSignal(data);
    } catch {
      return;
    }
    const { call: id, ...rest } = signal;
    const call = this.#calls.get(from);
    if (rest.type === "offer") this.#receiveOffer(from, id, rest, call);
    else if (call?.id !== id) return;
    else if (rest.type === "busy") this.#end(call);
    else if (call.connection) call.connection.signal(rest);
    else if (call.early.length < MAX_EARLY_SIGNALS) call.early.push(rest);
  }

  /** Closes the connection to a peer; `closed` follows at once. */
  drop(peer: string): void {
    const call = this.#calls.get(peer);
    if (call) this.#end(call);
  }

  close(): void {
    for (const call of [...this.#calls.values()]) this.#end(call);
  }

  #receiveOffer(from: string, id: CallId, offer: Signal, existing: Call | undefined): void {
    if (existing) {
      const bothDial = existing.isCaller && !existing.isOpen;
      if (existing.id === id || (bothDial && existing.id < id)) return;
      // Either the peer's call wins, and ours is forgotten as if it had never been; or the peer begins anew because it
      // lost a connection that still looks open from here.
      if (bothDial) this.#forget(existing);
      else this.#end(existing);
    }
    if (this.isFull) this.#events.signal(from, JSON.stringify({ call: id, type: "busy" } satisfies CallSignal));
    else this.#begin(from, id, false, [offer]);
  }

  #begin(peer: string, id: CallId, isCaller: boolean, early: Signal[]): void {
    const deadline = setTimeout(() => this.#end(call), this.#limits.dialMs);
    const call: Call = { id, peer, isCaller, isOpen: false, early, connection: undefined, deadline };
    this.#calls.set(peer, call);
    this.#transport ??= this.#load();
    this.#transport.then(
      (transport) => this.#connect(call, transport),
      () => this.#end(call),
    );
  }

  #connect(call: Call, transport: Transport): void {
    if (!this.#isCurrent(call)) return;
    const { peer } = call;
    try {
      const connection = transport(call.isCaller, {
        signal: (signal) => {
          if (this.#isCurrent(call))
            this.#events.signal(peer, JSON.stringify({ call: call.id, ...signal } satisfies CallSignal));
        },
        open: () => {
          if (!this.#isCurrent(call)) return;
          clearTimeout(call.deadline);
          call.isOpen = true;
          this.#events.opened(peer, connection);
        },
        message: (bytes) => {
          if (this.#isCurrent(call)) this.#events.message(peer, bytes);
        },
        drained: () => {
          if (this.#isCurrent(call)) this.#events.drained(peer);
        },
        closed: () => this.#end(call),
      });
      call.connection = connection;
      for (const signal of call.early.splice(0)) connection.signal(signal);
    } catch {
      this.#end(call);
    }
  }

  #end(call: Call): void {
    if (this.#forget(call)) this.#events.closed(call.peer);
  }

  #forget(call: Call): boolean {
    if (!this.#isCurrent(call)) return false;
    this.#calls.delete(call.peer);
    clearTimeout(call.deadline);
    call.connection?.close();
    return true;
  }

  #isCurrent(call: Call): boolean {
    return this.#calls.get(call.peer) === call;
  }
}

function newCallId(): CallId {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}
