// A binary heap of entries ordered by a number, least first, from which any entry can be removed.
export class Heap<T extends object> {
  readonly #entries: T[] = [];
  readonly #places = new Map<T, number>();
  readonly #key: (entry: T) => number;

  constructor(key: (entry: T) => number) {
    this.#key = key;
  }

  get size(): number {
    return this.#entries.length;
  }

  get first(): T | undefined {
    return this.#entries[0];
  }

  /** One of the greater half; the newest if keys only grow. There is one. */
  get last(): T {
    return this.#entries[this.#entries.length - 1]!;
  }

  /** Any entry, by a place that means nothing. */
  at(place: number): T {
    return this.#entries[place]!;
  }

  push(entry: T): void {
    this.#entries.push(entry);
    this.#up(entry, this.#entries.length - 1);
  }

  delete(entry: T): void {
    const place = this.#places.get(entry);
    if (place === undefined) return;
    this.#places.delete(entry);
    const moved = this.#entries.pop()!;
    if (moved === entry) return;
    this.#up(moved, place);
    this.#down(moved, this.#places.get(moved)!);
  }

  #put(entry: T, place: number): void {
    this.#entries[place] = entry;
    this.#places.set(entry, place);
  }

  #up(entry: T, place: number): void {
    const key = this.#key(entry);
    let at = place;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#entries[above]!;
      if (this.#key(parent) <= key) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(entry, at);
  }

  #down(entry: T, place: number): void {
    const key = this.#key(entry);
    let at = place;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#entries.length) break;
      if (below + 1 < this.#entries.length && this.#key(this.#entries[below + 1]!) < this.#key(this.#entries[below]!))
        below++;
      const child = this.#entries[below]!;
      if (this.#key(child) >= key) break;
      this.#put(child, at);
      at = below;
    }
    this.#put(entry, at);
  }
}
