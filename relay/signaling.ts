// The tracker: who says they have which blob, and messages between two of them that wish to connect.
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Cid } from "../protocol/ids.ts";
import type { RelayMessage } from "../protocol/messages.ts";

/** Blobs one session may announce: a tab holds no more in memory. */
const MAX_BLOBS_A_SESSION = 256;
/** Sessions remembered as holders of a blob. */
const MAX_HOLDERS = 1000;
/** What the first to fetch a blob has until others are told that nobody has it, milliseconds. */
const FIRST_HOLDER_MS = 1_000;
/** Sessions named in one answer. */
const MAX_ANSWER = 8;

export class Signaling {
  readonly #holders = new Map<Cid, Set<string>>();
  readonly #blobs = new Map<string, Set<Cid>>();
  readonly #waiting = new Map<Cid, { session: string; answer: (peers: string[]) => void }[]>();
  readonly #send: (session: string, message: RelayMessage) => boolean;

  /** `send` returns false if there is no such session. */
  constructor(send: (session: string, message: RelayMessage) => boolean) {
    this.#send = send;
  }

  have(session: string, cid: Cid): void {
    const blobs = this.#blobs.get(session) ?? new Set();
    if (blobs.size >= MAX_BLOBS_A_SESSION && !blobs.has(cid))
      throw new SuperEdgeError("too-many", `expected at most ${MAX_BLOBS_A_SESSION} blobs of one session`);
    const holders = this.#holders.get(cid) ?? new Set();
    if (holders.size >= MAX_HOLDERS) return;
    this.#blobs.set(session, blobs.add(cid));
    this.#holders.set(cid, holders.add(session));
    this.#answerWaiting(cid);
  }

  /**
   * Answers with up to 8 others, the newest first: they are the likeliest to be still there. Where nobody has the blob,
   * the first to ask is told so at once and fetches it from the relay; those who ask meanwhile are answered when it has
   * something to give, so that workers who start at the same moment do not all fetch from the relay.
   */
  find(session: string, cid: Cid, answer: (peers: string[]) => void): void {
    const holders = this.#others(session, cid);
    const waiting = this.#waiting.get(cid);
    if (holders.length === 0 && waiting && waiting.length < MAX_HOLDERS) {
      waiting.push({ session, answer });
      return;
    }
    if (holders.length === 0 && !waiting) {
      this.#waiting.set(cid, []);
      setTimeout(() => this.#answerWaiting(cid), FIRST_HOLDER_MS).unref();
    }
    answer(holders);
  }

  #others(session: string, cid: Cid): string[] {
    const holders = [...(this.#holders.get(cid) ?? [])].filter((holder) => holder !== session);
    return holders.slice(-MAX_ANSWER).reverse();
  }

  #answerWaiting(cid: Cid): void {
    const waiting = this.#waiting.get(cid) ?? [];
    this.#waiting.delete(cid);
    for (const { session, answer } of waiting) answer(this.#others(session, cid));
  }

  /** Throws `peer-unavailable`. */
  signal(from: string, to: string, data: string): void {
    if (from === to || !this.#send(to, { type: "signal", from, data }))
      throw new SuperEdgeError("peer-unavailable", `there is no session ${to}`);
  }

  /** It is gone, or has switched peers off: nobody is told of it any more. */
  leave(session: string): void {
    for (const cid of this.#blobs.get(session) ?? []) {
      const holders = this.#holders.get(cid);
      holders?.delete(session);
      if (holders?.size === 0) this.#holders.delete(cid);
    }
    this.#blobs.delete(session);
  }
}
