// The baseline that keeps nothing but a list: each task a row, written when it comes and again when it is done, in a
// SQLite file as safe against power failures as the relay's.
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Tasks a second, `group` of them a transaction: one that inserts, later one that updates. */
export function jobQueueRate(file: string, tasks: number, group: number): number {
  const db = new DatabaseSync(file);
  try {
    db.exec("pragma journal_mode = wal; pragma synchronous = full");
    db.exec("create table task(id integer primary key, state integer not null, input blob not null, output blob)");
    const insert = db.prepare("insert into task(id, state, input) values(?, 0, ?)");
    const finish = db.prepare("update task set state = 1, output = ? where id = ?");
    const input = randomBytes(32);
    const output = randomBytes(8);
    const transaction = (work: (id: number) => void, from: number) => {
      db.exec("begin immediate");
      for (let id = from; id < Math.min(tasks, from + group); id++) work(id);
      db.exec("commit");
    };
    const startMs = performance.now();
    for (let from = 0; from < tasks; from += group) {
      transaction((id) => insert.run(id, input), from);
      transaction((id) => finish.run(output, id), from);
    }
    return (1000 * tasks) / (performance.now() - startMs);
  } finally {
    db.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  }
}
