// Everything the relay keeps, by table.
import type { DatabaseSync } from "node:sqlite";
import { LazyTable } from "../lazy/lazyTable.ts";
import { AppTable } from "./apps.ts";
import { CertifiedTable } from "./certified.ts";
import { ContributionTable } from "./contributions.ts";
import { DifferenceTable } from "./differences.ts";
import { GroupCommit } from "./groupCommit.ts";
import { JobTable } from "./jobs.ts";
import { openStore } from "./open.ts";
import { PromiseTable } from "./promises.ts";
import { RequestTable } from "./requests.ts";
import { SpotTable } from "./spots.ts";
import { WorkerTable } from "./workers.ts";

export class Store {
  readonly db: DatabaseSync;
  readonly apps: AppTable;
  readonly jobs: JobTable;
  readonly workers: WorkerTable;
  readonly contributions: ContributionTable;
  readonly certified: CertifiedTable;
  readonly differences: DifferenceTable;
  readonly spots: SpotTable;
  readonly promises: PromiseTable;
  readonly requests: RequestTable;
  readonly lazy: LazyTable;
  readonly group: GroupCommit;

  constructor(file: string, onBroken: (error: unknown) => void) {
    this.db = openStore(file);
    this.apps = new AppTable(this.db);
    this.jobs = new JobTable(this.db);
    this.workers = new WorkerTable(this.db);
    this.contributions = new ContributionTable(this.db);
    this.certified = new CertifiedTable(this.db);
    this.differences = new DifferenceTable(this.db);
    this.spots = new SpotTable(this.db);
    this.promises = new PromiseTable(this.db);
    this.requests = new RequestTable(this.db);
    this.lazy = new LazyTable(this.db);
    this.group = new GroupCommit(this.db, onBroken);
  }

  close(): void {
    this.group.flush();
    this.db.close();
  }
}
