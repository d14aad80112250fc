// Where the order book is kept: orders that stand, and the words by which others were withdrawn, until they would have
// expired anyway.
import type { DatabaseSync } from "node:sqlite";
import type { Address, Bytes32, Hex } from "../../protocol/ids.ts";
import type { PostedOrder, Withdrawal } from "../../protocol/orderBook.ts";
import { fromJson, toJson } from "../store/bigJson.ts";

/** An order as kept. `place` is its number in this book, never used twice. */
export interface Entry {
  place: number;
  id: Bytes32;
  posted: PostedOrder;
  signer: Address;
  /** Tasks. */
  left: number;
  postedMs: number;
  /** Why it could not be matched when it was last looked at. */
  waits: string | undefined;
  /** It came from another book. */
  isMirrored: boolean;
}

const SCHEMA = `
  create table if not exists market_order(
    place integer primary key autoincrement, id text not null unique, posted text not null, signer text not null,
    leftTasks integer not null, postedMs integer not null, waits text, mirrored integer not null);
  create table if not exists market_withdrawal(
    place integer primary key autoincrement, id text not null unique, signature text not null, expiry integer not null);
`;

interface Raw {
  place: number;
  id: string;
  posted: string;
  signer: string;
  leftTasks: number;
  postedMs: number;
  waits: string | null;
  mirrored: number;
}

export class OrderTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(SCHEMA);
  }

  all(): Entry[] {
    const rows = this.#db.prepare("select * from market_order order by place").all() as unknown as Raw[];
    return rows.map((raw) => ({
      place: raw.place,
      id: raw.id as Bytes32,
      posted: fromJson(raw.posted) as PostedOrder,
      signer: raw.signer as Address,
      left: raw.leftTasks,
      postedMs: raw.postedMs,
      waits: raw.waits ?? undefined,
      isMirrored: raw.mirrored !== 0,
    }));
  }

  /** Gives it its place. */
  insert({ id, posted, signer, left, postedMs, waits, isMirrored }: Omit<Entry, "place">): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        "insert into market_order(id, posted, signer, leftTasks, postedMs, waits, mirrored) values(?, ?, ?, ?, ?, ?, ?)",
      )
      .run(id, toJson(posted), signer, left, postedMs, waits ?? null, isMirrored ? 1 : 0);
    return Number(lastInsertRowid);
  }

  update({ id, signer, left, waits }: Pick<Entry, "id" | "signer" | "left" | "waits">): void {
    this.#db
      .prepare("update market_order set signer = ?, leftTasks = ?, waits = ? where id = ?")
      .run(signer, left, waits ?? null, id);
  }

  delete(id: Bytes32): void {
    this.#db.prepare("delete from market_order where id = ?").run(id);
  }

  withdraw({ id, signature }: Withdrawal, expiry: number): void {
    this.#db
      .prepare("insert or ignore into market_withdrawal(id, signature, expiry) values(?, ?, ?)")
      .run(id, signature, expiry);
    this.delete(id);
  }

  isWithdrawn(id: Bytes32): boolean {
    return this.#db.prepare("select 1 from market_withdrawal where id = ?").get(id) !== undefined;
  }

  withdrawals(after: number, limit: number): (Withdrawal & { place: number })[] {
    const rows = this.#db
      .prepare("select place, id, signature from market_withdrawal where place > ? order by place limit ?")
      .all(after, limit) as unknown as { place: number; id: string; signature: string }[];
    return rows.map(({ place, id, signature }) => ({ place, id: id as Bytes32, signature: signature as Hex }));
  }

  /** Of orders that would have expired. */
  forgetWithdrawals(nowS: number): void {
    this.#db.prepare("delete from market_withdrawal where expiry < ?").run(nowS);
  }
}
