// What workers have earned in certified tasks, settled or not: summed from the store, task by task, as an epoch would.

import type { Address } from "../protocol/ids.ts";
import { rewardsOf } from "../protocol/payout.ts";
import type { ApiContext } from "./api/context.ts";
import { CONTRIBUTION } from "./store/open.ts";

interface Agreed {
  job: number;
  task: number;
  address: Address;
  score: number;
}

export function earnings({ store, loop }: Pick<ApiContext, "store" | "loop">): Map<Address, bigint> {
  const rows = store.db
    .prepare(
      `select c.job, c.task, w.address, c.score from contribution c join worker w on w.n = c.worker
       where c.state = ${CONTRIBUTION.agreed} order by c.job, c.task`,
    )
    .iterate() as Iterable<unknown> as Iterable<Agreed>;
  const terms = new Map([...loop.jobs.values()].map(({ row }) => [row.n, row]));
  const earned = new Map<Address, bigint>();
  let group: Agreed[] = [];
  const close = () => {
    const job = group[0] && terms.get(group[0].job);
    if (job)
      for (const [worker, wei] of rewardsOf(
        job,
        group.map((g) => ({ worker: g.address, score: g.score })),
      ))
        earned.set(worker, (earned.get(worker) ?? 0n) + wei);
    group = [];
  };
  for (const row of rows) {
    if (group[0] && (group[0].job !== row.job || group[0].task !== row.task)) close();
    group.push(row);
  }
  close();
  return earned;
}
