import type { DatabaseSync } from "node:sqlite";
import { type Bytes32, fromHex, hex32 } from "../../protocol/ids.ts";

/** A spot check that somebody committed to: number `number` of an audit deal, which asks for task `task` of its job. */
export interface SpotRow {
  job: number;
  number: number;
  task: number;
  digest: Bytes32;
  self: boolean;
}

export class SpotTable {
  readonly #insert;
  readonly #of;
  readonly #next;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("insert or replace into spot(job, number, task, digest, self) values(?, ?, ?, ?, ?)");
    this.#of = db.prepare("select * from spot where job = ? order by number");
    this.#next = db.prepare("select coalesce(max(number) + 1, 0) as next from spot where job = ?");
  }

  insert({ job, number, task, digest, self }: SpotRow): void {
    this.#insert.run(job, number, task, fromHex(digest), self ? 1 : 0);
  }

  of(job: number): SpotRow[] {
    const rows = this.#of.all(job) as { job: number; number: number; task: number; digest: Uint8Array; self: number }[];
    return rows.map((row) => ({ ...row, digest: hex32(row.digest), self: row.self !== 0 }));
  }

  /** The first number that was never committed to. */
  next(job: number): number {
    return (this.#next.get(job) as { next: number }).next;
  }
}
