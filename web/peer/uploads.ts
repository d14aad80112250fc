// Who is served, and how fast: a few peers at a time, a piece each in turns, under one rate.
import type { Cid } from "../../protocol/ids.ts";
import { BUFFERED_HIGH_BYTES, MAX_WAITING_REQUESTS, PIECE_BYTES, type SwarmLimits } from "./limits.ts";
import { Rate } from "./rate.ts";
import { encode, encodePiece, PIECE_HEADER_BYTES } from "./wire.ts";

/** The part of a connection that uploading needs. */
export interface Outlet {
  send(bytes: Uint8Array): void;
  readonly bufferedBytes: number;
  readonly maxMessageBytes: number;
}

interface Request {
  id: number;
  chunk: Uint8Array;
  sent: number;
}

export interface UploadEvents {
  chunkOf(cid: Cid, index: number): Uint8Array | undefined;
  sent(bytes: number): void;
  /** A place is free for a peer that was refused. */
  free(outlet: Outlet): void;
}

export class Uploads {
  readonly #limits: Pick<SwarmLimits, "uploads" | "uploadBytesPerSecond">;
  readonly #events: UploadEvents;
  readonly #rate: Rate;
  readonly #serving = new Map<Outlet, Request[]>();
  readonly #refused = new Set<Outlet>();
  readonly #message = new Uint8Array(PIECE_HEADER_BYTES + PIECE_BYTES);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: Pick<SwarmLimits, "uploads" | "uploadBytesPerSecond">, events: UploadEvents) {
    this.#limits = limits;
    this.#events = events;
    const { uploadBytesPerSecond } = limits;
    // A second's worth at once: a hidden tab's timers fire no oftener, and the rate should hold there too.
    this.#rate = new Rate(uploadBytesPerSecond, Math.max(PIECE_BYTES, uploadBytesPerSecond), performance.now());
  }

  /** False if the peer asks for more than an honest one would: then it should be dropped. */
  want(outlet: Outlet, id: number, cid: Cid, index: number): boolean {
    const requests = this.#serving.get(outlet);
    if (requests && requests.length >= MAX_WAITING_REQUESTS) return false;
    const isFull = !requests && this.#serving.size >= this.#limits.uploads;
    const chunk = isFull ? undefined : this.#events.chunkOf(cid, index);
    if (isFull) this.#refused.add(outlet);
    if (!chunk) outlet.send(encode({ type: "lack", request: id }));
    else {
      const request = { id, chunk, sent: 0 };
      if (requests) requests.push(request);
      else this.#serving.set(outlet, [request]);
      this.#pump();
    }
    return true;
  }

  /** The outlet can take more. */
  drained(): void {
    this.#pump();
  }

  /** The peer is gone. */
  left(outlet: Outlet): void {
    this.#refused.delete(outlet);
    if (this.#serving.delete(outlet)) this.#letIn();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#serving.clear();
    this.#refused.clear();
  }

  #pump(): void {
    for (let sent = true; sent && this.#timer === undefined; ) {
      sent = false;
      for (const [outlet, requests] of [...this.#serving]) sent = this.#sendPiece(outlet, requests) || sent;
    }
  }

  #sendPiece(outlet: Outlet, requests: Request[]): boolean {
    const request = requests[0]!;
    if (this.#timer !== undefined || outlet.bufferedBytes >= BUFFERED_HIGH_BYTES) return false;
    const most = Math.min(PIECE_BYTES, outlet.maxMessageBytes - PIECE_HEADER_BYTES);
    const bytes = request.chunk.subarray(request.sent, request.sent + most);
    const waitMs = this.#rate.take(bytes.length, performance.now());
    if (waitMs > 0) {
      // The only timer of the send path: set when the volunteer's own rate is used up.
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#pump();
      }, waitMs);
      return false;
    }
    outlet.send(encodePiece({ type: "piece", request: request.id, bytes }, this.#message));
    this.#events.sent(bytes.length);
    request.sent += bytes.length;
    if (request.sent >= request.chunk.length) requests.shift();
    // Last in line now, so that whoever waits when the rate is used up goes first when it is not.
    this.#serving.delete(outlet);
    if (requests.length > 0) this.#serving.set(outlet, requests);
    else this.#letIn();
    return true;
  }

  #letIn(): void {
    const [first] = this.#refused;
    if (!first || this.#serving.size >= this.#limits.uploads) return;
    this.#refused.delete(first);
    this.#events.free(first);
  }
}
