// A hierarchical timing wheel (Varghese and Lauck, SOSP 1987): adding and taking cost the same however many entries wait.
//
//   level 0: 256 slots of 10 ms    level 1: 256 of 2.56 s    level 2: 256 of 11 min    level 3: 46 h each    …
//
// An entry lies in the slot of the highest level at which its time still differs from the present. When the present
// reaches a slot of a higher level, its entries move down. Nothing comes early, and nothing later than one slot of
// level 0 after its time.

/** Milliseconds. */
export const GRAIN_MS = 10;
const SLOTS = 256;
/** 256^5 grains are 350 years: times counted from 1970 fit. */
const LEVELS = 5;

interface Slot<T> {
  ticks: number[];
  items: T[];
}

export class Wheel<T> {
  /** Every tick up to this one has passed. */
  #tick = 0;
  #size = 0;
  readonly #counts = new Array<number>(LEVELS).fill(0);
  readonly #slots: (Slot<T> | undefined)[] = new Array(LEVELS * SLOTS);
  #ripe: T[] = [];
  #taken = 0;

  get size(): number {
    return this.#size + this.#ripe.length - this.#taken;
  }

  add(atMs: number, item: T): void {
    this.#size++;
    this.#insert(Math.max(this.#tick + 1, Math.ceil(atMs / GRAIN_MS)), item);
  }

  /** Removes and returns one item whose time has come, or undefined. */
  due(nowMs: number): T | undefined {
    const now = Math.floor(nowMs / GRAIN_MS);
    while (this.#taken === this.#ripe.length) {
      if (this.#tick >= now) return undefined;
      this.#advance(now);
    }
    const item = this.#ripe[this.#taken++]!;
    if (this.#taken === this.#ripe.length) {
      this.#ripe = [];
      this.#taken = 0;
    }
    return item;
  }

  #insert(tick: number, item: T): void {
    let level = 0;
    let span = SLOTS;
    // The highest level at which the time is in another slot than the present.
    while (level < LEVELS - 1 && Math.floor(tick / span) !== Math.floor(this.#tick / span)) {
      level++;
      span *= SLOTS;
    }
    const place = level * SLOTS + (Math.floor((tick * SLOTS) / span) % SLOTS);
    let slot = this.#slots[place];
    if (!slot) {
      slot = { ticks: [], items: [] };
      this.#slots[place] = slot;
    }
    slot.ticks.push(tick);
    slot.items.push(item);
    this.#counts[level]!++;
  }

  /** Moves on to the next tick at which anything can be, at most to `now`. */
  #advance(now: number): void {
    if (this.#size === 0) {
      this.#tick = now;
      return;
    }
    // Below the lowest level that holds anything there is nothing to meet until its next slot begins.
    let step = 1;
    for (let level = 0; level < LEVELS && this.#counts[level] === 0; level++) step *= SLOTS;
    const next = (Math.floor(this.#tick / step) + 1) * step;
    if (next > now) {
      this.#tick = now;
      return;
    }
    this.#tick = next;
    for (let level = LEVELS - 1, span = SLOTS ** level; level > 0; level--, span /= SLOTS)
      if (next % span === 0) this.#moveDown(level, Math.floor(next / span) % SLOTS);
    const slot = this.#take(0, next % SLOTS);
    if (!slot) return;
    this.#ripe = slot.items;
    this.#taken = 0;
    this.#size -= slot.items.length;
  }

  #moveDown(level: number, index: number): void {
    const slot = this.#take(level, index);
    if (slot) for (let i = 0; i < slot.items.length; i++) this.#insert(slot.ticks[i]!, slot.items[i]!);
  }

  #take(level: number, index: number): Slot<T> | undefined {
    const place = level * SLOTS + index;
    const slot = this.#slots[place];
    if (!slot) return undefined;
    this.#slots[place] = undefined;
    this.#counts[level]! -= slot.items.length;
    return slot;
  }
}
