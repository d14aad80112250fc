// A requester's budget at a pool: locked once, drawn by the pool for what it has done under signed lazy orders. A job under
// one costs no transaction.
import { Contract, type Signer } from "ethers";
import { hubAbi } from "../contracts/abi.ts";
import { type JobSpec, type PoolView, tasksOf } from "../protocol/api.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, toAddress, toCid } from "../protocol/ids.ts";
import { appHash, jobHash } from "../protocol/job.ts";
import { type Budget, firmWei, type LazySubmit } from "../protocol/lazy.ts";
import { FREE_ASSETS } from "../protocol/payout.ts";
import { placeOf, signOrder } from "./market.ts";
import { DEAL_SECONDS, mined, onChain, type Wallet } from "./wallet.ts";

export class Budgets {
  readonly #pool: PoolView;
  readonly #wallet: Wallet;
  #sequence = 0;

  /** Made by `Grid`. */
  constructor(pool: PoolView, wallet: Wallet) {
    this.#pool = pool;
    this.#wallet = wallet;
  }

  /** Throws `chain-unavailable`. */
  async of(owner: Address): Promise<Budget> {
    return onChain("reading the budget", async () => {
      const found = await this.#hub().budgetOf!(owner, this.#pool.pool);
      const { lockedWei, drawnWei, leavingWei, leavesAt } = found;
      return { lockedWei, drawnWei, leavingWei, leavesAt: Number(leavesAt) };
    });
  }

  /** Locks so much more for the pool; what is missing from the free balance is deposited first. Throws `bad-deal`. */
  async lock(signer: Signer, amountWei: bigint): Promise<void> {
    const owner = this.#wallet.connect(signer);
    const { freeWei } = await this.#wallet.balances(toAddress(await owner.getAddress()));
    if (freeWei < amountWei) await this.#wallet.deposit(owner, amountWei - freeWei);
    await onChain("locking the budget", async () =>
      mined(await this.#hub(owner).lockBudget!(this.#pool.pool, amountWei)),
    );
  }

  /** Asks for so much of it back: in place of what was asked before. Throws `bad-deal` beyond what is locked. */
  async unlock(signer: Signer, amountWei: bigint): Promise<void> {
    const hub = this.#hub(this.#wallet.connect(signer));
    await onChain("unlocking the budget", async () => mined(await hub.unlockBudget!(this.#pool.pool, amountWei)));
  }

  /** Moves what was asked for to the free balance. Throws `bad-deal` before its time. */
  async withdraw(signer: Signer): Promise<void> {
    const hub = this.#hub(this.#wallet.connect(signer));
    await onChain("withdrawing the budget", async () => mined(await hub.withdrawBudget!(this.#pool.pool)));
  }

  /**
   * Signs the order that pays for a job: one signature, no transaction. The pool may draw up to all that is locked now.
   * Throws `not-funded` if that is less than the job costs.
   */
  async sign(signer: Signer, spec: JobSpec, priceWei: bigint, title?: string): Promise<LazySubmit> {
    const requester = toAddress(await signer.getAddress());
    const budget = await this.of(requester);
    const tasks = tasksOf(spec);
    const firm = firmWei(budget);
    if (firm < priceWei * BigInt(tasks))
      throw new SuperEdgeError(
        "not-funded",
        `expected ${priceWei * BigInt(tasks)} wei locked for pool ${this.#pool.pool}, found ${firm}`,
      );
    const nowS = await onChain("reading the chain's time", () => this.#wallet.nowSeconds());
    // Greater than every one before, without asking anybody: milliseconds.
    this.#sequence = Math.max(this.#sequence + 1, Date.now());
    const order = {
      pool: toAddress(this.#pool.pool),
      appHash: appHash(toCid(spec.app)),
      jobHash: jobHash(spec),
      law: spec.law,
      trust: spec.trust,
      replicas: spec.replicas,
      tasks,
      pricePerTaskWei: priceWei,
      maxFeeBps: this.#pool.feeBps,
      deadline: nowS + DEAL_SECONDS,
      ...FREE_ASSETS,
    };
    const lazy = { requester, order, sequence: this.#sequence, mostWei: budget.drawnWei + budget.lockedWei };
    const signed = await signOrder(placeOf(this.#pool), "LazyOrder", lazy, signer);
    return { lazy: signed, spec, ...(title !== undefined && { title }) };
  }

  #hub(runner: Signer | Wallet["provider"] = this.#wallet.provider): Contract {
    return new Contract(this.#pool.hub, hubAbi, runner);
  }
}
