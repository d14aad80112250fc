import type { DatabaseSync } from "node:sqlite";
import { type Manifest, parseManifest } from "../../kernels/kernel.ts";
import type { Cid } from "../../protocol/ids.ts";

export interface AppRow {
  app: Cid;
  code: Cid;
  manifest: Manifest;
}

export class AppTable {
  readonly #insert;
  readonly #one;
  readonly #all;
  readonly #quarantine;
  readonly #quarantined;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("insert or ignore into app(cid, code, manifest, createdMs) values(?, ?, ?, ?)");
    this.#one = db.prepare("select * from app where cid = ?");
    this.#all = db.prepare("select * from app order by createdMs, cid limit 1000");
    this.#quarantine = db.prepare("insert or ignore into quarantine(app, reason, atMs) values(?, ?, ?)");
    this.#quarantined = db.prepare("select reason from quarantine where app = ?");
  }

  insert(app: AppRow, atMs: number): void {
    this.#insert.run(app.app, app.code, JSON.stringify(app.manifest), atMs);
  }

  /** The pool itself has seen the kernel give two results for one task. */
  quarantine(app: Cid, reason: string, atMs: number): void {
    this.#quarantine.run(app, reason, atMs);
  }

  /** Why the pool runs no more jobs of it; undefined if it does. */
  quarantined(app: Cid): string | undefined {
    return (this.#quarantined.get(app) as { reason: string } | undefined)?.reason;
  }

  get(app: Cid): AppRow | undefined {
    const raw = this.#one.get(app) as { cid: string; code: string; manifest: string } | undefined;
    return raw && fromRaw(raw);
  }

  all(): AppRow[] {
    return (this.#all.all() as { cid: string; code: string; manifest: string }[]).map(fromRaw);
  }
}

const fromRaw = (raw: { cid: string; code: string; manifest: string }): AppRow => ({
  app: raw.cid as Cid,
  code: raw.code as Cid,
  manifest: parseManifest(JSON.parse(raw.manifest)),
});
