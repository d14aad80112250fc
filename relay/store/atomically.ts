import type { DatabaseSync } from "node:sqlite";

/** All of what `write` writes, or, if it throws, nothing. Not inside another transaction. */
export function atomically(db: DatabaseSync, write: () => void): void {
  db.exec("begin immediate");
  try {
    write();
    db.exec("commit");
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}
