// Tasks that contracts asked for, what became of each, and how far the chain was read for them.
import type { DatabaseSync } from "node:sqlite";
import type { Address, JobId } from "../../protocol/ids.ts";
import { atomically } from "./atomically.ts";
import { AT_ONCE, UNPAID } from "./certified.ts";

/**
 * open ──certify──▶ settled
 *   ├──app, terms or input that will never do──▶ refused
 *   └──deadline over──▶ missed
 */
export type RequestState = "open" | "settled" | "refused" | "missed";

/** As the event has it. */
export interface TaskRequest {
  /** Of its deal, and of the job here. */
  id: JobId;
  consumer: Address;
  /** Canonical JSON, if its author kept to the rules. */
  spec: string;
  itemBytes: number;
  workerStakeWei: bigint;
  /** Seconds since 1970. */
  deadline: number;
}

export interface RequestRow extends TaskRequest {
  state: RequestState;
  /** Why it is not settled, as last logged. */
  reason: string | undefined;
}

interface Raw {
  id: string;
  consumer: string;
  spec: string;
  itemBytes: number;
  workerStakeWei: string;
  deadline: number;
  state: string;
  reason: string | null;
}

const fromRaw = (raw: Raw): RequestRow => ({
  ...raw,
  id: raw.id as JobId,
  consumer: raw.consumer as Address,
  workerStakeWei: BigInt(raw.workerStakeWei),
  state: raw.state as RequestState,
  reason: raw.reason ?? undefined,
});

export class RequestTable {
  readonly #db: DatabaseSync;
  readonly #ids: Set<string>;
  readonly #finish;
  readonly #rewards;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ids = new Set((db.prepare("select id from request").all() as { id: string }[]).map(({ id }) => id));
    this.#finish = db.prepare("update request set state = ?, reason = ?, block = ? where id = ?");
    this.#rewards = db.prepare("select rewardWei from request_reward where worker = ?");
  }

  /** Whether a job is a contract's request: no epoch may hold it. */
  has(job: JobId): boolean {
    return this.#ids.has(job);
  }

  get(id: JobId): RequestRow | undefined {
    const raw = this.#db.prepare("select * from request where id = ?").get(id) as unknown as Raw | undefined;
    return raw && fromRaw(raw);
  }

  open(): RequestRow[] {
    return (this.#db.prepare("select * from request where state = 'open'").all() as unknown as Raw[]).map(fromRaw);
  }

  /** Settled in this block or later. */
  settledSince(block: number): JobId[] {
    const rows = this.#db.prepare("select id from request where state = 'settled' and block >= ?").all(block);
    return rows.map(({ id }) => id as JobId);
  }

  /** The last block that was read; −1 if none was. */
  lastBlock(): number {
    const row = this.#db.prepare("select block from request_cursor").get() as { block: number } | undefined;
    return row?.block ?? -1;
  }

  /** What was found up to a block: new requests, and those that were known with other content. */
  note(requests: readonly TaskRequest[], block: number): void {
    atomically(this.#db, () => {
      const insert = this.#db.prepare(
        `insert or replace into request(id, consumer, spec, itemBytes, workerStakeWei, deadline, state)
         values(?, ?, ?, ?, ?, ?, 'open')`,
      );
      for (const { id, consumer, spec, itemBytes, workerStakeWei, deadline } of requests)
        insert.run(id, consumer, spec, itemBytes, String(workerStakeWei), deadline);
      this.#db.prepare("insert or replace into request_cursor values(1, ?)").run(block);
    });
    for (const { id } of requests) this.#ids.add(id);
  }

  setReason(id: JobId, reason: string): void {
    this.#db.prepare("update request set reason = ? where id = ?").run(reason, id);
  }

  /** It will not be settled. */
  giveUp(id: JobId, state: "refused" | "missed", reason: string): void {
    atomically(this.#db, () => {
      this.#finish.run(state, reason, null, id);
      this.#setEpoch(id, UNPAID);
    });
  }

  /** It was settled in a block, with these rewards. */
  settle(id: JobId, block: number, rewards: readonly { worker: Address; rewardWei: bigint }[]): void {
    atomically(this.#db, () => {
      this.#finish.run("settled", null, block, id);
      this.#setEpoch(id, AT_ONCE);
      const insert = this.#db.prepare("insert or replace into request_reward values(?, ?, ?)");
      for (const { worker, rewardWei } of rewards) insert.run(worker, id, String(rewardWei));
    });
  }

  /** The block that settled it is no longer part of the chain. */
  reopen(id: JobId): void {
    atomically(this.#db, () => {
      this.#finish.run("open", null, null, id);
      this.#setEpoch(id, null);
      this.#db.prepare("delete from request_reward where request = ?").run(id);
    });
  }

  /** Paid to a worker for such tasks so far, wei. */
  paidWei(worker: Address): bigint {
    const rows = this.#rewards.all(worker) as { rewardWei: string }[];
    return rows.reduce((sum, { rewardWei }) => sum + BigInt(rewardWei), 0n);
  }

  #setEpoch(id: JobId, epoch: number | null): void {
    this.#db.prepare("update certified set epoch = ? where job = (select n from job where id = ?)").run(epoch, id);
  }
}
