// Durable before acknowledged, at a price many can share: writes wait a moment for others, one transaction takes them
// all to the disk, and only then do the answers go out that depend on them.
import type { DatabaseSync } from "node:sqlite";

export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #onBroken: (error: unknown) => void;
  #writes: (() => void)[] = [];
  #answers: (() => void)[] = [];
  #scheduled = false;

  /** `onBroken`: the disk refused. Nothing may be acknowledged any more; the caller stops the program. */
  constructor(db: DatabaseSync, onBroken: (error: unknown) => void) {
    this.#db = db;
    this.#onBroken = onBroken;
  }

  write(statement: () => void): void {
    this.#writes.push(statement);
    this.#schedule();
  }

  /** Runs when everything written so far is on the disk. */
  afterwards(answer: () => void): void {
    this.#answers.push(answer);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the sockets that are readable now: their messages join this transaction.
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    const writes = this.#writes;
    const answers = this.#answers;
    this.#writes = [];
    this.#answers = [];
    if (writes.length > 0) {
      try {
        this.#db.exec("begin immediate");
        for (const write of writes) write();
        this.#db.exec("commit");
      } catch (error) {
        return this.#onBroken(error);
      }
    }
    for (const answer of answers) answer();
  }
}
