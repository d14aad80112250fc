// Deals of the pool that are on chain only when their work is settled. The relay takes a signed order with a job, remembers
// it, and keeps to what the requester's budget holds; the settler brings the order along with the epoch.
import type { JobSpec } from "../../protocol/api.ts";
import type { Domain } from "../../protocol/commit.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, fromHex, type JobId } from "../../protocol/ids.ts";
import { firmWei } from "../../protocol/lazy.ts";
import { type LazyOrder, orderHash, type Signed } from "../../protocol/orders.ts";
import type { Contracts } from "../settlement/contracts.ts";
import { recoverAddress } from "../signature.ts";
import type { LazyTable } from "./lazyTable.ts";
import { checkBudget, checkLazyTerms, costOf } from "./terms.ts";

/** Orders of one requester that are taken and not on chain: each is looked up there when the next is taken. */
const MAX_OUTSTANDING = 256;

export interface LazyDealsOptions {
  table: LazyTable;
  contracts: Pick<Contracts, "dealTerms" | "pool" | "budget">;
  domain: Domain;
  pool: Address;
  nowS?: () => number;
}

/** What a job is begun with. */
export interface Taken {
  id: JobId;
  requester: Address;
  priceWei: bigint;
  assetsWei: bigint;
  feeBps: number;
  /** Belongs into the transaction that stores the job. */
  write: () => void;
}

export class LazyDeals {
  readonly #o: LazyDealsOptions;
  /** Orders are taken one after the other: two must not count on the same budget. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LazyDealsOptions) {
    this.#o = options;
  }

  idOf(order: LazyOrder): JobId {
    return orderHash(this.#o.domain, "LazyOrder", order) as JobId;
  }

  /**
   * Begins a job with an order, if the pool takes it; the next order is looked at when that is done. Throws `bad-signature`,
   * `bad-deal`, `not-funded`, `replayed`, `too-many`, `chain-unavailable`, and what `begin` throws.
   */
  take<T>(signed: Signed<"LazyOrder">, spec: JobSpec, begin: (taken: Taken) => Promise<T>): Promise<T> {
    const taken = this.#turn.then(async () => begin(await this.#check(signed, spec)));
    this.#turn = taken.catch(() => {});
    return taken;
  }

  async #check({ order: lazy, signature }: Signed<"LazyOrder">, spec: JobSpec): Promise<Taken> {
    const { table, contracts, pool } = this.#o;
    const { requester, order, sequence } = lazy;
    const id = this.idOf(lazy);
    // Only by key, and only in one form: what a contract would sign can change after the work is done.
    if (recoverAddress(fromHex(id), fromHex(signature)) !== requester)
      throw new SuperEdgeError("bad-signature", `expected ${requester}'s key to have signed the lazy order ${id}`);
    const { feeBps } = await contracts.pool(pool);
    checkLazyTerms(lazy, spec, { pool, feeBps, nowS: this.#nowS() });
    if (table.hasSequence(requester, sequence) || (await contracts.dealTerms(id)))
      throw new SuperEdgeError("replayed", `sequence: expected one that ${requester} has not used, found ${sequence}`);
    const outstanding = await this.#outstanding(requester);
    if (outstanding.length >= MAX_OUTSTANDING)
      throw new SuperEdgeError("too-many", `expected fewer than ${MAX_OUTSTANDING} lazy orders that are not settled`);
    checkBudget(lazy, await contracts.budget(requester, pool), outstanding);
    return {
      ...{ id, requester, priceWei: order.pricePerTaskWei, assetsWei: order.appWei + order.datasetWei, feeBps },
      write: () => table.insert({ id, order: lazy, signature }),
    };
  }

  /** Taken and not on chain; what was opened meanwhile is noted. */
  async #outstanding(requester: Address) {
    const { table, contracts } = this.#o;
    const rows = [];
    for (const row of table.taken(requester)) {
      if (await contracts.dealTerms(row.id)) table.mark(row.id, "opened");
      else rows.push({ sequence: row.order.sequence, mostWei: row.order.mostWei, valueWei: costOf(row.order) });
    }
    return rows;
  }

  /**
   * Orders that the pool can count on no more, with the reason: their deadline is over, or their requester has asked so much
   * of its budget back that it does not hold them all (the latest are let go). Throws ethers' error if the chain is away.
   */
  async lapsed(): Promise<{ id: JobId; reason: string }[]> {
    const { table, contracts, pool } = this.#o;
    const lapsed: { id: JobId; reason: string }[] = [];
    const firm = new Map<Address, bigint>();
    for (const { id, order: lazy } of table.taken()) {
      const { requester } = lazy;
      if (await contracts.dealTerms(id)) {
        table.mark(id, "opened");
        continue;
      }
      if (!firm.has(requester)) firm.set(requester, firmWei(await contracts.budget(requester, pool)));
      const leftWei = firm.get(requester)! - costOf(lazy);
      if (lazy.order.deadline <= this.#nowS()) lapsed.push({ id, reason: "the deadline of its lazy order is over" });
      else if (leftWei < 0n) lapsed.push({ id, reason: "its requester has asked its budget for this pool back" });
      else firm.set(requester, leftWei);
    }
    return lapsed;
  }

  #nowS(): number {
    return this.#o.nowS?.() ?? Math.floor(Date.now() / 1000);
  }
}
