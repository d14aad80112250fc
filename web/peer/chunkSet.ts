// Which chunks of a blob: one bit each, the first chunk the lowest bit of the first byte.
import { SuperEdgeError } from "../../protocol/errors.ts";

export class ChunkSet {
  /** Chunks of the blob, held or not. */
  readonly count: number;
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(count: number) {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  /** Nothing stands for the empty set. Throws `bad-message` unless the bits are those of a blob of `count` chunks. */
  static fromBits(count: number, bits: Uint8Array): ChunkSet {
    const set = new ChunkSet(count);
    if (bits.length !== 0 && bits.length !== set.#bits.length)
      throw new SuperEdgeError("bad-message", `expected a set of ${count} chunks, found ${bits.length} bytes`);
    for (let index = 0; index < bits.length * 8; index++)
      if ((bits[index >> 3]! >> (index & 7)) & 1) {
        if (index >= count)
          throw new SuperEdgeError("bad-message", `expected chunks below ${count}, found number ${index}`);
        set.add(index);
      }
    return set;
  }

  static full(count: number): ChunkSet {
    const set = new ChunkSet(count);
    for (let index = 0; index < count; index++) set.add(index);
    return set;
  }

  /** How many chunks are in the set. */
  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.count;
  }

  has(index: number): boolean {
    return index < this.count && ((this.#bits[index >> 3]! >> (index & 7)) & 1) === 1;
  }

  add(index: number): void {
    if (this.has(index)) return;
    this.#bits[index >> 3]! |= 1 << (index & 7);
    this.#size++;
  }

  toBits(): Uint8Array {
    return this.#bits.slice();
  }
}
