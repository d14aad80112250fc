// A double-ended queue of task numbers in a ring of 32-bit words: 4 to 16 bytes a waiting task, nothing on the heap.

const SMALLEST = 8;

export class Ring {
  #slots = new Uint32Array(SMALLEST);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): number | undefined {
    return this.#size > 0 ? this.#slots[this.#head] : undefined;
  }

  pushBack(index: number): void {
    if (this.#size === this.#slots.length) this.#resize(2 * this.#size);
    this.#slots[(this.#head + this.#size++) & (this.#slots.length - 1)] = index;
  }

  pushFront(index: number): void {
    if (this.#size === this.#slots.length) this.#resize(2 * this.#size);
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = index;
    this.#size++;
  }

  popFront(): number | undefined {
    if (this.#size === 0) return undefined;
    const index = this.#slots[this.#head]!;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    // A quarter full: halved, so that a queue which was once long does not keep its memory, nor is resized at every step.
    if (this.#slots.length > SMALLEST && 4 * this.#size < this.#slots.length) this.#resize(this.#slots.length / 2);
    return index;
  }

  clear(): void {
    this.#slots = new Uint32Array(SMALLEST);
    this.#head = 0;
    this.#size = 0;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.#size; i++) yield this.#slots[(this.#head + i) & (this.#slots.length - 1)]!;
  }

  /** `length` is a power of two. */
  #resize(length: number): void {
    const slots = new Uint32Array(length);
    const untilEnd = Math.min(this.#size, this.#slots.length - this.#head);
    slots.set(this.#slots.subarray(this.#head, this.#head + untilEnd));
    slots.set(this.#slots.subarray(0, this.#size - untilEnd), untilEnd);
    this.#slots = slots;
    this.#head = 0;
  }
}
