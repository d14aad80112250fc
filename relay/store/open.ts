// The relay's facts, in one SQLite file. `synchronous=FULL` is power-safe: what a committed transaction holds is on the
// disk. Workers and jobs have small integer ids here, because a contribution is a row and there are millions of them.
import { DatabaseSync } from "node:sqlite";

const schema = `
create table if not exists app(cid text primary key, code text not null, manifest text not null, createdMs integer not null) without rowid;
create table if not exists quarantine(app text primary key, reason text not null, atMs integer not null) without rowid;
create table if not exists job(
  n integer primary key, id text not null unique, title text not null, spec text not null, requester text not null,
  priceWei text not null, assetsWei text not null default '0', feeBps integer not null, state text not null, error text, secret blob not null,
  createdMs integer not null, finishedMs integer, mismatches integer not null default 0, auditOf integer,
  spentSeconds real not null default 0);
create table if not exists worker(
  n integer primary key, address text not null unique, owner text not null, beneficiary text not null,
  engines text not null, adapter text not null, seenMs integer not null, sequence integer not null default 0,
  good integer not null default 0, bad integer not null default 0, lapsed integer not null default 0,
  suspicion real not null default 0, banned integer not null default 0,
  earnedWei text not null default '0', score integer not null default 0,
  checks real not null default 0, history real not null default 0, failures integer not null default 0);
create table if not exists batch(
  worker integer not null, sequence integer not null, root blob not null, count integer not null,
  signature blob not null, commitments blob not null, ack blob not null, atMs integer not null,
  primary key(worker, sequence)) without rowid;
create table if not exists contribution(
  job integer not null, task integer not null, worker integer not null, owner text not null, beneficiary text not null,
  subnet text not null, score integer not null, sequence integer not null, position integer not null,
  commitment blob not null, state integer not null, digest blob, salt blob, output blob,
  cohort text not null default '', numericClass text not null default '', checksAt real not null default 0, historyAt real not null default 0,
  failuresAt integer not null default 0,
  primary key(job, task, worker)) without rowid;
create table if not exists certified(
  seq integer primary key autoincrement, job integer not null, task integer not null, digest blob not null,
  output blob, outputCid text, atMs integer not null, epoch integer, belief text, unique(job, task));
create table if not exists difference(
  job integer not null, task integer not null, item integer not null, offsetBytes integer not null, workers text not null,
  primary key(job, task)) without rowid;
create table if not exists spot(
  job integer not null, number integer not null, task integer not null, digest blob not null, self integer not null,
  primary key(job, number)) without rowid;
create table if not exists promise(job integer primary key, granted integer not null, probability real not null);
create table if not exists request(
  id text primary key, consumer text not null, spec text not null, itemBytes integer not null, workerStakeWei text not null,
  deadline integer not null, state text not null, reason text, block integer) without rowid;
create table if not exists request_reward(
  worker text not null, request text not null, rewardWei text not null, primary key(worker, request)) without rowid;
create table if not exists request_cursor(one integer primary key check(one = 1), block integer not null);
create index if not exists certified_waiting on certified(job, task) where epoch is null;
create index if not exists certified_age on certified(atMs) where epoch is null;
`;

/** Columns that stores of earlier versions lack. */
const added = {
  job: ["auditOf integer", "assetsWei text not null default '0'"],
  worker: ["checks real not null default 0", "history real not null default 0", "failures integer not null default 0"],
  contribution: [
    "cohort text not null default ''",
    "numericClass text not null default ''",
    "checksAt real not null default 0",
    "historyAt real not null default 0",
    "failuresAt integer not null default 0",
  ],
  certified: ["belief text"],
};

function addMissing(db: DatabaseSync): void {
  for (const [table, columns] of Object.entries(added)) {
    const known = new Set((db.prepare(`pragma table_info(${table})`).all() as { name: string }[]).map((c) => c.name));
    for (const column of columns)
      if (!known.has(column.split(" ")[0]!)) db.exec(`alter table ${table} add column ${column}`);
  }
}

/** Contribution states as stored. A lapsed one was committed and not revealed in time. */
export const CONTRIBUTION = { committed: 0, revealed: 1, agreed: 2, rejected: 3, lapsed: 4 } as const;

export function openStore(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 2000");
  db.exec(schema);
  addMissing(db);
  return db;
}
