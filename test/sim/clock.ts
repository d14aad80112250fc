// What will happen, in order of time: a heap with four children a node, in typed arrays, so that millions of pending
// events cost 24 bytes each and no garbage. Events of the same moment come in the order in which they were added.

const CHILDREN = 4;

export class Clock {
  /** Of the event taken last. */
  nowMs = 0;
  kind = 0;
  who = 0;
  /** Whatever the kind of event needs. */
  data = 0;

  #size = 0;
  #added = 0;
  #at = new Float64Array(1024);
  #order = new Uint32Array(1024);
  #kind = new Uint8Array(1024);
  #who = new Int32Array(1024);
  #data = new Int32Array(1024);

  get size(): number {
    return this.#size;
  }

  /** An event of the past happens now. */
  add(atMs: number, kind: number, who: number, data: number): void {
    if (this.#size === this.#at.length) this.#grow();
    const order = this.#added++;
    let i = this.#size++;
    const at = Math.max(atMs, this.nowMs);
    while (i > 0) {
      const parent = ((i - 1) / CHILDREN) | 0;
      const parentAt = this.#at[parent]!;
      if (parentAt < at || (parentAt === at && this.#order[parent]! < order)) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#put(i, at, order, kind, who, data);
  }

  /** Takes the earliest event, or says that there is none. */
  next(): boolean {
    if (this.#size === 0) return false;
    this.nowMs = this.#at[0]!;
    this.kind = this.#kind[0]!;
    this.who = this.#who[0]!;
    this.data = this.#data[0]!;
    const last = --this.#size;
    const at = this.#at[last]!;
    const order = this.#order[last]!;
    let i = 0;
    for (;;) {
      const first = CHILDREN * i + 1;
      if (first >= last) break;
      let least = first;
      const end = Math.min(first + CHILDREN, last);
      for (let child = first + 1; child < end; child++) if (this.#before(child, least)) least = child;
      const leastAt = this.#at[least]!;
      if (leastAt > at || (leastAt === at && this.#order[least]! > order)) break;
      this.#move(least, i);
      i = least;
    }
    this.#put(i, at, order, this.#kind[last]!, this.#who[last]!, this.#data[last]!);
    return true;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#at[a]! - this.#at[b]!;
    return difference < 0 || (difference === 0 && this.#order[a]! < this.#order[b]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from]!, this.#order[from]!, this.#kind[from]!, this.#who[from]!, this.#data[from]!);
  }

  #put(i: number, at: number, order: number, kind: number, who: number, data: number): void {
    this.#at[i] = at;
    this.#order[i] = order;
    this.#kind[i] = kind;
    this.#who[i] = who;
    this.#data[i] = data;
  }

  #grow(): void {
    const capacity = 2 * this.#at.length;
    const copy = <A extends { set(from: A): void }>(to: A, from: A): A => {
      to.set(from);
      return to;
    };
    this.#at = copy(new Float64Array(capacity), this.#at);
    this.#order = copy(new Uint32Array(capacity), this.#order);
    this.#kind = copy(new Uint8Array(capacity), this.#kind);
    this.#who = copy(new Int32Array(capacity), this.#who);
    this.#data = copy(new Int32Array(capacity), this.#data);
  }
}
