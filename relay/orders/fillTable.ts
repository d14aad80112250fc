// Matches that the pool is making: kept from before the transaction is sent until its job has begun.
import type { DatabaseSync } from "node:sqlite";
import { fromJson, toJson } from "../store/bigJson.ts";
import type { Offer } from "./fit.ts";

export interface Fill {
  /** The name of its transaction. */
  step: string;
  offer: Offer;
}

export class FillTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec("create table if not exists market_fill(step text primary key, offer text not null) without rowid");
  }

  all(): Fill[] {
    const rows = this.#db.prepare("select step, offer from market_fill").all() as unknown as Record<string, string>[];
    return rows.map(({ step, offer }) => ({ step: step!, offer: fromJson(offer!) as Offer }));
  }

  insert({ step, offer }: Fill): void {
    this.#db.prepare("insert or replace into market_fill values(?, ?)").run(step, toJson(offer));
  }

  delete(step: string): void {
    this.#db.prepare("delete from market_fill where step = ?").run(step);
  }
}
