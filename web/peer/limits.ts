/** What a swarm may use and how long it waits. The volunteer's own settings replace the defaults. */
export interface SwarmLimits {
  /** Peers connected or being connected to, both directions together. */
  connections: number;
  /** Peers served at the same time; another one is told to ask elsewhere until a place is free. */
  uploads: number;
  /** Sent to all peers together, bytes per second. */
  uploadBytesPerSecond: number;
  /** Memory for complete blobs, bytes; the least recently used go first. */
  heldBytes: number;
  /** How long the relay is spared while a peer that may have the blob is being reached, milliseconds. */
  patienceMs: number;
  /** How long a connection may take to open, milliseconds. */
  dialMs: number;
  /** How long a peer may take for an answer or a chunk, counted from the one before it, milliseconds. */
  chunkMs: number;
  /** A peer that takes longer than this for a chunk no longer keeps the relay from being asked, milliseconds. */
  slowChunkMs: number;
}

export const defaultLimits: SwarmLimits = {
  // A browser's own bound is hundreds; each costs a DTLS handshake and some 100 kB.
  connections: 16,
  uploads: 8,
  // 64 Mbit/s: half of what a fast home line can send. Slower lines are held by their own congestion control.
  uploadBytesPerSecond: 8 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  // A connection across a continent opens in well under a second; a peer behind a strict NAT costs this once.
  patienceMs: 1500,
  dialMs: 10_000,
  // 17 kB/s: below that the relay is always the better source.
  chunkMs: 15_000,
  slowChunkMs: 2000,
};

/** Chunks asked of one peer ahead of what it has sent: 2 MiB in flight fill 100 MB/s over 20 ms. */
export const MAX_WINDOW_CHUNKS = 8;
/** Chunks asked of the relay at once while no peer has any. */
export const RELAY_WINDOW_CHUNKS = 4;
/** Failures of the relay in a row, within one blob, before it is asked no more. */
export const MAX_RELAY_FAILURES = 3;
/** Requests of one peer that may wait here: twice what ours would ever send. */
export const MAX_WAITING_REQUESTS = 2 * MAX_WINDOW_CHUNKS;
/** Blobs one peer may follow: jobs have few inputs, and a tab serves few jobs. */
export const MAX_FOLLOWED_BLOBS = 64;
/** Peers dropped for lying or stalling that are remembered; session ids are short-lived. */
export const MAX_SHUNNED_PEERS = 256;
/** A connection over which nothing has come for this long makes room for a new one when all are taken, milliseconds. */
export const IDLE_MS = 5000;
/** Signals kept for a call whose transport is still loading: a browser gathers a handful of candidates. */
export const MAX_EARLY_SIGNALS = 32;
/** Payload of one data channel message, bytes: large messages are what makes SCTP fast in browsers. */
export const PIECE_BYTES = 64 * 1024;
/** Bytes handed to the data channel before it has sent them: enough that it never runs dry between two events. */
export const BUFFERED_HIGH_BYTES = 1024 * 1024;
/** The data channel asks for more when it holds less than this, bytes. */
export const BUFFERED_LOW_BYTES = 256 * 1024;
