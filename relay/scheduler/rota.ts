// A set that is gone through a little at a time, for ever: every turn goes on where the last one ended.
export class Rota<T> {
  readonly #entries: T[] = [];
  readonly #places = new Map<T, number>();
  #next = 0;

  get size(): number {
    return this.#entries.length;
  }

  add(entry: T): void {
    if (this.#places.has(entry)) return;
    this.#places.set(entry, this.#entries.length);
    this.#entries.push(entry);
  }

  delete(entry: T): void {
    const place = this.#places.get(entry);
    if (place === undefined) return;
    this.#places.delete(entry);
    const last = this.#entries.pop()!;
    if (last === entry) return;
    this.#entries[place] = last;
    this.#places.set(last, place);
  }

  /** Whose turn it is; undefined if there is nobody. */
  next(): T | undefined {
    if (this.#next >= this.#entries.length) this.#next = 0;
    return this.#entries[this.#next++];
  }
}
