// What the settler is given: certified tasks and acknowledged batches that no epoch holds yet, read from the store.
import type { SettledTask, SignedBatch } from "../protocol/epoch.ts";
import { type Address, type Hex, hex32, type JobId, toHex } from "../protocol/ids.ts";
import type { Loop } from "./loop.ts";
import { settledTask } from "./receipts.ts";
import { UNPAID } from "./store/certified.ts";
import type { BatchRow } from "./store/contributions.ts";
import type { Store } from "./store/store.ts";

/** Tasks and batches looked at for one epoch. It holds fewer: its data is built in memory (see protocol/epochData.ts). */
const MAX_TASKS = 100_000;

export function* unsettledTasks(store: Store, loop: Loop): Generator<SettledTask> {
  const jobs = new Map([...loop.jobs.values(), ...loop.audits.all()].map((job) => [job.row.n, job]));
  const names = new Map([...loop.workers()].map(({ row }) => [row.n, row.address]));
  for (const row of store.certified.unsettled(MAX_TASKS)) {
    const job = jobs.get(row.job);
    if (job && !store.requests.has(job.row.id)) yield settledTask(store, job, row, (worker) => names.get(worker)!).task;
  }
}

type Row = Pick<BatchRow, "sequence" | "root" | "count" | "signature"> & { address: Address };

/** The settler's own table says which are in an epoch. */
export function* unsettledBatches(store: Store): Generator<SignedBatch> {
  const rows = store.db
    .prepare(
      `select w.address, b.sequence, b.root, b.count, b.signature from batch b join worker w on w.n = b.worker
       where not exists (select 1 from settlement_batch s where s.worker = w.address and s.sequence = b.sequence)
       order by w.address, b.sequence limit ${MAX_TASKS}`,
    )
    .all() as unknown as Row[];
  for (const { address, sequence, root, count, signature } of rows)
    yield { worker: address, sequence, root: hex32(root), count, signature: toHex(signature) as Hex };
}

/** Notes which epoch settled the tasks that the settler has taken since the last time. */
export function noteEpoch(store: Store, number: number): void {
  store.db
    .prepare(
      `update certified set epoch = ? where epoch is null and exists (
         select 1 from settlement_task s join job j on j.id = s.deal where j.n = certified.job and s.task = certified.task)`,
    )
    .run(number);
}

/** Notes that nobody pays any more for what a closed deal left unsettled; what is in an epoch under way is paid by it. */
export function noteUnpaid(store: Store, { n, id }: { n: number; id: JobId }): void {
  store.db
    .prepare(
      `update certified set epoch = ${UNPAID} where epoch is null and job = ? and not exists (
         select 1 from settlement_task s where s.deal = ? and s.task = certified.task)`,
    )
    .run(n, id);
}
