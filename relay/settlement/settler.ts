// Settles what a pool has certified: one epoch after the other, each step on disk before it is sent, each safe to repeat.
//
//   certified tasks ─▶ built ─post─▶ posted ─window─▶ finalise ─▶ finalised ─creditMany─▶ credited
//                                      └─ somebody proved it wrong ─▶ voided, its tasks wait again
//
// After a crash, `settle` first goes on with what is under way; nothing is built before that is done.
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { isError, type Provider, type TransactionReceipt, type Wallet } from "ethers";
import { type JobSpec, LAW_NUMBER, tasksOf } from "../../protocol/api.ts";
import {
  dealsHash,
  type EpochHeader,
  epochHash,
  type SettledTask,
  type SignedBatch,
  type TaskInclusion,
} from "../../protocol/epoch.ts";
import { buildEpoch, type Epoch, proveTask } from "../../protocol/epochBuild.ts";
import { decodeEpochData, MAX_EPOCH_TASKS } from "../../protocol/epochData.ts";
import { invariant, SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, type Bytes32, type Cid, type JobId, toAddress, toBytes32 } from "../../protocol/ids.ts";
import { appHash, jobHash } from "../../protocol/job.ts";
import { orderMessage, type Signed } from "../../protocol/orders.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import type { ChainAddresses } from "../chain/deploy.ts";
import { keccak } from "../hashes.ts";
import { dealsToAbi, headerToAbi, rangeToAbi, rootsToAbi, sumTreeToAbi } from "./abi.ts";
import { Contracts } from "./contracts.ts";
import { creditRuns } from "./creditRuns.ts";
import { LazyFunds, LazySide } from "./lazy.ts";
import type { EpochSummary, SettlementReport } from "./report.ts";
import { Sender } from "./sender.ts";
import { SettlementTables, type StoredEpoch } from "./tables.ts";

/** Deals of one epoch; the contract's bound. */
const MAX_EPOCH_DEALS = 256;
/** The bond must cover the pending value this many times; the contract's rule. */
const BOND_FACTOR = 2n;
const POOL_STEPS = ["register", "approve", "deposit", "bond"] as const;
/** How often the chain is asked whether a window is over, milliseconds. */
const WINDOW_POLL_MS = 1000;

export interface SettlerOptions {
  /** The pool's own account: nothing else may send from it. */
  wallet: Wallet;
  provider: Provider;
  addresses: ChainAddresses;
  /** The settler makes its own tables in it. */
  db: DatabaseSync;
  /** Certified tasks, settled ones may be among them. */
  tasks(): Iterable<SettledTask>;
  /** Acknowledged commit batches, settled ones may be among them. */
  batches?(): Iterable<SignedBatch>;
  /** The order that a deal will be opened by, if it is not on chain yet. */
  lazy?(dealId: Bytes32): Signed<"LazyOrder"> | undefined;
  /** The clock, seconds since 1970. */
  nowS?: () => number;
  /** Waits; tests move the clock instead. */
  wait?: (ms: number) => Promise<void>;
}

/** A deal of the pool with itself lasts this long, seconds; it is closed when the job it serves ends. */
const OWN_DEAL_SECONDS = 30 * 24 * 3600;

export class Settler {
  readonly pool: Address;
  readonly contracts: Contracts;
  readonly #o: SettlerOptions;
  readonly #tables: SettlementTables;
  readonly #sender: Sender;
  readonly #lazy: LazySide;
  readonly #wait: (ms: number) => Promise<void>;
  #running: Promise<SettlementReport | undefined> | undefined;
  /** Deals are opened one after the other, or two would count on the same free balance. */
  #dealing: Promise<unknown> = Promise.resolve();

  constructor(options: SettlerOptions) {
    this.#o = options;
    this.pool = toAddress(options.wallet.address);
    this.contracts = new Contracts(options.addresses, options.provider);
    this.#tables = new SettlementTables(options.db);
    this.#lazy = new LazySide(this.contracts, this.pool, options.lazy ?? (() => undefined), () => this.#nowS());
    this.#wait = options.wait ?? ((ms) => sleep(ms));
    this.#sender = new Sender({
      wallet: options.wallet,
      provider: options.provider,
      tables: this.#tables,
      wait: this.#wait,
      reasonOf: (error) => this.contracts.reasonOf(error),
    });
  }

  get sender(): Sender {
    return this.#sender;
  }

  /**
   * Registers the pool with this fee, and brings its bond up to `bondWei` from its tokens. Idempotent.
   * Throws `chain-unavailable` if it has not enough of them.
   */
  async openPool(feeBps: number, bondWei: bigint): Promise<void> {
    const { hub } = this.contracts.addresses;
    // What an earlier run signed and did not live to see mined goes first: then the chain's state is the whole truth.
    for (const step of POOL_STEPS) if (this.#tables.transaction(step)) await this.#once(step, hub, "0x");
    const pool = await this.contracts.pool(this.pool);
    if (!pool.registered || pool.feeBps !== feeBps)
      await this.#once("register", hub, this.contracts.hub.encodeFunctionData("registerPool", [feeBps]));
    const missingWei = bondWei - pool.bondWei;
    if (missingWei <= 0n) return;
    await this.#deposit(missingWei);
    await this.#once("bond", hub, this.contracts.hub.encodeFunctionData("bond", [missingWei]));
  }

  /** Brings the free balance up to that much, from the pool's tokens. */
  async #deposit(wantedWei: bigint): Promise<void> {
    const { hub, token } = this.contracts.addresses;
    const { freeWei } = await this.contracts.balances(this.pool);
    if (freeWei >= wantedWei) return;
    const amountWei = wantedWei - freeWei;
    await this.#once("approve", token, this.contracts.token.encodeFunctionData("approve", [hub, amountWei]));
    await this.#once("deposit", hub, this.contracts.hub.encodeFunctionData("deposit", [amountWei]));
  }

  /**
   * Opens a deal of the pool with itself, at most one under a name: what the pool pays for out of its own pocket.
   * Throws `chain-unavailable` if it has not enough tokens, or the chain is away.
   */
  openDeal(name: string, spec: JobSpec, priceWei: bigint): Promise<JobId> {
    const opened = this.#dealing.then(() => this.#openDeal(name, spec, priceWei));
    this.#dealing = opened.catch(() => {});
    return opened;
  }

  async #openDeal(name: string, spec: JobSpec, priceWei: bigint): Promise<JobId> {
    const { hub } = this.contracts.addresses;
    const tasks = tasksOf(spec);
    if (!this.#tables.transaction(name)) await this.#deposit(priceWei * BigInt(tasks));
    const receipt = await this.#sender.send(name, async () => {
      const order = {
        pool: this.pool,
        appHash: appHash(spec.app as Cid),
        jobHash: jobHash(spec),
        law: LAW_NUMBER[spec.law],
        trust: spec.trust,
        replicas: spec.replicas,
        tasks,
        pricePerTaskWei: priceWei,
        maxFeeBps: (await this.contracts.pool(this.pool)).feeBps,
        deadline: Math.max(this.#nowS(), Math.floor(Date.now() / 1000)) + OWN_DEAL_SECONDS,
        ...FREE_ASSETS,
      };
      return { to: hub, data: this.contracts.hub.encodeFunctionData("openDeal", [order]) };
    });
    for (const log of receipt.logs) {
      const event = toAddress(log.address) === hub ? this.contracts.hub.parseLog(log) : null;
      if (event?.name === "DealOpened") return toBytes32(event.args.dealId) as JobId;
    }
    throw new SuperEdgeError("chain-unavailable", `expected a DealOpened event in ${receipt.hash}, found none`);
  }

  /**
   * Settles what is certified, or goes on with what is under way; returns when it is credited (or voided), undefined if
   * there was nothing. Calls while one runs share its outcome. Throws `chain-unavailable`; then call it again later.
   */
  settle(): Promise<SettlementReport | undefined> {
    this.#running ??= this.#settle().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends a deal of this pool when its work is done: what was not computed goes back to its payer. Idempotent. */
  async closeDeal(dealId: Bytes32): Promise<void> {
    const deal = await this.contracts.dealTerms(dealId);
    if (!deal) throw new SuperEdgeError("not-found", `there is no deal ${dealId} on chain`);
    if (deal.closed) return;
    await this.#sender.send(`close ${dealId}`, () => ({
      to: this.contracts.addresses.hub,
      data: this.contracts.hub.encodeFunctionData("closeDeal", [dealId]),
    }));
  }

  /** Proof that a task is in a posted epoch, for its receipt; undefined while it is in none. */
  async inclusion(dealId: Bytes32, index: number): Promise<TaskInclusion | undefined> {
    const id = this.#tables.epochOf({ dealId, index });
    const stored = this.#tables.epochs().find((epoch) => epoch.id === id);
    if (!stored?.header) return undefined;
    return proveTask(await this.#rebuild(stored), stored.header, dealId, index);
  }

  /** What epoch `number` was built from: whoever has it can build the trees again and challenge. Its hash is on chain. */
  data(number: number): Uint8Array | undefined {
    const stored = this.#tables.epochs().find(({ header }) => header?.number === number);
    return stored && this.#tables.data(stored.id);
  }

  /** All epochs of this relay, oldest first. */
  epochs(): EpochSummary[] {
    return this.#tables.epochs().map((stored) => {
      const steps = this.#transactions(stored);
      const sum = (part: "workersWei" | "poolWei" | "burnedWei") =>
        stored.deals.reduce((total, deal) => total + deal[part], 0n);
      return {
        number: stored.header?.number,
        state: stored.state,
        root: stored.roots.tasks.root,
        tasks: stored.roots.tasks.count,
        contributions: stored.roots.rewards.count,
        workersWei: sum("workersWei"),
        poolWei: sum("poolWei"),
        burnedWei: sum("burnedWei"),
        postedTx: steps.get("post")?.hash,
        finalisedTx: steps.get("finalise")?.hash,
        gas: [...steps.values()].reduce((total, { gas }) => total + gas, 0),
      };
    });
  }

  async #settle(): Promise<SettlementReport | undefined> {
    try {
      const stored = this.#underWay() ?? (await this.#build());
      return stored && (await this.#finish(stored));
    } catch (cause) {
      // ethers' errors, and nobody else's, have a short message.
      if (!(cause instanceof Error && "shortMessage" in cause)) throw cause;
      const reason = this.contracts.reasonOf(cause) ?? String(cause.shortMessage);
      throw new SuperEdgeError("chain-unavailable", `expected the chain's answer, found: ${reason}`, { cause });
    }
  }

  /** An epoch that was built and never sent is built anew: bond and deals may have changed meanwhile. */
  #underWay(): StoredEpoch | undefined {
    const open = this.#tables.epochs().find(({ state }) => state !== "credited" && state !== "voided");
    if (open?.state !== "built" || this.#tables.transaction(`${open.id} post`)) return open;
    this.#tables.deleteEpoch(open.id);
    return undefined;
  }

  async #build(): Promise<StoredEpoch | undefined> {
    const { tasks, deals } = await this.#affordable();
    if (tasks.length === 0) return undefined;
    const batches = [...(this.#o.batches?.() ?? [])].filter(
      ({ worker, sequence }) => !this.#tables.hasBatch(worker, sequence),
    );
    const epoch = buildEpoch({ previous: this.#tables.ledgerBefore(), deals, tasks, batches }, keccak);
    const id = this.#tables.insertEpoch(epoch, this.#nowS());
    return this.#tables.epochs().find((stored) => stored.id === id);
  }

  /** Unsettled tasks of open deals, as many as the bond covers. */
  async #affordable(): Promise<{ tasks: SettledTask[]; deals: Map<Bytes32, DealOnChain> }> {
    const { bondWei, pendingWei } = await this.contracts.pool(this.pool);
    let coveredWei = bondWei / BOND_FACTOR - pendingWei;
    const tasks: SettledTask[] = [];
    const deals = new Map<Bytes32, DealOnChain>();
    /** Of closed deals too: thousands of tasks may have been left by one. */
    const terms = new Map<Bytes32, DealOnChain | undefined>();
    const funds = new LazyFunds(this.contracts, this.pool);
    let waits = false;
    for (const task of this.#o.tasks()) {
      if (tasks.length === MAX_EPOCH_TASKS) break;
      if (this.#tables.epochOf(task) !== undefined) continue;
      if (!deals.has(task.dealId) && deals.size === MAX_EPOCH_DEALS) continue;
      if (!terms.has(task.dealId)) terms.set(task.dealId, await this.#lazy.terms(task.dealId, funds));
      const deal = terms.get(task.dealId);
      if (!deal || deal.closed || deal.pool !== this.pool) continue; // nobody pays for it any more
      if (deal.pricePerTaskWei > coveredWei) {
        waits = true;
        continue;
      }
      coveredWei -= deal.pricePerTaskWei;
      deals.set(task.dealId, deal);
      tasks.push(task);
    }
    if (waits && tasks.length === 0)
      throw new SuperEdgeError("chain-unavailable", `the pool's bond of ${bondWei} wei covers none of the tasks`);
    return { tasks, deals };
  }

  async #finish(stored: StoredEpoch): Promise<SettlementReport> {
    const epoch = await this.#rebuild(stored);
    const header = stored.header ?? (await this.#post(stored, epoch));
    if (stored.state === "built" || stored.state === "posted") {
      if (!(await this.#finalise(stored.id, header, epoch))) return this.#report(stored.id, "voided", epoch, header);
    }
    for (const { first, length } of creditRuns(epoch)) {
      await this.#call(stored.id, `credit ${first}`, "creditMany", () => [
        headerToAbi(header),
        rangeToAbi(epoch.trees.ledger, epoch.ledger, first, length),
      ]);
    }
    this.#tables.mark(stored.id, "credited");
    return this.#report(stored.id, "credited", epoch, header);
  }

  async #post(stored: StoredEpoch, epoch: Epoch): Promise<EpochHeader> {
    const lazy = this.#tables.transaction(`${stored.id} post`) ? [] : await this.#opening(epoch);
    const receipt = await this.#call(stored.id, "post", "post", () => [
      rootsToAbi(epoch.roots),
      sumTreeToAbi(epoch.previous),
      dealsToAbi(epoch.deals),
      lazy.map(({ order, signature }) => ({ order: orderMessage("LazyOrder", order), signature })),
    ]);
    const header = this.#postedHeader(receipt, epoch);
    this.#tables.markPosted(stored.id, header);
    return header;
  }

  /** Orders of the deals that this epoch opens; what the pool has to pay of them is deposited. */
  async #opening(epoch: Epoch): Promise<Signed<"LazyOrder">[]> {
    const { orders, shortWei } = await this.#lazy.opening(epoch.deals);
    if (shortWei === 0n) return orders;
    const deposited = this.#dealing.then(() => this.#deposit(shortWei));
    this.#dealing = deposited.catch(() => {});
    await deposited;
    return orders;
  }

  #postedHeader(receipt: TransactionReceipt, epoch: Epoch): EpochHeader {
    for (const log of receipt.logs) {
      if (toAddress(log.address) !== this.contracts.addresses.epochs) continue;
      const event = this.contracts.epochs.parseLog(log);
      if (event?.name !== "Posted") continue;
      const header: EpochHeader = {
        pool: this.pool,
        number: Number(event.args.number),
        postedAt: Number(event.args.epoch.postedAt),
        valueWei: event.args.epoch.valueWei,
        dealsHash: dealsHash(epoch.deals),
        previous: epoch.previous,
        roots: epoch.roots,
      };
      invariant(epochHash(header) === toBytes32(event.args.epochHash), "our epoch's hash is the chain's");
      return header;
    }
    throw new SuperEdgeError("chain-unavailable", `expected a Posted event in ${receipt.hash}, found none`);
  }

  /** False if the epoch was voided. */
  async #finalise(id: number, header: EpochHeader, epoch: Epoch): Promise<boolean> {
    const args = [headerToAbi(header), dealsToAbi(epoch.deals)];
    if (!this.#tables.transaction(`${id} finalise`)) await this.#windowOver(header, args);
    const state = await this.contracts.epochState(this.pool, header.number);
    if (state === "voided") await this.#call(id, "release", "release", () => args);
    if (state === "voided" || state === "released") {
      this.#tables.markVoided(id);
      return false;
    }
    // Anybody may have finalised it.
    if (state === "pending" || this.#tables.transaction(`${id} finalise`))
      await this.#call(id, "finalise", "finalise", () => args);
    this.#tables.mark(id, "finalised");
    return true;
  }

  /** Returns when the next block would be late enough, or the epoch is no longer pending. */
  async #windowOver(header: EpochHeader, args: unknown[]): Promise<void> {
    const { addresses, epochs } = this.contracts;
    const closesAt = header.postedAt + (await this.contracts.windowSeconds());
    for (;;) {
      const leftS = closesAt - this.#nowS();
      if (leftS > 0) {
        await this.#wait(Math.min(leftS * 1000, 60_000));
        if ((await this.contracts.epochState(this.pool, header.number)) !== "pending") return;
        continue;
      }
      try {
        const data = epochs.encodeFunctionData("finalise", args);
        await this.#o.provider.estimateGas({ to: addresses.epochs, data, from: this.pool });
        return;
      } catch (error) {
        // The chain's clock is behind ours.
        if (!isError(error, "CALL_EXCEPTION") || epochs.parseError(error.data ?? "0x")?.name !== "WindowOpen") return;
        await this.#wait(WINDOW_POLL_MS);
      }
    }
  }

  #call(id: number, step: string, method: string, args: () => unknown[]): Promise<TransactionReceipt> {
    return this.#sender.send(`${id} ${step}`, () => ({
      to: this.contracts.addresses.epochs,
      data: this.contracts.epochs.encodeFunctionData(method, args()),
    }));
  }

  /** For calls that depend on the chain's state now, which was just read: once mined, the step is forgotten. */
  async #once(step: (typeof POOL_STEPS)[number], to: Address, data: string): Promise<void> {
    await this.#sender.send(step, () => ({ to, data }));
    this.#tables.deleteTransaction(step);
  }

  async #rebuild(stored: StoredEpoch): Promise<Epoch> {
    const { tasks, batches } = decodeEpochData(this.#tables.data(stored.id));
    const deals = new Map<Bytes32, DealOnChain>();
    for (const { dealId } of stored.deals) {
      const deal = await this.#lazy.terms(dealId);
      if (!deal) throw new SuperEdgeError("chain-unavailable", `there is no deal ${dealId} on chain any more`);
      deals.set(dealId, deal);
    }
    const epoch = buildEpoch({ previous: this.#tables.ledgerBefore(stored.id), deals, tasks, batches }, keccak);
    const isSame = epoch.roots.ledger.root === stored.roots.ledger.root;
    if (!isSame && stored.state === "built" && epoch.deals.some(({ dealId }) => this.#lazy.find(dealId))) {
      // The pool's fee has changed since it was built, and a lazy deal is opened with the fee of the day: it can never be posted.
      this.#tables.deleteTransaction(`${stored.id} post`);
      this.#tables.deleteEpoch(stored.id);
      throw new SuperEdgeError("chain-unavailable", `epoch ${stored.id} was for another fee, and is built anew`);
    }
    invariant(isSame, `epoch ${stored.id} builds again to its roots`);
    return epoch;
  }

  #transactions(stored: Pick<StoredEpoch, "id">): Map<string, { hash: Bytes32; gas: number }> {
    return this.#tables.transactionsOf(stored.id);
  }

  #report(id: number, state: "credited" | "voided", epoch: Epoch, header: EpochHeader): SettlementReport {
    const steps = [...this.#transactions({ id })];
    const workersWei = new Map<Address, bigint>();
    for (const { worker, sum } of epoch.rewards)
      workersWei.set(worker, (workersWei.get(worker) ?? 0n) + (epoch.forfeited.has(worker) ? 0n : sum.rewardWei));
    return {
      number: header.number,
      state,
      epochHash: epochHash(header),
      tasks: epoch.tasks.length,
      contributions: epoch.rewards.length,
      gas: Object.fromEntries(steps.map(([step, { gas }]) => [step, gas])),
      transactions: Object.fromEntries(steps.map(([step, { hash }]) => [step, hash])),
      workersWei,
      forfeited: [...epoch.forfeited],
      poolWei: epoch.deals.reduce((sum, deal) => sum + deal.poolWei, 0n),
      burnedWei: epoch.deals.reduce((sum, deal) => sum + deal.burnedWei, 0n),
    };
  }

  #nowS(): number {
    return this.#o.nowS?.() ?? Math.floor(Date.now() / 1000);
  }
}

type DealOnChain = NonNullable<Awaited<ReturnType<Contracts["dealTerms"]>>>;
