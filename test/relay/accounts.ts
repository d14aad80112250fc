// Everything a hostile message must not change: the store's tables, and what the scheduler knows.
import type { Loop } from "../../relay/loop.ts";
import type { Store } from "../../relay/store/store.ts";

/** Without the times at which workers were last seen. */
export function tablesOf(store: Store): Record<string, unknown[]> {
  store.group.flush();
  const names = store.db
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all();
  return Object.fromEntries(
    names.map(({ name }) => {
      const rows = store.db.prepare(`select * from ${String(name)}`).all() as Record<string, unknown>[];
      return [String(name), rows.map(({ seenMs: _, ...row }) => row)];
    }),
  );
}

export const schedulerOf = ({ state }: Loop): unknown => ({
  jobs: [...state.jobs.values()].map((job) => ({
    id: job.id,
    state: job.state,
    fresh: job.fresh,
    certified: job.certified,
    again: [...job.again],
    failures: [...job.failures],
  })),
  tasks: [...state.jobs.values()].flatMap(({ open }) =>
    [...open.values()].map((task) => ({
      key: task.key,
      target: task.target,
      contributions: task.contributions.map(({ worker, state, digest, commitment }) => ({
        worker,
        state,
        digest,
        commitment,
      })),
    })),
  ),
  workers: [...state.workers.values()].map((worker) => ({
    address: worker.address,
    connected: worker.connected,
    leased: [...worker.leased].map((task) => task.key),
    engines: [...worker.engines],
    good: worker.good,
    bad: worker.bad,
    lapsed: worker.lapsed,
    banned: worker.banned,
  })),
});

export const accountsOf = ({ store, loop }: { store: Store; loop: Loop }): unknown => ({
  tables: tablesOf(store),
  scheduler: schedulerOf(loop),
});
