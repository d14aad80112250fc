// A job's open tasks by position. Positions come and go in order, so pages of an array serve better than a hash table: no
// hashing, no growing of one huge table, and a page goes when its last task has gone.
import type { Task } from "./state.ts";

const PAGE_TASKS = 256;

interface Page {
  tasks: (Task | undefined)[];
  count: number;
}

export class OpenTasks {
  readonly #pages: (Page | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(position: number): Task | undefined {
    return this.#pages[position >>> 8]?.tasks[position & (PAGE_TASKS - 1)];
  }

  set(position: number, task: Task): void {
    let page = this.#pages[position >>> 8];
    if (!page) {
      page = { tasks: new Array<Task | undefined>(PAGE_TASKS).fill(undefined), count: 0 };
      while (this.#pages.length < position >>> 8) this.#pages.push(undefined);
      this.#pages[position >>> 8] = page;
    }
    if (!page.tasks[position & (PAGE_TASKS - 1)]) {
      page.count++;
      this.#size++;
    }
    page.tasks[position & (PAGE_TASKS - 1)] = task;
  }

  delete(position: number): void {
    const page = this.#pages[position >>> 8];
    if (!page?.tasks[position & (PAGE_TASKS - 1)]) return;
    page.tasks[position & (PAGE_TASKS - 1)] = undefined;
    this.#size--;
    if (--page.count === 0) this.#pages[position >>> 8] = undefined;
  }

  *values(): Generator<Task> {
    for (const page of this.#pages) {
      if (!page) continue;
      for (const task of page.tasks) if (task) yield task;
    }
  }
}
