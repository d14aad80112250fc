// Commit batches and what became of each task in them.
import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../../protocol/ids.ts";
import { CONTRIBUTION } from "./open.ts";

export interface BatchRow {
  worker: number;
  sequence: number;
  root: Uint8Array;
  count: number;
  signature: Uint8Array;
  /** 32 bytes each, in the order of the batch. */
  commitments: Uint8Array;
  ack: Uint8Array;
  atMs: number;
}

export interface ContributionRow {
  job: number;
  task: number;
  worker: number;
  owner: Address;
  beneficiary: Address;
  subnet: string;
  score: number;
  sequence: number;
  position: number;
  commitment: Uint8Array;
  state: number;
  digest: Uint8Array | null;
  salt: Uint8Array | null;
  output: Uint8Array | null;
  cohort: string;
  numericClass: string;
  /** The worker's standing when it committed (see scheduler/credibility.ts). */
  checksAt: number;
  historyAt: number;
  failuresAt: number;
}

export class ContributionTable {
  readonly #insertBatch;
  readonly #batch;
  readonly #insert;
  readonly #reveal;
  readonly #decide;
  readonly #close;
  readonly #ofTask;
  readonly #open;
  readonly #count;
  readonly #rejected;
  readonly #output;
  readonly #acquit;

  constructor(db: DatabaseSync) {
    this.#insertBatch = db.prepare(
      "insert into batch(worker, sequence, root, count, signature, commitments, ack, atMs) values(?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#batch = db.prepare("select * from batch where worker = ? and sequence = ?");
    // A worker whose earlier contribution to the task lapsed may try again.
    this.#insert = db.prepare(
      `insert or replace into contribution(job, task, worker, owner, beneficiary, subnet, score, sequence, position, commitment,
         cohort, numericClass, checksAt, historyAt, failuresAt, state)
       values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${CONTRIBUTION.committed})`,
    );
    this.#reveal = db.prepare(
      `update contribution set state = ${CONTRIBUTION.revealed}, digest = ?, salt = ?, output = ? where job = ? and task = ? and worker = ?`,
    );
    this.#decide = db.prepare(
      "update contribution set state = ?, digest = ?, salt = ? where job = ? and task = ? and worker = ?",
    );
    this.#close = db.prepare(
      "update contribution set state = ?, output = null where job = ? and task = ? and worker = ?",
    );
    this.#ofTask = db.prepare("select * from contribution where job = ? and task = ? order by worker");
    this.#open = db.prepare(
      `select * from contribution where job = ? and state in (${CONTRIBUTION.committed}, ${CONTRIBUTION.revealed})`,
    );
    this.#acquit = db.prepare(
      `update contribution set state = ${CONTRIBUTION.lapsed} where job = ? and state = ${CONTRIBUTION.rejected}
       and task in (select task from certified c where c.job = contribution.job and c.epoch is null)`,
    );
    this.#output = db.prepare("select output from contribution where job = ? and task = ? and worker = ?");
    this.#rejected = db.prepare(
      `select worker, count(*) as count from contribution where job = ? and state = ${CONTRIBUTION.rejected} group by worker`,
    );
    this.#count = db.prepare("select count(*) as n from contribution where job = ?");
  }

  insertBatch(b: BatchRow): void {
    this.#insertBatch.run(b.worker, b.sequence, b.root, b.count, b.signature, b.commitments, b.ack, b.atMs);
  }

  batch(worker: number, sequence: number): BatchRow | undefined {
    return this.#batch.get(worker, sequence) as unknown as BatchRow | undefined;
  }

  insert(c: Omit<ContributionRow, "state" | "digest" | "salt" | "output">): void {
    this.#insert.run(
      c.job,
      c.task,
      c.worker,
      c.owner,
      c.beneficiary,
      c.subnet,
      c.score,
      c.sequence,
      c.position,
      c.commitment,
      c.cohort,
      c.numericClass,
      c.checksAt,
      c.historyAt,
      c.failuresAt,
    );
  }

  reveal(c: Pick<ContributionRow, "job" | "task" | "worker" | "digest" | "salt" | "output">): void {
    this.#reveal.run(c.digest, c.salt, c.output, c.job, c.task, c.worker);
  }

  /** Revealed and decided at once: `state` is agreed or rejected. */
  decide(job: number, task: number, worker: number, state: number, digest: Uint8Array, salt: Uint8Array): void {
    this.#decide.run(state, digest, salt, job, task, worker);
  }

  /** `state` is agreed, rejected or lapsed; the output, if it was kept, is dropped. */
  close(job: number, task: number, worker: number, state: number): void {
    this.#close.run(state, job, task, worker);
  }

  ofTask(job: number, task: number): ContributionRow[] {
    return this.#ofTask.all(job, task) as unknown as ContributionRow[];
  }

  /** Committed or revealed, of tasks not yet certified. */
  open(job: number): ContributionRow[] {
    return this.#open.all(job) as unknown as ContributionRow[];
  }

  /** Nobody was wrong in this job: what no epoch holds yet will not be held against anybody. */
  acquit(job: number): void {
    this.#acquit.run(job);
  }

  /** Of a revealed contribution to a task not yet certified, if it came inside the reveal. */
  output(job: number, task: number, worker: number): Uint8Array | null {
    const row = this.#output.get(job, task, worker) as { output: Uint8Array | null } | undefined;
    return row?.output ?? null;
  }

  /** How often each worker's results of a job were found wrong. */
  rejected(job: number): { worker: number; count: number }[] {
    return this.#rejected.all(job) as { worker: number; count: number }[];
  }

  count(job: number): number {
    return (this.#count.get(job) as { n: number }).n;
  }
}
