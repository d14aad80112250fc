// Complete, verified blobs in memory, up to a bound; the least recently used go first.
import type { BlobTree } from "../../protocol/cid.ts";
import type { Cid } from "../../protocol/ids.ts";

export interface HeldBlob {
  tree: BlobTree;
  bytes: Uint8Array;
}

export class HeldBlobs {
  readonly #maxBytes: number;
  // A Map keeps the order of insertion: what is used is taken out and put last.
  readonly #blobs = new Map<Cid, HeldBlob>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Sum of the blobs' sizes. */
  get bytes(): number {
    return this.#bytes;
  }

  get cids(): Cid[] {
    return [...this.#blobs.keys()];
  }

  get(cid: Cid): HeldBlob | undefined {
    const blob = this.#blobs.get(cid);
    if (!blob) return undefined;
    this.#blobs.delete(cid);
    this.#blobs.set(cid, blob);
    return blob;
  }

  /** A blob larger than the whole bound is not kept. */
  put(blob: HeldBlob): void {
    if (this.get(blob.tree.cid) || blob.bytes.length > this.#maxBytes) return;
    this.#blobs.set(blob.tree.cid, blob);
    this.#bytes += blob.bytes.length;
    for (const [cid, oldest] of this.#blobs) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#blobs.delete(cid);
      this.#bytes -= oldest.bytes.length;
    }
  }
}
