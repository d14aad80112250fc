// A chain under a clock that tests move, and books of orders that are kept true to it.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContractFactory } from "ethers";
import { signOrder } from "../../client/index.ts";
import { type Address, type Bytes32, type Hex, toAddress } from "../../protocol/ids.ts";
import type { PostedOf } from "../../protocol/orderBook.ts";
import { ANYBODY, NO_ASSET, type OrderOf } from "../../protocol/orders.ts";
import type { BookLimits } from "../../relay/orders/book.ts";
import { Orders } from "../../relay/orders/orders.ts";
import { ChainMarket } from "../../relay/settlement/market.ts";
import { Store } from "../../relay/store/store.ts";
import { APP } from "../contracts/offers.ts";
import { ECT, named, World, walletOf } from "../settlement/world.ts";

export class Stage {
  readonly world: World;
  readonly market: ChainMarket;
  readonly folder = mkdtempSync(join(tmpdir(), "superedge-orders-"));
  readonly #stores: Store[] = [];

  private constructor(world: World) {
    this.world = world;
    this.market = new ChainMarket(world.addresses, world.provider);
  }

  /** The challenger can pay for 1000 tasks. */
  static async open(): Promise<Stage> {
    const stage = new Stage(await World.open());
    await stage.world.deposit("challenger", 1000n * ECT);
    return stage;
  }

  async close(): Promise<void> {
    for (const store of this.#stores) store.close();
    await this.world.close();
  }

  store(name = ":memory:"): Store {
    const store = new Store(name === ":memory:" ? name : join(this.folder, name), (error) => {
      throw error;
    });
    this.#stores.push(store);
    return store;
  }

  book(store = this.store(), limits?: BookLimits): Orders {
    const { world, market } = this;
    const nowMs = () => world.nowS * 1000;
    return new Orders({ store, market, domain: world.addresses, nowMs, ...(limits && { limits }) });
  }

  sign<Kind extends "AppOrder" | "DatasetOrder" | "PoolOrder" | "RequestOrder">(
    kind: Kind,
    order: OrderOf<Kind>,
    as: string,
  ): Promise<Hex> {
    return signOrder(this.world.addresses, kind, order, walletOf(as)).then(({ signature }) => signature);
  }

  async poolOrder(change: Partial<OrderOf<"PoolOrder">> = {}, as = "pool"): Promise<PostedOf<"PoolOrder">> {
    const order: OrderOf<"PoolOrder"> = {
      ...{ pool: this.world.address(as), priceWei: ECT, volume: 1000, leastVolume: 1, category: "S", law: "poco" },
      ...{ trust: 2, replicas: 2, tags: ["wasm", "wgsl"], app: NO_ASSET, requesters: ANYBODY, leastSeconds: 60 },
      ...{ expiry: this.world.nowS + 3600, salt: named("salt") },
      ...change,
    };
    return { kind: "PoolOrder", order, signature: await this.sign("PoolOrder", order, as) };
  }

  async request(change: Partial<OrderOf<"RequestOrder">> = {}, as = "challenger"): Promise<PostedOf<"RequestOrder">> {
    const order: OrderOf<"RequestOrder"> = {
      ...{ requester: this.world.address(as), payer: ANYBODY, app: NO_ASSET, appHash: APP, appMaxWei: 0n },
      ...{ dataset: NO_ASSET, datasetMaxWei: 0n, pools: ANYBODY, poolMaxWei: ECT, maxFeeBps: 1000 },
      ...{ jobHash: named("job"), volume: 10, leastVolume: 1, category: "S", law: "poco", trust: 2, replicas: 2 },
      ...{ tags: ["wasm"], deadline: this.world.nowS + 7200, expiry: this.world.nowS + 3600, salt: named("salt 1") },
      ...change,
    };
    return { kind: "RequestOrder", order, signature: await this.sign("RequestOrder", order, as) };
  }

  async appOrder(app: Bytes32, change: Partial<OrderOf<"AppOrder">> = {}): Promise<PostedOf<"AppOrder">> {
    const order: OrderOf<"AppOrder"> = {
      ...{ app, priceWei: ECT / 10n, volume: 1000, tags: [], pools: ANYBODY, requesters: ANYBODY },
      ...{ expiry: this.world.nowS + 3600, salt: named("salt") },
      ...change,
    };
    return { kind: "AppOrder", order, signature: await this.sign("AppOrder", order, "requester") };
  }

  /** A contract whose code is this, as the EVM runs it. */
  async contract(code: string): Promise<Address> {
    const bytes = (code.length / 2).toString(16).padStart(2, "0");
    // Copies what follows these nine bytes, and returns it.
    const factory = new ContractFactory(
      [],
      `0x60${bytes}8060095f395ff3${code}`,
      walletOf("stranger").connect(this.world.provider),
    );
    const deployed = await factory.deploy();
    await deployed.waitForDeployment();
    return toAddress(await deployed.getAddress());
  }
}

/** Answers every call with the magic value of ERC-1271. */
export const SIGNS_ANYTHING = `7f1626ba7e${"00".repeat(28)}5f5260205ff3`;
/** Answers every call with 1: a group of everybody. */
export const ADMITS_ANYBODY = "60015f5260205ff3";
/** Runs until its gas is gone. */
export const NEVER_ENDS = "5b5f56";
