// What opened a commitment, until its task is decided and both are written in one stroke. A reveal alone is told to
// nobody, and after a crash it is asked for again; if its task has to wait, it is written by itself all the same.
import type { Memory } from "./memory.ts";
import type { Contribution, Task } from "./scheduler/state.ts";
import type { Store } from "./store/store.ts";

/** What a worker has committed to, 32 bytes each. */
export interface Opening {
  digest: Uint8Array;
  salt: Uint8Array;
}

export class Reveals {
  readonly #store: Store;
  readonly #memory: Memory;
  readonly #shown = new WeakMap<Contribution, Opening>();

  constructor(store: Store, memory: Memory) {
    this.#store = store;
    this.#memory = memory;
  }

  /** The caller has checked that it opens the contribution's commitment. */
  note(contribution: Contribution, { digest, salt }: Opening): void {
    this.#shown.set(contribution, { digest, salt });
  }

  /** Undefined if nothing is revealed yet, or it is written already. */
  of(contribution: Contribution): Opening | undefined {
    return this.#shown.get(contribution);
  }

  /** The task waits for something else: what its workers have shown must outlive a crash, for they may be gone by then. */
  keep(task: Task): void {
    const { context, index } = this.#memory.placeOf(task);
    for (const c of task.contributions) {
      const shown = this.#shown.get(c);
      if (!shown) continue;
      this.#shown.delete(c);
      const worker = this.#memory.workers.get(c.worker)!.n;
      const output = task.check ? null : (c.output ?? null);
      const reveal = { job: context.row.n, task: index, worker, ...shown, output };
      this.#store.group.write(() => this.#store.contributions.reveal(reveal));
    }
  }
}
