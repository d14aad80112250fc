// A pool that settles great numbers of contributions on the embedded chain: every transaction is executed by the EVM, every
// tree is built by the code of the relay.

import { type DealTerms, dealsHash, type EpochHeader } from "../../../protocol/epoch.ts";
import { buildEpoch, type Epoch, type EpochInput } from "../../../protocol/epochBuild.ts";
import type { Bytes32 } from "../../../protocol/ids.ts";
import type { Ledger } from "../../../protocol/ledger.ts";
import { keccak } from "../../../relay/hashes.ts";
import { dealsToAbi, headerToAbi, rangeToAbi, rootsToAbi, sumTreeToAbi } from "../../../relay/settlement/abi.ts";
import { creditRuns } from "../../../relay/settlement/creditRuns.ts";
import { ECT, WINDOW_S, World } from "../../settlement/world.ts";
import { type TaskRange, Volunteers } from "./volunteers.ts";

const REPLICAS = 2;
const PRICE_WEI = ECT / 1000n;

/** Gas of the transactions that settle some contributions. */
export interface Settled {
  contributions: number;
  workers: number;
  deals: number;
  epochs: number;
  postGas: number;
  finaliseGas: number;
  creditGas: number;
  creditTransactions: number;
  perContribution: number;
}

export class BenchPool {
  readonly world: World;
  readonly #volunteers: Volunteers;
  readonly #workers: number;
  readonly #deals: Map<Bytes32, DealTerms>;
  readonly #next = new Map<Bytes32, number>();
  #ledger: Ledger = new Map();

  private constructor(world: World, workers: number, deals: Map<Bytes32, DealTerms>) {
    this.world = world;
    this.#workers = workers;
    this.#volunteers = new Volunteers(world.domain, world.address("pool"), workers);
    this.#deals = deals;
  }

  /** A chain of its own. `contributions`: the most that all deals together will ever have. */
  static async open(workers: number, deals: number, contributions: number): Promise<BenchPool> {
    const world = await World.open();
    await world.settler().openPool(1000, 5000n * ECT);
    const tasks = Math.ceil(contributions / REPLICAS / deals);
    const terms = new Map<Bytes32, DealTerms>();
    for (let i = 0; i < deals; i++) {
      const dealId = await world.openDeal({ tasks, replicas: REPLICAS, pricePerTaskWei: PRICE_WEI });
      terms.set(dealId, (await world.contracts.dealTerms(dealId))!);
    }
    return new BenchPool(world, workers, terms);
  }

  /** What an epoch of so many contributions is built from: tasks of every deal, signed. */
  input(contributions: number): EpochInput {
    const count = contributions / REPLICAS / this.#deals.size;
    const ranges = [...this.#deals.keys()].map((dealId): TaskRange => {
      const from = this.#next.get(dealId) ?? 0;
      this.#next.set(dealId, from + count);
      return { dealId, from, count };
    });
    return { previous: this.#ledger, deals: this.#deals, tasks: this.#volunteers.certify(ranges), batches: [] };
  }

  /** So many epochs of so many contributions each; every worker is credited once, with the last. */
  async settle(contributions: number, epochs = 1): Promise<Settled> {
    const gas = { postGas: 0, finaliseGas: 0, creditGas: 0, creditTransactions: 0 };
    for (let i = 1; i <= epochs; i++) {
      const epoch = buildEpoch(this.input(contributions), keccak);
      this.#ledger = new Map(epoch.ledger.map(({ worker, sum }) => [worker, sum]));
      const header = await this.#post(epoch, gas);
      if (i === epochs) await this.#credit(epoch, header, gas);
    }
    const total = gas.postGas + gas.finaliseGas + gas.creditGas;
    return {
      contributions: contributions * epochs,
      ...{ workers: this.#workers, deals: this.#deals.size, epochs, ...gas },
      perContribution: total / (contributions * epochs),
    };
  }

  async #post(epoch: Epoch, gas: { postGas: number; finaliseGas: number }): Promise<EpochHeader> {
    const pool = this.world.address("pool");
    const number = Number(await this.world.contract("epochs").getFunction("posted")(pool));
    const deals = dealsToAbi(epoch.deals);
    const args = [rootsToAbi(epoch.roots), sumTreeToAbi(epoch.previous), deals, []];
    gas.postGas += await this.world.send("pool", "epochs", "post", ...args);
    const header = {
      ...{ pool, number, postedAt: this.world.nowS, valueWei: epoch.valueWei, dealsHash: dealsHash(epoch.deals) },
      ...{ previous: epoch.previous, roots: epoch.roots },
    };
    this.world.pass(WINDOW_S);
    gas.finaliseGas += await this.world.send("pool", "epochs", "finalise", headerToAbi(header), deals);
    return header;
  }

  async #credit(epoch: Epoch, header: EpochHeader, gas: { creditGas: number; creditTransactions: number }) {
    for (const { first, length } of creditRuns(epoch)) {
      const run = rangeToAbi(epoch.trees.ledger, epoch.ledger, first, length);
      gas.creditGas += await this.world.send("pool", "epochs", "creditMany", headerToAbi(header), run);
      gas.creditTransactions++;
    }
  }
}
