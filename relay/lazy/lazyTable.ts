// Lazy orders that the pool has taken.
import type { DatabaseSync } from "node:sqlite";
import type { Address, Hex, JobId } from "../../protocol/ids.ts";
import type { LazyOrder, Signed } from "../../protocol/orders.ts";
import { fromJson, toJson } from "../store/bigJson.ts";

/**
 * taken ──its epoch is posted──▶ opened
 *   └──its job ended with nothing to settle──▶ dropped
 */
export type LazyState = "taken" | "opened" | "dropped";

export interface LazyRow extends Signed<"LazyOrder"> {
  id: JobId;
  state: LazyState;
}

interface Raw {
  id: string;
  state: string;
  lazyOrder: string;
  signature: string;
}

const fromRaw = ({ id, state, lazyOrder, signature }: Raw): LazyRow => ({
  id: id as JobId,
  state: state as LazyState,
  order: fromJson(lazyOrder) as LazyOrder,
  signature: signature as Hex,
});

export class LazyTable {
  readonly #db: DatabaseSync;
  readonly #get;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(
      `create table if not exists lazy_order(
         id text primary key, requester text not null, sequence integer not null, state text not null,
         lazyOrder text not null, signature text not null, unique(requester, sequence)) without rowid`,
    );
    this.#get = db.prepare("select id, state, lazyOrder, signature from lazy_order where id = ?");
  }

  insert({ id, order, signature }: Omit<LazyRow, "state">): void {
    this.#db
      .prepare("insert into lazy_order values(?, ?, ?, 'taken', ?, ?)")
      .run(id, order.requester, order.sequence, toJson(order), signature);
  }

  get(id: JobId): LazyRow | undefined {
    const raw = this.#get.get(id) as unknown as Raw | undefined;
    return raw && fromRaw(raw);
  }

  /** Whether some order of this requester had this sequence. */
  hasSequence(requester: Address, sequence: number): boolean {
    const found = this.#db.prepare("select 1 from lazy_order where requester = ? and sequence = ?");
    return found.get(requester, sequence) !== undefined;
  }

  /** Those in state `taken`, of one requester if given, in the order of their sequences. */
  taken(requester?: Address): LazyRow[] {
    const rows = this.#db
      .prepare(
        `select id, state, lazyOrder, signature from lazy_order
         where state = 'taken' and (?1 is null or requester = ?1) order by requester, sequence`,
      )
      .all(requester ?? null) as unknown as Raw[];
    return rows.map(fromRaw);
  }

  mark(id: JobId, state: LazyState): void {
    this.#db.prepare("update lazy_order set state = ? where id = ?").run(state, id);
  }
}
