// Fetches one blob: carries out what `Download` decides, verifies every chunk, and can serve those it has already.
import { type BlobTree, chunkBytes, chunkOf, verifyChunk, verifyTree } from "../../protocol/cid.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { CHUNK_BYTES, MAX_BLOB_BYTES } from "../../protocol/limits.ts";
import { ChunkSet } from "./chunkSet.ts";
import { Download, type Source } from "./download.ts";
import type { HeldBlob } from "./held.ts";
import type { SwarmLimits } from "./limits.ts";
import type { Origin } from "./origin.ts";

/** What a fetch asks of the swarm around it. */
export interface FetchPorts {
  origin: Origin;
  limits: Pick<SwarmLimits, "patienceMs" | "slowChunkMs">;
  /** Looks peers up and begins to connect, with `expect` for each that may have the blob. Absent without peers. */
  search: ((fetch: BlobFetch) => Promise<void>) | undefined;
  /** Asks a connected peer for a chunk. */
  want(peer: string, cid: Cid, index: number, into: Uint8Array): void;
  /** The peer sent bytes that are not the blob's: never again. */
  shun(peer: string): void;
  /** The tree is there: connected peers can be asked what they have. */
  ready(fetch: BlobFetch): void;
  /** A chunk was asked of the relay: others need not. */
  asking(fetch: BlobFetch): void;
  /** One more chunk is verified and can be served. */
  grown(fetch: BlobFetch, source: Source, bytes: number): void;
}

export class BlobFetch {
  readonly cid: Cid;
  /** Settles when the blob is whole, or cannot be had. */
  readonly result: Promise<HeldBlob>;
  readonly #ports: FetchPorts;
  readonly #abort = new AbortController();
  readonly #settle: { resolve(blob: HeldBlob): void; reject(error: unknown): void };
  #waiting = 0;
  #isSearching = false;
  #lastRelayError: unknown;
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** Peers met before the tree was there. */
  readonly #met = new Set<string>();
  #work: { tree: BlobTree; bytes: Uint8Array; download: Download } | undefined;

  constructor(cid: Cid, ports: FetchPorts) {
    this.cid = cid;
    this.#ports = ports;
    const { promise, resolve, reject } = Promise.withResolvers<HeldBlob>();
    this.result = promise;
    this.#settle = { resolve, reject };
    this.#begin().catch((error: unknown) => this.#fail(error));
  }

  /** Nobody waits for it any more, or it cannot be had. */
  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The chunks that can be served, once the tree is known. */
  get held(): ChunkSet | undefined {
    return this.#work?.download.held;
  }

  /** The chunks that were asked of the relay. */
  get coming(): ChunkSet | undefined {
    return this.#work?.download.coming;
  }

  /** A verified chunk, as a view. */
  chunk(index: number): Uint8Array | undefined {
    return this.#work?.download.held.has(index) ? chunkOf(this.#work.bytes, index) : undefined;
  }

  /** Waits for the blob. When everybody who waited has gone, the fetch stops. */
  join(signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(new SuperEdgeError("cancelled", `expected ${this.cid}, found that nobody wants it`));
        if (--this.#waiting === 0)
          this.#fail(new SuperEdgeError("cancelled", "expected somebody to wait for the blob"));
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.result
        .then(({ bytes }) => resolve(bytes), reject)
        .finally(() => signal?.removeEventListener("abort", leave));
    });
  }

  stop(): void {
    this.#fail(new SuperEdgeError("cancelled", "expected an open swarm, found it closed"));
  }

  /** A peer may have the blob: it is being connected to, or was just asked. */
  expect(peer: string): void {
    if (this.#work) this.#work.download.expect(peer);
    else this.#met.add(peer);
  }

  /** Throws `bad-message` if the sets are not those of this blob. */
  heard(peer: string, held: Uint8Array, coming: Uint8Array): void {
    if (!this.#work) return;
    const chunks = this.#work.tree.leaves.length;
    this.#work.download.heard(peer, ChunkSet.fromBits(chunks, held), ChunkSet.fromBits(chunks, coming));
    this.#pump();
  }

  lacked(peer: string, index: number): void {
    this.#work?.download.lacked(peer, index);
    this.#pump();
  }

  lost(peer: string): void {
    this.#met.delete(peer);
    this.#work?.download.lost(peer);
    this.#pump();
  }

  async arrived(peer: string, index: number, tookMs: number): Promise<void> {
    if (!this.#work) return;
    const source: Source = { type: "peer", id: peer };
    const { tree, download } = this.#work;
    download.arrived(peer, index);
    const bytes = chunkOf(this.#work.bytes, index);
    try {
      await verifyChunk(tree, index, bytes);
    } catch {
      download.failed(source, index);
      this.#ports.shun(peer);
      return this.#pump();
    }
    this.#took(source, index, bytes.length, tookMs > this.#ports.limits.slowChunkMs);
  }

  async #begin(): Promise<void> {
    const search = this.#search();
    const { bytes, leaves } = await this.#ports.origin.tree(this.cid, this.#abort.signal);
    if (bytes > MAX_BLOB_BYTES)
      throw new SuperEdgeError("too-large", `expected a blob of at most ${MAX_BLOB_BYTES} bytes, found ${bytes}`);
    verifyTree(this.cid, bytes, leaves);
    if (this.isOver) return;
    const tree = { cid: this.cid, bytes, leaves };
    const download = new Download(leaves.length, Math.random);
    this.#work = { tree, download, bytes: new Uint8Array(bytes) };
    for (const peer of this.#met) download.expect(peer);
    this.#ports.ready(this);
    this.#waitFor(search, download);
    this.#pump();
  }

  /** Never rejects: without a tracker there is still the relay. */
  async #search(): Promise<void> {
    try {
      await this.#ports.search?.(this);
    } catch {
      // The relay's socket is away; its next chunk searches again.
    }
  }

  #searchAgain(download: Download): void {
    if (!this.#isSearching) this.#waitFor(this.#search(), download);
  }

  #waitFor(search: Promise<void>, download: Download): void {
    if (!this.#ports.search) return;
    this.#isSearching = true;
    download.searching();
    search.then(() => {
      this.#isSearching = false;
      download.searched();
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#work || this.isOver) return;
    const { download } = this.#work;
    const asks = download.next();
    for (const { source, index } of asks)
      if (source.type === "relay") this.#askRelay(index);
      else this.#ports.want(source.id, this.cid, index, chunkOf(this.#work.bytes, index));
    if (asks.some(({ source }) => source.type === "relay")) this.#ports.asking(this);
    if (download.isHoldingBack) this.#waitPatiently(download);
    if (!download.isStuck) return;
    const message = `expected ${this.cid} from the relay or a peer, found neither able to send it`;
    this.#fail(new SuperEdgeError("not-found", message, { cause: this.#lastRelayError }));
  }

  async #askRelay(index: number): Promise<void> {
    const { tree, download, bytes } = this.#work!;
    const source: Source = { type: "relay" };
    try {
      const chunk = await this.#ports.origin.chunk(this.cid, index, this.#abort.signal);
      await verifyChunk(tree, index, chunk);
      bytes.set(chunk, index * CHUNK_BYTES);
    } catch (error) {
      this.#lastRelayError = error;
      download.failed(source, index);
      return this.#pump();
    }
    this.#took(source, index, chunkBytes(tree.bytes, index), false);
  }

  #took(source: Source, index: number, bytes: number, isSlow: boolean): void {
    const { tree, download, bytes: blob } = this.#work!;
    download.took(source, index, isSlow);
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.isOver) return;
    this.#ports.grown(this, source, bytes);
    if (download.held.isFull) return this.#settle.resolve({ tree, bytes: blob });
    // Others may have begun since: the more of them, the less the relay has to send.
    if (source.type === "relay") this.#searchAgain(download);
    this.#pump();
  }

  #fail(error: unknown): void {
    clearTimeout(this.#patience);
    this.#settle.reject(error);
    this.#abort.abort(error);
  }

  /** Runs from one verified chunk to the next, whatever peers promise between. */
  #waitPatiently(download: Download): void {
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      if (!download.isHoldingBack) return;
      download.losePatience();
      this.#pump();
    }, this.#ports.limits.patienceMs);
  }
}
