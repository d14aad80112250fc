import type { DatabaseSync } from "node:sqlite";
import type { Cid } from "../../protocol/ids.ts";

export interface CertifiedRow {
  /** Grows by one a certified task, over all jobs: the id of its event in a result stream. */
  seq: number;
  job: number;
  task: number;
  digest: Uint8Array;
  /** Inline up to 64 KiB; larger ones are blobs. */
  output: Uint8Array | null;
  outputCid: Cid | null;
  atMs: number;
  /** The epoch that settles it; null while none does, `UNPAID` if none ever will, `AT_ONCE` if none had to. */
  epoch: number | null;
  /** JSON of why it was believed (`Reason`); null in stores older than that. */
  belief: string | null;
}

/** The deal was closed before the task was settled. */
export const UNPAID = -1;
/** A contract asked for the task: it was settled by a transaction of its own. */
export const AT_ONCE = -2;

export class CertifiedTable {
  readonly #insert;
  readonly #one;
  readonly #summary;
  readonly #after;
  readonly #indices;
  readonly #unsettled;
  readonly #oldest;
  readonly #waiting;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      "insert into certified(job, task, digest, output, outputCid, atMs, belief) values(?, ?, ?, ?, ?, ?, ?)",
    );
    this.#one = db.prepare("select * from certified where job = ? and task = ?");
    this.#summary = db.prepare("select digest, epoch, belief from certified where job = ? and task = ?");
    this.#after = db.prepare("select * from certified where job = ? and seq > ? order by seq limit ?");
    this.#indices = db.prepare("select task from certified where job = ? order by task");
    this.#unsettled = db.prepare(
      "select job, task, digest from certified where epoch is null order by job, task limit ?",
    );
    this.#waiting = db.prepare("select 1 from certified where epoch is null and job = ? limit 1");
    this.#oldest = db.prepare("select min(atMs) as atMs from certified where epoch is null");
  }

  insert(row: Omit<CertifiedRow, "seq" | "epoch">): number {
    const { job, task, digest, output, outputCid, atMs, belief } = row;
    const { lastInsertRowid } = this.#insert.run(job, task, digest, output, outputCid, atMs, belief);
    return Number(lastInsertRowid);
  }

  get(job: number, task: number): CertifiedRow | undefined {
    return this.#one.get(job, task) as unknown as CertifiedRow | undefined;
  }

  /** The same without its output, which may have 64 KiB. */
  summary(job: number, task: number): Pick<CertifiedRow, "digest" | "epoch" | "belief"> | undefined {
    return this.#summary.get(job, task) as unknown as CertifiedRow | undefined;
  }

  after(job: number, seq: number, limit: number): CertifiedRow[] {
    return this.#after.all(job, seq, limit) as unknown as CertifiedRow[];
  }

  indices(job: number): number[] {
    return (this.#indices.all(job) as { task: number }[]).map((row) => row.task);
  }

  /** Without outputs: they may have 64 KiB each, and an epoch has thousands of tasks. */
  unsettled(limit: number): Pick<CertifiedRow, "job" | "task" | "digest">[] {
    return this.#unsettled.all(limit) as unknown as CertifiedRow[];
  }

  /** Whether some certified task of the job waits for its epoch. */
  hasUnsettled(job: number): boolean {
    return this.#waiting.get(job) !== undefined;
  }

  /** When the unsettled task that has waited longest was certified; undefined if none waits. */
  oldestUnsettledMs(): number | undefined {
    return (this.#oldest.get() as { atMs: number | null }).atMs ?? undefined;
  }
}
