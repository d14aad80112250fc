// The tasks a worker holds leases for: two batches at most, so that an array does what a set would for a tenth of the
// memory and time. Workers finish in the order in which they were given, and so the search ends early.
import type { Task } from "./state.ts";

export class Leased {
  #tasks: Task[] = [];

  get size(): number {
    return this.#tasks.length;
  }

  /** The task is not in it. */
  add(task: Task): void {
    this.#tasks.push(task);
  }

  addAll(tasks: readonly Task[]): void {
    this.#tasks = this.#tasks.length === 0 ? tasks.slice() : this.#tasks.concat(tasks);
  }

  delete(task: Task): void {
    const at = this.#tasks.indexOf(task);
    if (at === 0 && this.#tasks.length === 1) this.#tasks = [];
    else if (at >= 0) this.#tasks.splice(at, 1);
  }

  [Symbol.iterator](): ArrayIterator<Task> {
    return this.#tasks[Symbol.iterator]();
  }
}
