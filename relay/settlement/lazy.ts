// Lazy deals as the settler sees them: what their terms will be once they are open, and who pays when they are opened.
import type { DealTerms } from "../../protocol/epoch.ts";
import type { DealProgress } from "../../protocol/fromChain.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import type { Budget } from "../../protocol/lazy.ts";
import type { LazyOrder, Signed } from "../../protocol/orders.ts";
import type { Contracts } from "./contracts.ts";

/** Deals that one epoch opens: about 150,000 gas each, and a block has 30 million. */
const MAX_LAZY_DEALS = 100;

/** The deal as the Hub would open it now. `closed`: it would not. */
function lazyTerms(
  { requester, order }: LazyOrder,
  dealId: Bytes32,
  { feeBps, closed }: { feeBps: number; closed: boolean },
): DealTerms & DealProgress {
  const { pool, appHash, jobHash, law, trust, replicas, tasks, pricePerTaskWei, deadline } = order;
  return {
    ...{ dealId, payer: requester, requester, pool, appHash, jobHash, law, trust, replicas, tasks, pricePerTaskWei },
    ...{ assetsWei: order.appWei + order.datasetWei, feeBps, deadline },
    ...{ closed, settledTasks: 0, pendingTasks: 0 },
  };
}

/**
 * Follows the budgets as one epoch would draw on them. An order that its requester's budget does not cover whatever the
 * order of opening is the pool's to pay, from what it has free at the Hub and in its wallet.
 */
export class LazyFunds {
  readonly #contracts: Contracts;
  readonly #pool: Address;
  readonly #budgets = new Map<Address, { budget: Budget; wantedWei: bigint; leastMostWei: bigint }>();
  #haveWei: bigint | undefined;
  /** What the pool has to pay. */
  shortWei = 0n;
  #orders = 0;

  constructor(contracts: Contracts, pool: Address) {
    this.#contracts = contracts;
    this.#pool = pool;
  }

  /** False if neither the budget nor the pool can pay for it, or an epoch can open no more. */
  async reserve({ requester, order, mostWei }: LazyOrder): Promise<boolean> {
    if (this.#orders++ >= MAX_LAZY_DEALS) return false;
    const valueWei = order.pricePerTaskWei * BigInt(order.tasks);
    const drawn = await this.#of(requester);
    const wantedWei = drawn.wantedWei + valueWei;
    const leastMostWei = mostWei < drawn.leastMostWei ? mostWei : drawn.leastMostWei;
    if (wantedWei <= drawn.budget.lockedWei && drawn.budget.drawnWei + wantedWei <= leastMostWei) {
      Object.assign(drawn, { wantedWei, leastMostWei });
      return true;
    }
    this.#haveWei ??= await this.#poolHas();
    if (this.shortWei + valueWei > this.#haveWei) return false;
    this.shortWei += valueWei;
    return true;
  }

  async #of(requester: Address) {
    let drawn = this.#budgets.get(requester);
    if (!drawn) {
      const budget = await this.#contracts.budget(requester, this.#pool);
      drawn = { budget, wantedWei: 0n, leastMostWei: 2n ** 128n };
      this.#budgets.set(requester, drawn);
    }
    return drawn;
  }

  async #poolHas(): Promise<bigint> {
    const { freeWei, tokenWei } = await this.#contracts.balances(this.#pool);
    return freeWei + tokenWei;
  }
}

export class LazySide {
  readonly #contracts: Contracts;
  readonly #pool: Address;
  readonly #find: (dealId: Bytes32) => Signed<"LazyOrder"> | undefined;
  readonly #nowS: () => number;

  /** `find`: the order that a deal will be opened by, or was. */
  constructor(contracts: Contracts, pool: Address, find: LazySide["find"], nowS: () => number) {
    this.#contracts = contracts;
    this.#pool = pool;
    this.#find = find;
    this.#nowS = nowS;
  }

  find(dealId: Bytes32): Signed<"LazyOrder"> | undefined {
    return this.#find(dealId);
  }

  /** Of a deal that is on chain, or that the next epoch can open; undefined if nobody can pay for it. */
  async terms(dealId: Bytes32, funds?: LazyFunds): Promise<(DealTerms & DealProgress) | undefined> {
    const deal = await this.#contracts.dealTerms(dealId);
    const lazy = this.#find(dealId);
    if (deal || !lazy) return deal;
    if (funds && !(await funds.reserve(lazy.order))) return undefined;
    const { feeBps } = await this.#contracts.pool(this.#pool);
    const endsAt = lazy.order.order.deadline + (await this.#contracts.closeSeconds());
    return lazyTerms(lazy.order, dealId, { feeBps, closed: endsAt <= this.#nowS() });
  }

  /** The orders of those deals that are not on chain, in their order, and what of them the pool has to pay. */
  async opening(deals: readonly { dealId: Bytes32 }[]): Promise<{ orders: Signed<"LazyOrder">[]; shortWei: bigint }> {
    const orders: Signed<"LazyOrder">[] = [];
    const funds = new LazyFunds(this.#contracts, this.#pool);
    for (const { dealId } of deals) {
      const lazy = this.#find(dealId);
      if (!lazy || (await this.#contracts.dealTerms(dealId))) continue;
      await funds.reserve(lazy.order);
      orders.push(lazy);
    }
    return { orders, shortWei: funds.shortWei };
  }
}
