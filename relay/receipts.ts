// Puts together, from the store, what proves one certified task.

import type { Domain } from "../protocol/commit.ts";
import { batchPath } from "../protocol/commit.ts";
import type { SettledContribution, SettledTask } from "../protocol/epoch.ts";
import { invariant } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Hex, hex32, toHex } from "../protocol/ids.ts";
import { jobHash } from "../protocol/job.ts";
import type { Receipt } from "../protocol/receipt.ts";
import type { JobContext } from "./rows.ts";
import type { CertifiedRow } from "./store/certified.ts";
import type { BatchRow, ContributionRow } from "./store/contributions.ts";
import { CONTRIBUTION } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import { nonceOf } from "./taskKeys.ts";

const counted = (c: ContributionRow) => c.state === CONTRIBUTION.agreed || c.state === CONTRIBUTION.rejected;

function proven(c: ContributionRow, batch: BatchRow, worker: Address): SettledContribution {
  invariant(c.digest && c.salt, "a counted contribution was revealed");
  return {
    worker,
    agrees: c.state === CONTRIBUTION.agreed,
    digest: hex32(c.digest),
    salt: hex32(c.salt),
    score: c.score,
    batch: {
      sequence: batch.sequence,
      root: hex32(batch.root),
      count: batch.count,
      signature: toHex(batch.signature) as Hex,
    },
    position: c.position,
    path: batchPath(splitHashes(batch.commitments), c.position).map(hex32),
  };
}

/** A certified task with everything the contracts may be shown of it. `nameOf` maps the store's worker numbers. */
export function settledTask(
  store: Store,
  { row }: JobContext,
  certified: Pick<CertifiedRow, "task" | "digest">,
  nameOf: (worker: number) => Address,
): { task: SettledTask; acks: Hex[] } {
  const parts = store.contributions
    .ofTask(row.n, certified.task)
    .filter(counted)
    .map((c) => {
      const batch = store.contributions.batch(c.worker, c.sequence);
      invariant(batch, "a counted contribution has its batch");
      return { contribution: proven(c, batch, nameOf(c.worker)), ack: toHex(batch.ack) as Hex };
    })
    .sort((a, b) => (a.contribution.worker < b.contribution.worker ? -1 : 1));
  return {
    task: {
      dealId: row.id,
      index: certified.task,
      nonce: hex32(nonceOf(row.secret, certified.task)),
      digest: hex32(certified.digest),
      contributions: parts.map((p) => p.contribution),
    },
    acks: parts.map((p) => p.ack),
  };
}

export function receiptOf(
  store: Store,
  job: JobContext,
  certified: CertifiedRow,
  nameOf: (worker: number) => Address,
  { domain, pool }: { domain: Domain; pool: Address },
): Receipt {
  const { task, acks } = settledTask(store, job, certified, nameOf);
  return {
    version: 1,
    chainId: domain.chainId,
    hub: domain.hub,
    pool,
    job: job.row.id,
    spec: job.row.spec,
    jobHash: jobHash(job.row.spec),
    index: task.index,
    nonce: task.nonce,
    taskKey: job.job.keyOf(task.index),
    digest: task.digest,
    itemBytes: job.manifest.output.itemBytes,
    contributions: task.contributions.map((c, i) => ({ ...c, ack: acks[i]! })) as Receipt["contributions"],
  };
}
