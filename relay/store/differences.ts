// Where the outputs of disputed tasks first differ.
import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../../protocol/ids.ts";

export interface DifferenceRow {
  task: number;
  /** Of the job. */
  item: number;
  /** Where in the item the bytes begin. */
  offsetBytes: number;
  workers: { worker: Address; bytesHex: string }[];
}

export class DifferenceTable {
  readonly #put;
  readonly #has;
  readonly #of;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      "insert or replace into difference(job, task, item, offsetBytes, workers) values(?, ?, ?, ?, ?)",
    );
    this.#has = db.prepare("select 1 from difference where job = ? and task = ?");
    this.#of = db.prepare("select * from difference where job = ? and task >= ? and task < ?");
  }

  put(job: number, { task, item, offsetBytes, workers }: DifferenceRow): void {
    this.#put.run(job, task, item, offsetBytes, JSON.stringify(workers));
  }

  has(job: number, task: number): boolean {
    return this.#has.get(job, task) !== undefined;
  }

  /** Of tasks `from` to `end - 1`, by task. */
  of(job: number, from: number, end: number): Map<number, DifferenceRow> {
    const rows = this.#of.all(job, from, end) as unknown as (Omit<DifferenceRow, "workers"> & { workers: string })[];
    return new Map(
      rows.map((row) => [row.task, { ...row, workers: JSON.parse(row.workers) as DifferenceRow["workers"] }]),
    );
  }
}
