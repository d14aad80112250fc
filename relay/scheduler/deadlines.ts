// Moments at which something of a task may have run out. An entry is a reminder, not a fact: whoever is woken looks at
// the task itself, so nothing need be removed when a task moves on.
import type { Task } from "./state.ts";
import { Wheel } from "./wheel.ts";

export class Deadlines {
  /** A lease is one entry, however many tasks it has. */
  readonly #wheel = new Wheel<Task | readonly Task[]>();
  #lease: readonly Task[] = [];
  #taken = 0;

  get size(): number {
    return this.#wheel.size;
  }

  add(atMs: number, what: Task | readonly Task[]): void {
    this.#wheel.add(atMs, what);
  }

  /** Removes and returns one task that is due, or undefined. */
  due(nowMs: number): Task | undefined {
    while (this.#taken === this.#lease.length) {
      const what = this.#wheel.due(nowMs);
      if (!what) return undefined;
      if (!Array.isArray(what)) return what as Task;
      this.#lease = what;
      this.#taken = 0;
    }
    return this.#lease[this.#taken++];
  }
}
