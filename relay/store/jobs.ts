import type { DatabaseSync } from "node:sqlite";
import type { JobSpec, JobState } from "../../protocol/api.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Address, JobId } from "../../protocol/ids.ts";
import type { PromiseRow } from "./promises.ts";

/** A job as stored. `n` is its number in this store. */
export interface JobRow {
  n: number;
  id: JobId;
  title: string;
  spec: JobSpec;
  requester: Address;
  priceWei: bigint;
  /** What app and dataset cost, of that. */
  assetsWei: bigint;
  feeBps: number;
  state: JobState;
  error?: { code: ErrorCode; message: string } | undefined;
  /** 32 random bytes from which the nonces of its tasks are made. */
  secret: Uint8Array;
  createdMs: number;
  finishedMs?: number | undefined;
  mismatches: number;
  /** It is no requester's job but pays for spot checks of the job with this number. */
  auditOf?: number | undefined;
  /** Of the reference machine, in certified tasks; counted if the job names a category. */
  spentSeconds: number;
  /** Of a job with a deadline: what the pool said to it. Kept in a table of its own. */
  promise?: PromiseRow | undefined;
}

interface Raw {
  n: number;
  id: string;
  title: string;
  spec: string;
  requester: string;
  priceWei: string;
  assetsWei: string;
  feeBps: number;
  state: string;
  error: string | null;
  secret: Uint8Array;
  createdMs: number;
  finishedMs: number | null;
  mismatches: number;
  auditOf: number | null;
  spentSeconds: number;
}

const fromRaw = (raw: Raw): JobRow => ({
  ...raw,
  id: raw.id as JobId,
  spec: JSON.parse(raw.spec) as JobSpec,
  requester: raw.requester as Address,
  priceWei: BigInt(raw.priceWei),
  assetsWei: BigInt(raw.assetsWei),
  state: raw.state as JobState,
  error: raw.error ? (JSON.parse(raw.error) as JobRow["error"]) : undefined,
  finishedMs: raw.finishedMs ?? undefined,
  auditOf: raw.auditOf ?? undefined,
});

export class JobTable {
  readonly #insert;
  readonly #finish;
  readonly #mismatch;
  readonly #spend;
  readonly #all;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      "insert into job(id, title, spec, requester, priceWei, assetsWei, feeBps, state, secret, createdMs, auditOf) values(?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?)",
    );
    this.#finish = db.prepare("update job set state = ?, error = ?, finishedMs = ? where n = ?");
    this.#mismatch = db.prepare("update job set mismatches = mismatches + 1 where n = ?");
    this.#spend = db.prepare("update job set spentSeconds = ? where n = ?");
    this.#all = db.prepare("select * from job order by n");
  }

  all(): JobRow[] {
    return (this.#all.all() as unknown as Raw[]).map(fromRaw);
  }

  insert(job: Omit<JobRow, "n" | "state" | "error" | "finishedMs" | "mismatches" | "spentSeconds">): number {
    const { lastInsertRowid } = this.#insert.run(
      job.id,
      job.title,
      JSON.stringify(job.spec),
      job.requester,
      String(job.priceWei),
      String(job.assetsWei),
      job.feeBps,
      job.secret,
      job.createdMs,
      job.auditOf ?? null,
    );
    return Number(lastInsertRowid);
  }

  finish(n: number, state: JobState, error: JobRow["error"] | undefined, atMs: number): void {
    this.#finish.run(state, error ? JSON.stringify(error) : null, atMs, n);
  }

  setSpent(n: number, spentSeconds: number): void {
    this.#spend.run(spentSeconds, n);
  }

  countMismatch(n: number): void {
    this.#mismatch.run(n);
  }
}
