// What the pool said to a job's deadline when it took the job.
import type { DatabaseSync } from "node:sqlite";

export interface PromiseRow {
  granted: boolean;
  /** With which it expected to keep the deadline, 0..1. */
  probability: number;
}

export class PromiseTable {
  readonly #put;
  readonly #get;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare("insert or replace into promise(job, granted, probability) values(?, ?, ?)");
    this.#get = db.prepare("select granted, probability from promise where job = ?");
  }

  put(job: number, { granted, probability }: PromiseRow): void {
    this.#put.run(job, granted ? 1 : 0, probability);
  }

  get(job: number): PromiseRow | undefined {
    const raw = this.#get.get(job) as { granted: number; probability: number } | undefined;
    return raw && { granted: raw.granted !== 0, probability: raw.probability };
  }
}
