// What the embedded chain is made of, on disk: the genesis, and every raw transaction with the time of the block it was
// given to. It is written before the engine executes anything, with synchronous=FULL, so that whatever was acknowledged can
// be executed again, to the same hashes, after a crash or a power cut.
import { DatabaseSync } from "node:sqlite";
import { invariant } from "../../protocol/errors.ts";
import type { Address, Hex } from "../../protocol/ids.ts";
import { fromHex, toHex } from "../../protocol/ids.ts";
import { atomically } from "../store/atomically.ts";

export interface Genesis {
  chainId: number;
  /** Seconds since 1970. */
  timeS: number;
  /** Accounts with gas from the start. */
  accounts: Address[];
}

export interface LoggedBlock {
  number: number;
  /** Seconds since 1970. */
  timeS: number;
  /** Unknown if the process ended before it was executed. */
  hash: string | undefined;
  transactions: { place: number; raw: Hex }[];
}

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists genesis(one integer primary key check (one = 1), json text not null);
  create table if not exists block(number integer primary key, timeS integer not null, hash text);
  create table if not exists input(
    block integer not null references block(number), place integer not null, raw blob not null,
    primary key (block, place)) without rowid;
`;

export class BlockLog {
  readonly #db: DatabaseSync;

  /** `file` may be ":memory:". */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(SCHEMA);
  }

  /** The genesis of this chain: what was first given here, ever. */
  genesis(wanted: Genesis): Genesis {
    this.#db.prepare("insert or ignore into genesis values (1, ?)").run(JSON.stringify(wanted));
    const row = this.#db.prepare("select json from genesis").get();
    invariant(typeof row?.json === "string", "the genesis was just written");
    return JSON.parse(row.json) as Genesis;
  }

  *blocks(): Generator<LoggedBlock> {
    const inputs = this.#db.prepare("select place, raw from input where block = ? order by place");
    for (const block of this.#db.prepare("select number, timeS, hash from block order by number").all()) {
      yield {
        number: Number(block.number),
        timeS: Number(block.timeS),
        hash: block.hash === null ? undefined : String(block.hash),
        transactions: inputs
          .all(block.number!)
          .map((row) => ({ place: Number(row.place), raw: toHex(row.raw as Uint8Array) })),
      };
    }
  }

  /** Before execution: block `number` will be made at `timeS`, from these transactions in this order. */
  begin(number: number, timeS: number, raws: readonly Hex[]): void {
    atomically(this.#db, () => {
      this.#db.prepare("insert into block values (?, ?, null)").run(number, timeS);
      const insert = this.#db.prepare("insert into input values (?, ?, ?)");
      raws.forEach((raw, place) => {
        insert.run(number, place, fromHex(raw));
      });
    });
  }

  /** After execution. What the engine refused is forgotten; a block of nothing but refusals was never made. */
  finish(number: number, hash: string | undefined, refused: readonly number[]): void {
    atomically(this.#db, () => {
      const forget = this.#db.prepare("delete from input where block = ? and place = ?");
      for (const place of refused) forget.run(number, place);
      if (hash === undefined) this.#db.prepare("delete from block where number = ?").run(number);
      else this.#db.prepare("update block set hash = ? where number = ?").run(hash, number);
    });
  }

  close(): void {
    this.#db.close();
  }
}
