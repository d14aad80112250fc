// A job's open tasks by index. Indices come and go in order, so pages of an array serve better than a hash table: no
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

  get(index: number): Task | undefined {
    return this.#pages[index >>> 8]?.tasks[index & (PAGE_TASKS - 1)];
  }

  set(index: number, task: Task): void {
    let page = this.#pages[index >>> 8];
    if (!page) {
      page = { tasks: new Array<Task | undefined>(PAGE_TASKS).fill(undefined), count: 0 };
      while (this.#pages.length < index >>> 8) this.#pages.push(undefined);
      this.#pages[index >>> 8] = page;
    }
    if (!page.tasks[index & (PAGE_TASKS - 1)]) {
      page.count++;
      this.#size++;
    }
    page.tasks[index & (PAGE_TASKS - 1)] = task;
  }

  delete(index: number): void {
    const page = this.#pages[index >>> 8];
    if (!page?.tasks[index & (PAGE_TASKS - 1)]) return;
    page.tasks[index & (PAGE_TASKS - 1)] = undefined;
    this.#size--;
    if (--page.count === 0) this.#pages[index >>> 8] = undefined;
  }

  *values(): Generator<Task> {
    for (const page of this.#pages) {
      if (!page) continue;
      for (const task of page.tasks) if (task) yield task;
    }
  }
}
