// What two peers say to each other: one data channel message each, a byte of kind and fixed fields, big-endian.
//
//   asker                                   holder
//     ask(blob)              ──────────▶               which chunks have you, or are on their way from the relay?
//                            ◀──────────    have(blob, held, coming)    at once, and again whenever they change
//     want(request, chunk)   ──────────▶
//                            ◀──────────    piece(request, bytes) … until the chunk is whole
//                            ◀──────────    lack(request)           not now; ask again after the next `have`
//
// The tree that verifies the chunks comes from the relay; nothing a peer says is believed without it.
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Cid, isCid } from "../../protocol/ids.ts";
import { CHUNK_BYTES, MAX_BLOB_BYTES } from "../../protocol/limits.ts";

export type PeerMessage =
  | { type: "ask"; cid: Cid }
  /** Two sets of chunks, a bit each and equally long; both empty if there is nothing. */
  | { type: "have"; cid: Cid; held: Uint8Array; coming: Uint8Array }
  | { type: "want"; cid: Cid; request: number; index: number }
  | { type: "piece"; request: number; bytes: Uint8Array }
  | { type: "lack"; request: number };

const ASK = 1;
const HAVE = 2;
const WANT = 3;
const PIECE = 4;
const LACK = 5;

const CID_BYTES = 59;
const MAX_CHUNKS = MAX_BLOB_BYTES / CHUNK_BYTES;
/** What a piece's message is longer than its payload. */
export const PIECE_HEADER_BYTES = 5;

export function encode(message: PeerMessage): Uint8Array {
  switch (message.type) {
    case "ask":
      return named(ASK, message.cid, 0);
    case "have": {
      const bytes = named(HAVE, message.cid, message.held.length + message.coming.length);
      bytes.set(message.held, 1 + CID_BYTES);
      bytes.set(message.coming, 1 + CID_BYTES + message.held.length);
      return bytes;
    }
    case "want": {
      const bytes = named(WANT, message.cid, 8);
      const view = new DataView(bytes.buffer);
      view.setUint32(1 + CID_BYTES, message.request);
      view.setUint32(5 + CID_BYTES, message.index);
      return bytes;
    }
    case "piece":
      return encodePiece(message, new Uint8Array(PIECE_HEADER_BYTES + message.bytes.length));
    case "lack":
      return numbered(LACK, message.request, new Uint8Array(5));
  }
}

/** Writes a piece into memory that is used again and again: there are sixteen a MiB. Returns the part written. */
export function encodePiece({ request, bytes }: Extract<PeerMessage, { type: "piece" }>, into: Uint8Array): Uint8Array {
  numbered(PIECE, request, into).set(bytes, PIECE_HEADER_BYTES);
  return into.subarray(0, PIECE_HEADER_BYTES + bytes.length);
}

/** A piece's bytes stay a view of the message. Throws `bad-message`. */
export function parse(bytes: Uint8Array): PeerMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes[0]) {
    case ASK:
      expectLength(bytes, "ask", 1 + CID_BYTES);
      return { type: "ask", cid: cidAt(bytes) };
    case HAVE: {
      expectLength(bytes, "have", 1 + CID_BYTES, 1 + CID_BYTES + 2 * (MAX_CHUNKS / 8));
      const half = (bytes.length - 1 - CID_BYTES) / 2;
      if (!Number.isInteger(half)) throw new SuperEdgeError("bad-message", "expected two sets of chunks of one length");
      const coming = 1 + CID_BYTES + half;
      const [held, rest] = [bytes.slice(1 + CID_BYTES, coming), bytes.slice(coming)];
      return { type: "have", cid: cidAt(bytes), held, coming: rest };
    }
    case WANT:
      expectLength(bytes, "want", 9 + CID_BYTES);
      return {
        type: "want",
        cid: cidAt(bytes),
        request: view.getUint32(1 + CID_BYTES),
        index: view.getUint32(5 + CID_BYTES),
      };
    case PIECE:
      expectLength(bytes, "piece", PIECE_HEADER_BYTES, PIECE_HEADER_BYTES + CHUNK_BYTES);
      return { type: "piece", request: view.getUint32(1), bytes: bytes.subarray(PIECE_HEADER_BYTES) };
    case LACK:
      expectLength(bytes, "lack", 5);
      return { type: "lack", request: view.getUint32(1) };
    default:
      throw new SuperEdgeError("bad-message", `expected a peer's message, found kind ${bytes[0]}`);
  }
}

function named(kind: number, cid: Cid, moreBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + CID_BYTES + moreBytes);
  bytes[0] = kind;
  new TextEncoder().encodeInto(cid, bytes.subarray(1));
  return bytes;
}

function numbered(kind: number, request: number, into: Uint8Array): Uint8Array {
  into[0] = kind;
  new DataView(into.buffer, into.byteOffset).setUint32(1, request);
  return into;
}

function cidAt(bytes: Uint8Array): Cid {
  const text = String.fromCharCode(...bytes.subarray(1, 1 + CID_BYTES));
  if (!isCid(text)) throw new SuperEdgeError("bad-message", "expected a content id in a peer's message");
  return text;
}

function expectLength(bytes: Uint8Array, what: string, least: number, most = least): void {
  if (bytes.length < least || bytes.length > most)
    throw new SuperEdgeError("bad-message", `expected ${what} in ${least} to ${most} bytes, found ${bytes.length}`);
}
