// A binary heap of moments at which something may have run out. An entry is a reminder, not a fact: whoever is woken
// looks at the task itself, so nothing need be removed when a task moves on.
import type { Task } from "./state.ts";

export class Deadlines {
  #heap: { atMs: number; task: Task }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, task: Task): void {
    const heap = this.#heap;
    let i = heap.push({ atMs, task }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.atMs <= heap[i]!.atMs) break;
      [heap[parent], heap[i]] = [heap[i]!, heap[parent]!];
      i = parent;
    }
  }

  /** Removes and returns one entry that is due, or undefined. */
  due(nowMs: number): Task | undefined {
    const heap = this.#heap;
    const top = heap[0];
    if (!top || top.atMs > nowMs) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        const left = 2 * i + 1;
        const right = left + 1;
        let least = i;
        if (left < heap.length && heap[left]!.atMs < heap[least]!.atMs) least = left;
        if (right < heap.length && heap[right]!.atMs < heap[least]!.atMs) least = right;
        if (least === i) break;
        [heap[least], heap[i]] = [heap[i]!, heap[least]!];
        i = least;
      }
    }
    return top.task;
  }
}
