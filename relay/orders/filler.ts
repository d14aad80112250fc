// The pool fills request orders of the book with its own pool orders, when its operator wants it to: those whose job it has,
// can run, and is paid for. One match a look. A fill is on the disk before its transaction is sent, and its job is begun from
// there: a deal that was made is worked on, whatever died in between.
import type { Interface } from "ethers";
import { type JobSpec, wholeTasksOf } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, type Bytes32, type Cid, type JobId, toAddress, toBytes32 } from "../../protocol/ids.ts";
import { appHash } from "../../protocol/job.ts";
import { offersToAbi } from "../../protocol/offers.ts";
import type { BookOrderOf } from "../../protocol/orderBook.ts";
import { foresee } from "../api/foresee.ts";
import { checkSpec } from "../api/terms.ts";
import type { Blobs } from "../blobs/blobs.ts";
import { checkDeal, partFor } from "../deals.ts";
import type { Loop } from "../loop.ts";
import type { Contracts } from "../settlement/contracts.ts";
import type { Sender } from "../settlement/sender.ts";
import type { Store } from "../store/store.ts";
import { type Fill, FillTable } from "./fillTable.ts";
import { admitsAll, assetsFor, type Offer, poolMismatch } from "./fit.ts";
import type { Orders } from "./orders.ts";

/** A request that could not be filled is looked at again after this, milliseconds. */
const RETRY_MS = 60_000;
/** Requests that are remembered as such. */
const MAX_REMEMBERED = 10_000;

export interface FillerOptions {
  orders: Orders;
  stores: { store: Store; blobs: Blobs };
  loop: () => Loop;
  pool: Address;
  contracts: Contracts;
  sender: Sender;
  nowMs?: () => number;
  log: (event: string, fields: Record<string, unknown>) => void;
}

export class Filler {
  readonly #o: FillerOptions;
  readonly #table: FillTable;
  readonly #market: Interface;
  readonly #nowMs: () => number;
  readonly #notBeforeMs = new Map<Bytes32, number>();

  constructor(options: FillerOptions) {
    this.#o = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#table = new FillTable(options.stores.store.db);
    this.#market = options.contracts.market;
  }

  /** Ends what was begun, then fills one request, if there is one. Throws `chain-unavailable`. */
  async look(): Promise<void> {
    for (const fill of this.#table.all()) if (this.#isDue(fill.offer.request.id)) await this.#fill(fill);
    const pools = this.#o.orders.standing("PoolOrder").filter(({ order }) => order.pool === this.#o.pool);
    if (pools.length === 0) return;
    for (const request of this.#o.orders.standing("RequestOrder")) {
      if (!this.#isDue(request.id)) continue;
      const offer = await this.#offerFor(request, pools);
      if (!offer) {
        this.#wait(request.id);
        continue;
      }
      const fill = { step: `fill ${request.id} ${request.order.volume - request.left}`, offer };
      this.#table.insert(fill);
      return this.#fill(fill);
    }
  }

  async #offerFor(
    request: BookOrderOf<"RequestOrder">,
    pools: readonly BookOrderOf<"PoolOrder">[],
  ): Promise<Offer | undefined> {
    const { orders, pool: self } = this.#o;
    if (!request.job) return undefined;
    const assets = assetsFor(request, orders.standing("AppOrder"), orders.standing("DatasetOrder"));
    if (!assets) return undefined;
    const tags = [...(assets.app?.order.tags ?? []), ...(assets.dataset?.order.tags ?? [])];
    const nowS = Math.floor(this.#nowMs() / 1000);
    const pool = pools.find((own) => poolMismatch(own, request, tags, nowS) === undefined);
    if (!pool) return undefined;
    const offer: Offer = { pool, request, ...assets };
    const feeBps = await orders.market.feeBps(self);
    if (feeBps === undefined || feeBps > request.order.maxFeeBps) return undefined;
    if (!(await admitsAll(offer, orders.market))) return undefined;
    return (await this.#canRun(request, request.job.spec, offer)) ? offer : undefined;
  }

  /** A match is an obligation: only what is here and has somebody to compute it. */
  async #canRun({ order, left }: BookOrderOf<"RequestOrder">, spec: JobSpec, offer: Offer): Promise<boolean> {
    const { stores, loop } = this.#o;
    const isSame = (["law", "trust", "replicas"] as const).every((term) => spec[term] === order[term]);
    if (!isSame || appHash(spec.app as Cid) !== order.appHash) return false;
    const firstTask = order.volume - left;
    const tasks = Math.min(left, ...[offer.pool, offer.app, offer.dataset].flatMap((o) => (o ? o.left : [])));
    if (firstTask + tasks > wholeTasksOf(spec)) return false;
    try {
      const part = { ...spec, part: { firstTask, tasks } };
      const manifest = await checkSpec(stores, part);
      return (await foresee({ loop: loop() }, manifest, part)).missing === undefined;
    } catch (error) {
      if (error instanceof SuperEdgeError && error.code !== "chain-unavailable") return false;
      throw error;
    }
  }

  async #fill({ step, offer }: Fill): Promise<void> {
    const { sender, contracts, log } = this.#o;
    const request = offer.request.id;
    try {
      const receipt = await sender.send(step, () => ({
        to: contracts.addresses.market,
        data: this.#market.encodeFunctionData("matchOrders", [offersToAbi(offer)]),
      }));
      const own = receipt.logs.filter((entry) => toAddress(entry.address) === contracts.addresses.market);
      for (const event of own.map((entry) => this.#market.parseLog(entry)))
        if (event?.name === "Matched") await this.#begin(toBytes32(event.args.dealId) as JobId, offer);
    } catch (error) {
      // Somebody was faster, or the payer spent its money; what was sent already is waited for, and begun until it is late.
      if (!(error instanceof SuperEdgeError)) throw error;
      log("a request was not filled", { request, reason: error.message });
      this.#wait(request);
      if (sender.knows(step) && offer.request.order.deadline * 1000 > this.#nowMs()) return;
    }
    this.#table.delete(step);
  }

  async #begin(dealId: JobId, { request }: Offer): Promise<void> {
    const { orders, contracts, stores, loop, pool, log } = this.#o;
    const spec = partFor(request.job!.spec, await orders.market.originOf(dealId));
    const terms = checkDeal(await contracts.dealTerms(dealId), dealId, spec, pool);
    await checkSpec(stores, spec);
    await loop().addJob({
      ...{ id: dealId, title: request.job?.title ?? "", spec, requester: terms.requester },
      ...{ priceWei: terms.pricePerTaskWei, assetsWei: terms.assetsWei, feeBps: terms.feeBps },
    });
    log("request filled", { request: request.id, deal: dealId, tasks: terms.tasks });
  }

  #isDue(request: Bytes32): boolean {
    return (this.#notBeforeMs.get(request) ?? 0) <= this.#nowMs();
  }

  #wait(request: Bytes32): void {
    if (this.#notBeforeMs.size >= MAX_REMEMBERED) this.#notBeforeMs.clear();
    this.#notBeforeMs.set(request, this.#nowMs() + RETRY_MS);
  }
}
