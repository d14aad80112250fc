// The one thing the swarm asks of a WebRTC library, so that another can take its place.

/** What one end tells the other, over the tracker, to get a connection open. */
export type Signal =
  | { type: "offer" | "answer"; sdp: string }
  | { type: "candidate"; candidate: { candidate: string; sdpMid?: string | null; sdpMLineIndex?: number | null } };

export interface ConnectionEvents {
  /** Must reach the other end's `Connection.signal`, in order. */
  signal(signal: Signal): void;
  open(): void;
  /** One whole message, in order. */
  message(bytes: Uint8Array): void;
  /** `bufferedBytes` fell below the low mark. */
  drained(): void;
  /** Once, last: closed by either end, or never opened. */
  closed(reason?: unknown): void;
}

export interface Connection {
  signal(signal: Signal): void;
  /** Does nothing unless open. The bytes may be reused afterwards. */
  send(bytes: Uint8Array): void;
  /** Sent here and not yet on the wire. */
  readonly bufferedBytes: number;
  /** The largest message the other end takes. */
  readonly maxMessageBytes: number;
  close(): void;
}

/** Begins a connection. Events come later, never during the call. */
export type Transport = (initiator: boolean, events: ConnectionEvents) => Connection;
