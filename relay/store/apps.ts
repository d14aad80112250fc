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

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("insert or ignore into app(cid, code, manifest, createdMs) values(?, ?, ?, ?)");
    this.#one = db.prepare("select * from app where cid = ?");
    this.#all = db.prepare("select * from app order by createdMs, cid limit 1000");
  }

  insert(app: AppRow, atMs: number): void {
    this.#insert.run(app.app, app.code, JSON.stringify(app.manifest), atMs);
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
