// What the settler remembers: epochs with their data, which task and batch is in which, the ledger, and every transaction
// before it is sent. Its tables live in the relay's own database file.
import type { DatabaseSync } from "node:sqlite";
import type { DealSummary, EpochHeader, EpochRoots, SettledTask, SumTreeRoot } from "../../protocol/epoch.ts";
import type { Epoch } from "../../protocol/epochBuild.ts";
import { invariant } from "../../protocol/errors.ts";
import type { Address, Bytes32, Hex } from "../../protocol/ids.ts";
import type { Ledger } from "../../protocol/ledger.ts";
import type { Sum } from "../../protocol/sumTree.ts";
import { fromJson, toJson } from "../store/bigJson.ts";

/**
 * built ──post──▶ posted ──window, finalise──▶ finalised ──creditMany──▶ credited
 *                   └──proved wrong──▶ voided (its tasks wait for another epoch)
 */
export type EpochState = "built" | "posted" | "finalised" | "credited" | "voided";

/** An epoch as stored. `id` counts here; `header.number` counts on chain and is known once posted. */
export interface StoredEpoch {
  id: number;
  state: EpochState;
  roots: EpochRoots;
  previous: SumTreeRoot;
  deals: DealSummary[];
  header: EpochHeader | undefined;
  /** Seconds since 1970. */
  builtAt: number;
}

/** A transaction, signed and stored before it is sent: sending it again is harmless. */
export interface StoredTransaction {
  step: string;
  nonce: number;
  hash: Bytes32;
  raw: Hex;
  gas: number | undefined;
}

const SCHEMA = `
  create table if not exists settlement_epoch(
    id integer primary key, state text not null, roots text not null, previous text not null, deals text not null,
    header text, data blob not null, builtAt integer not null);
  create table if not exists settlement_task(
    deal text not null, task integer not null, epoch integer not null references settlement_epoch(id),
    primary key (deal, task)) without rowid;
  create table if not exists settlement_batch(
    worker text not null, sequence integer not null, epoch integer not null references settlement_epoch(id),
    primary key (worker, sequence)) without rowid;
  create table if not exists settlement_ledger(
    worker text not null, epoch integer not null references settlement_epoch(id),
    rewardWei text not null, good integer not null, bad integer not null,
    primary key (worker, epoch)) without rowid;
  create table if not exists settlement_transaction(
    step text primary key, nonce integer not null, hash text not null, raw text not null, gas integer) without rowid;
`;

export class SettlementTables {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(SCHEMA);
  }

  /** Stores a built epoch: its tasks and batches belong to it from now on, and the ledger is the new one. */
  insertEpoch(epoch: Epoch, builtAt: number): number {
    return this.#atomically(() => {
      const { lastInsertRowid } = this.#db
        .prepare(
          "insert into settlement_epoch (state, roots, previous, deals, data, builtAt) values ('built', ?, ?, ?, ?, ?)",
        )
        .run(toJson(epoch.roots), toJson(epoch.previous), toJson(epoch.deals), epoch.data, builtAt);
      const id = Number(lastInsertRowid);
      const task = this.#db.prepare("insert into settlement_task values (?, ?, ?)");
      for (const { dealId, index } of epoch.tasks) task.run(dealId, index, id);
      const batch = this.#db.prepare("insert or ignore into settlement_batch values (?, ?, ?)");
      for (const { worker, sequence } of epoch.batches) batch.run(worker, sequence, id);
      const entry = this.#db.prepare("insert into settlement_ledger values (?, ?, ?, ?, ?)");
      const earning = new Set(epoch.rewards.map(({ worker }) => worker));
      for (const { worker, sum } of epoch.ledger)
        if (earning.has(worker)) entry.run(worker, id, String(sum.rewardWei), sum.good, sum.bad);
      return id;
    });
  }

  markPosted(id: number, header: EpochHeader): void {
    this.#db.prepare("update settlement_epoch set state = 'posted', header = ? where id = ?").run(toJson(header), id);
  }

  mark(id: number, state: "finalised" | "credited"): void {
    this.#db.prepare("update settlement_epoch set state = ? where id = ?").run(state, id);
  }

  /** The epoch counts no more: its tasks, batches and ledger entries are forgotten. */
  markVoided(id: number): void {
    this.#atomically(() => {
      this.#db.prepare("update settlement_epoch set state = 'voided' where id = ?").run(id);
      this.#forgetContent(id);
    });
  }

  /** As if it had never been built: nothing of it was ever sent. */
  deleteEpoch(id: number): void {
    this.#atomically(() => {
      this.#forgetContent(id);
      this.#db.prepare("delete from settlement_epoch where id = ?").run(id);
    });
  }

  #forgetContent(id: number): void {
    for (const table of ["settlement_task", "settlement_batch", "settlement_ledger"])
      this.#db.prepare(`delete from ${table} where epoch = ?`).run(id);
  }

  epochs(): StoredEpoch[] {
    return this.#db
      .prepare("select id, state, roots, previous, deals, header, builtAt from settlement_epoch order by id")
      .all()
      .map((row) => ({
        id: Number(row.id),
        state: row.state as EpochState,
        roots: fromJson(row.roots) as EpochRoots,
        previous: fromJson(row.previous) as SumTreeRoot,
        deals: fromJson(row.deals) as DealSummary[],
        header: row.header === null ? undefined : (fromJson(row.header) as EpochHeader),
        builtAt: Number(row.builtAt),
      }));
  }

  data(id: number): Uint8Array {
    const row = this.#db.prepare("select data from settlement_epoch where id = ?").get(id);
    invariant(row, `epoch ${id} is stored`);
    return row.data as Uint8Array;
  }

  /** The epoch that settles a task, if any. */
  epochOf(task: Pick<SettledTask, "dealId" | "index">): number | undefined {
    const row = this.#db
      .prepare("select epoch from settlement_task where deal = ? and task = ?")
      .get(task.dealId, task.index);
    return row && Number(row.epoch);
  }

  hasBatch(worker: Address, sequence: number): boolean {
    const find = this.#db.prepare("select 1 from settlement_batch where worker = ? and sequence = ?");
    return find.get(worker, sequence) !== undefined;
  }

  /** The ledger after the last epoch before `epoch`; after all of them by default. */
  ledgerBefore(epoch = Number.MAX_SAFE_INTEGER): Ledger {
    const rows = this.#db
      .prepare(`select worker, rewardWei, good, bad, max(epoch) from settlement_ledger where epoch < ? group by worker`)
      .all(epoch);
    return new Map(
      rows.map((row): [Address, Sum] => [
        row.worker as Address,
        { rewardWei: BigInt(String(row.rewardWei)), good: Number(row.good), bad: Number(row.bad) },
      ]),
    );
  }

  transaction(step: string): StoredTransaction | undefined {
    const row = this.#db.prepare("select * from settlement_transaction where step = ?").get(step);
    return (
      row && {
        step,
        nonce: Number(row.nonce),
        hash: row.hash as Bytes32,
        raw: row.raw as Hex,
        gas: row.gas === null ? undefined : Number(row.gas),
      }
    );
  }

  /** The mined transactions of an epoch, by step. Steps are named "EPOCH step". */
  transactionsOf(id: number): Map<string, { hash: Bytes32; gas: number }> {
    const rows = this.#db
      .prepare(
        "select step, hash, gas from settlement_transaction where step glob ? and gas is not null order by nonce",
      )
      .all(`${id} *`);
    return new Map(
      rows.map((row) => [String(row.step).slice(`${id} `.length), { hash: row.hash as Bytes32, gas: Number(row.gas) }]),
    );
  }

  insertTransaction({ step, nonce, hash, raw }: Omit<StoredTransaction, "gas">): void {
    this.#db
      .prepare("insert or replace into settlement_transaction values (?, ?, ?, ?, null)")
      .run(step, nonce, hash, raw);
  }

  markMined(step: string, gas: number): void {
    this.#db.prepare("update settlement_transaction set gas = ? where step = ?").run(gas, step);
  }

  deleteTransaction(step: string): void {
    this.#db.prepare("delete from settlement_transaction where step = ?").run(step);
  }

  #atomically<T>(write: () => T): T {
    this.#db.exec("savepoint settlement");
    try {
      const result = write();
      this.#db.exec("release settlement");
      return result;
    } catch (error) {
      this.#db.exec("rollback to settlement; release settlement");
      throw error;
    }
  }
}
