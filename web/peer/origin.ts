import type { Cid } from "../../protocol/ids.ts";

/** The seed of last resort: the relay over HTTP. What it sends is verified like anyone's. */
export interface Origin {
  /** The blob's size and the SHA-256 of each chunk. */
  tree(cid: Cid, signal?: AbortSignal): Promise<{ bytes: number; leaves: Uint8Array[] }>;
  chunk(cid: Cid, index: number, signal?: AbortSignal): Promise<Uint8Array>;
}
