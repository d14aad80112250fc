import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../../protocol/ids.ts";

export interface WorkerRow {
  n: number;
  address: Address;
  owner: Address;
  beneficiary: Address;
  engines: string[];
  adapter: string;
  seenMs: number;
  /** The last commit batch accepted from it; its next must bear the following number. */
  sequence: number;
  good: number;
  bad: number;
  lapsed: number;
  suspicion: number;
  banned: boolean;
  /** In certified tasks, settled or not. */
  earnedWei: bigint;
  /** On chain, as last read. */
  score: number;
  /** What it has shown (see scheduler/credibility.ts). */
  checks: number;
  history: number;
  failures: number;
}

type Raw = Omit<WorkerRow, "engines" | "banned" | "earnedWei"> & { engines: string; banned: number; earnedWei: string };

export class WorkerTable {
  readonly #upsert;
  readonly #tally;
  readonly #sequence;
  readonly #score;
  readonly #all;
  readonly #one;

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare(
      `insert into worker(address, owner, beneficiary, engines, adapter, seenMs) values(?, ?, ?, ?, ?, ?)
       on conflict(address) do update set owner = excluded.owner, beneficiary = excluded.beneficiary,
       engines = excluded.engines, adapter = excluded.adapter, seenMs = excluded.seenMs`,
    );
    this.#tally = db.prepare(
      "update worker set good = ?, bad = ?, lapsed = ?, suspicion = ?, banned = ?, earnedWei = ?, checks = ?, history = ?, failures = ? where address = ?",
    );
    this.#sequence = db.prepare("update worker set sequence = ? where n = ?");
    this.#score = db.prepare("update worker set score = ? where address = ?");
    this.#all = db.prepare("select * from worker order by n");
    this.#one = db.prepare("select * from worker where address = ?");
  }

  all(): WorkerRow[] {
    return (this.#all.all() as unknown as Raw[]).map(fromRaw);
  }

  get(address: Address): WorkerRow | undefined {
    const raw = this.#one.get(address) as unknown as Raw | undefined;
    return raw && fromRaw(raw);
  }

  /** Makes the worker known, or notes what it is now. */
  upsert(worker: Pick<WorkerRow, "address" | "owner" | "beneficiary" | "engines" | "adapter" | "seenMs">): WorkerRow {
    this.#upsert.run(
      worker.address,
      worker.owner,
      worker.beneficiary,
      worker.engines.join(" "),
      worker.adapter,
      worker.seenMs,
    );
    return this.get(worker.address)!;
  }

  tally(
    worker: Omit<WorkerRow, "n" | "owner" | "beneficiary" | "engines" | "adapter" | "seenMs" | "sequence" | "score">,
  ) {
    const { good, bad, lapsed, suspicion, banned, earnedWei, checks, history, failures, address } = worker;
    this.#tally.run(
      good,
      bad,
      lapsed,
      suspicion,
      banned ? 1 : 0,
      String(earnedWei),
      checks,
      history,
      failures,
      address,
    );
  }

  setSequence(n: number, sequence: number): void {
    this.#sequence.run(sequence, n);
  }

  setScore(address: Address, score: number): void {
    this.#score.run(score, address);
  }
}

const fromRaw = (raw: Raw): WorkerRow => ({
  ...raw,
  engines: raw.engines ? raw.engines.split(" ") : [],
  banned: raw.banned !== 0,
  earnedWei: BigInt(raw.earnedWei),
});
