// Stride scheduling (Waldspurger and Weihl, 1995) at two levels: whoever has been served least comes first, first among
// requesters, then among a requester's jobs. Shares are equal. A pass is work handed out, in milliseconds of volunteers'
// time, and only ever grows.
import type { Address } from "../../protocol/ids.ts";
import type { Job } from "./state.ts";

export interface Requester {
  address: Address;
  pass: number;
}

interface Passing {
  readonly pass: number;
}

/**
 * A heap whose items' passes may have grown since they were put in: an item that comes up with an old pass sinks to its
 * place and the next is looked at. Each growth is paid for at most once, so choosing costs O(log n), amortised.
 */
export class Turns<T extends Passing> {
  readonly #items: T[] = [];
  readonly #passes: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const { pass } = item;
    let i = this.#items.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#passes[parent]! <= pass) break;
      this.#items[i] = this.#items[parent]!;
      this.#passes[i] = this.#passes[parent]!;
      i = parent;
    }
    this.#items[i] = item;
    this.#passes[i] = pass;
  }

  /** The least served. */
  first(): T | undefined {
    for (;;) {
      const item = this.#items[0];
      if (!item || item.pass === this.#passes[0]) return item;
      this.#sink(item);
    }
  }

  /** Removes and returns the least served. */
  take(): T | undefined {
    const first = this.first();
    if (!first) return undefined;
    const last = this.#items.pop()!;
    this.#passes.pop();
    if (this.#items.length > 0) this.#sink(last);
    return first;
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#items;
  }

  /** Puts `item` where the top is, at its present pass, and down from there. */
  #sink(item: T): void {
    const items = this.#items;
    const passes = this.#passes;
    const { pass } = item;
    let i = 0;
    for (;;) {
      let least = 2 * i + 1;
      if (least >= items.length) break;
      if (least + 1 < items.length && passes[least + 1]! < passes[least]!) least++;
      if (passes[least]! >= pass) break;
      items[i] = items[least]!;
      passes[i] = passes[least]!;
      i = least;
    }
    items[i] = item;
    passes[i] = pass;
  }
}

/** A requester's jobs within some offers. */
export class Line {
  readonly requester: Requester;
  readonly jobs = new Turns<Job>();

  constructor(requester: Requester) {
    this.requester = requester;
  }

  get pass(): number {
    return this.requester.pass;
  }
}

/** Jobs that may have something for one cluster of workers, in the order of their turns. */
export class Offers {
  readonly #lines = new Map<Requester, Line>();
  readonly #turns = new Turns<Line>();

  /** Running jobs in it. */
  size = 0;

  /** The job must not be in it. */
  add(job: Job): void {
    this.size++;
    const { requester } = job.dispatch;
    let line = this.#lines.get(requester);
    if (!line) {
      line = new Line(requester);
      this.#lines.set(requester, line);
      this.#turns.push(line);
    }
    line.jobs.push(job);
  }

  lineOf(requester: Requester): Line | undefined {
    return this.#lines.get(requester);
  }

  /** The line whose turn it is; lines that have become empty go. */
  first(): Line | undefined {
    for (;;) {
      const line = this.#turns.first();
      if (!line || line.jobs.size > 0) return line;
      this.#turns.take();
      this.#lines.delete(line.requester);
    }
  }

  /** Removes the job whose turn it is in the line. */
  drop(line: Line): void {
    if (line.jobs.take()?.state === "running") this.size--;
  }

  /** Takes the first line out of turn; it must be given back. */
  setAside(): Line {
    return this.#turns.take()!;
  }

  giveBack(line: Line): void {
    this.#turns.push(line);
  }
}

/** Newcomers start level with the least served, or they would hold the pool until they had caught up. */
export function levelWithLeast(others: Iterable<Passing>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { pass } of others) least = Math.min(least, pass);
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}
