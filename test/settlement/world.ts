// A chain, its contracts, a pool, a requester and workers with real keys, in memory, under a clock that tests move.
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BrowserProvider, Contract, isError, Wallet } from "ethers";
import { commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "../../protocol/commit.ts";
import type { Law, SettledContribution, SettledTask } from "../../protocol/epoch.ts";
import { type Address, type Bytes32, fromHex, hex32, toAddress, toBytes32, toHex } from "../../protocol/ids.ts";
import { KeccakTree } from "../../protocol/keccakTree.ts";
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { Chain } from "../../relay/chain/chain.ts";
import { type ChainAddresses, CONTRACTS, deploy } from "../../relay/chain/deploy.ts";
import { Contracts } from "../../relay/settlement/contracts.ts";
import { Settler, type SettlerOptions } from "../../relay/settlement/settler.ts";
import { signHash } from "../../relay/signature.ts";

export const ECT = 10n ** 18n;
export const WINDOW_S = 60;
const START_S = 1_800_000_000;

/** Bytes that depend on the name alone: keys, salts, digests of a test are the same every time. */
export const named = (name: string): Bytes32 =>
  toBytes32(`0x${createHash("sha256").update(`superedge test: ${name}`).digest("hex")}`);

const wallets = new Map<string, Wallet>();
/** The same object for the same name: making one costs a multiplication on the curve. */
export function walletOf(name: string): Wallet {
  let wallet = wallets.get(name);
  if (!wallet) {
    wallet = new Wallet(named(`key of ${name}`));
    wallets.set(name, wallet);
  }
  return wallet;
}

export interface OrderTerms {
  law: Law;
  trust: number;
  replicas: number;
  tasks: number;
  pricePerTaskWei: bigint;
  deadline: number;
  appOwner: string;
  appWei: bigint;
  datasetOwner: string;
  datasetWei: bigint;
}

const usualOrder: OrderTerms = {
  law: "poco",
  trust: 2,
  replicas: 2,
  tasks: 10,
  pricePerTaskWei: ECT,
  deadline: START_S + 86_400,
  ...FREE_ASSETS,
};

/** What a worker did with one task. */
export interface Part {
  worker: string;
  digest: string;
  score?: number;
  /** Of law `pool`: the pool's verdict where digests differ. */
  agrees?: boolean;
}

type Deployed = keyof typeof CONTRACTS;

/** Where blocks are made: the embedded chain, or one that fails as tests want it to. */
export interface TestChain {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
  mine(): Promise<void>;
  close(): Promise<void>;
}

const CHAIN_ID = 31337;

const embedded = (accounts: readonly Address[], nowS: () => number): Promise<Chain> =>
  Chain.open({ file: ":memory:", chainId: CHAIN_ID, accounts, nowS });

export class World<Made extends TestChain = Chain> {
  readonly chain: Made;
  readonly provider: BrowserProvider;
  readonly addresses: ChainAddresses;
  readonly contracts: Contracts;
  readonly domain: Domain;
  readonly #clock: { nowS: number };
  readonly #sequences = new Map<string, number>();

  private constructor(chain: Made, provider: BrowserProvider, addresses: ChainAddresses, clock: { nowS: number }) {
    this.chain = chain;
    this.provider = provider;
    this.addresses = addresses;
    this.#clock = clock;
    this.contracts = new Contracts(addresses, provider);
    this.domain = { chainId: addresses.chainId, hub: addresses.hub };
  }

  static open(): Promise<World> {
    return World.on(embedded);
  }

  /** The same on a chain of the test's own. */
  static async on<Made extends TestChain>(
    openChain: (accounts: readonly Address[], nowS: () => number) => Promise<Made>,
  ): Promise<World<Made>> {
    const clock = { nowS: START_S };
    const rich = ["treasury", "pool", "otherPool", "requester", "stranger", "challenger"];
    const accounts = rich.map((name) => toAddress(walletOf(name).address));
    const chain = await openChain(accounts, () => clock.nowS);
    const provider = new BrowserProvider(chain, undefined, { cacheTimeout: -1 });
    const treasury = walletOf("treasury").connect(provider);
    const addresses = await deploy({
      deployer: treasury,
      file: join(mkdtempSync(join(tmpdir(), "superedge-")), "contracts.json"),
      treasury: toAddress(treasury.address),
      supplyWei: 1_000_000_000n * ECT,
      windowSeconds: WINDOW_S,
      unbondSeconds: 2 * WINDOW_S,
      closeSeconds: 3600,
    });
    const world = new World<Made>(chain, provider, addresses, clock);
    for (const name of rich.slice(1))
      await world.send("treasury", "token", "transfer", walletOf(name).address, 10_000n * ECT);
    for (const pool of ["pool", "otherPool"]) await world.send(pool, "hub", "registerPool", 1000);
    return world;
  }

  get nowS(): number {
    return this.#clock.nowS;
  }

  pass(seconds: number): void {
    this.#clock.nowS += seconds;
  }

  async close(): Promise<void> {
    this.provider.destroy();
    await this.chain.close();
  }

  contract(name: Deployed): Contract {
    return new Contract(this.addresses[name], artifactOf(CONTRACTS[name]).abi, this.provider);
  }

  /** Sends a call as somebody, and gives the gas it used. Throws ethers' error, with `revert`, if it reverts. */
  async send(as: string, contract: Deployed, method: string, ...args: unknown[]) {
    const bound = this.contract(contract).connect(walletOf(as).connect(this.provider)) as Contract;
    await bound.getFunction(method).staticCall(...args, { blockTag: "pending" });
    const receipt = await (await bound.getFunction(method).send(...args)).wait();
    return Number(receipt!.gasUsed);
  }

  /** The name of the error a call reverts with; "nothing" if it does not. */
  async revertOf(run: Promise<unknown>): Promise<string> {
    try {
      await run;
    } catch (error) {
      if (!isError(error, "CALL_EXCEPTION")) throw error;
      // The Hub's errors come through Epochs and Market, which do not declare them; and an estimate of gas names none.
      const named = (["hub", "market", "epochs", "withdrawals"] as const).map(
        (name) => this.contract(name).interface.parseError(error.data ?? "0x")?.name,
      );
      return error.revert?.name ?? named.find(Boolean) ?? "unknown";
    }
    return "nothing";
  }

  address(name: string): Address {
    return toAddress(walletOf(name).address);
  }

  async supplyWei(): Promise<bigint> {
    return this.contract("token").getFunction("totalSupply")();
  }

  async deposit(as: string, amountWei: bigint): Promise<void> {
    await this.send(as, "token", "approve", this.addresses.hub, amountWei);
    await this.send(as, "hub", "deposit", amountWei);
  }

  /** Opens a deal, its money deposited along with it. */
  async openDeal(terms: Partial<OrderTerms> = {}, pool = "pool", requester = "requester"): Promise<Bytes32> {
    const order = { ...usualOrder, ...terms };
    await this.deposit(requester, order.pricePerTaskWei * BigInt(order.tasks));
    const hub = this.contract("hub").connect(walletOf(requester).connect(this.provider)) as Contract;
    const call = {
      ...order,
      pool: this.address(pool),
      appHash: named("app"),
      jobHash: named("job"),
      law: order.law === "poco" ? 1 : 0,
      maxFeeBps: 5000,
    };
    const dealId = toBytes32(await hub.getFunction("openDeal").staticCall(call));
    await (await hub.getFunction("openDeal").send(call)).wait();
    return dealId;
  }

  settler(options: Partial<SettlerOptions> = {}, pool = "pool"): Settler {
    return new Settler({
      wallet: walletOf(pool),
      provider: this.provider,
      addresses: this.addresses,
      db: new DatabaseSync(":memory:"),
      tasks: () => [],
      nowS: () => this.nowS,
      wait: async (ms) => this.pass(Math.ceil(ms / 1000)),
      ...options,
    });
  }

  /** Tasks as the relay has them certified: every worker commits to all of its parts in one signed batch. */
  certify(dealId: Bytes32, parts: Record<number, Part[]>, pool = "pool"): SettledTask[] {
    const tasks = Object.entries(parts).map(([index, contributions]) => {
      const nonce = named(`nonce ${dealId} ${index}`);
      return { index: Number(index), contributions, nonce, key: taskKeyOf(dealId, Number(index), fromHex(nonce)) };
    });
    const batches = this.#batches(pool, tasks);
    return tasks.map(({ index, contributions, nonce }) => ({
      dealId,
      index,
      nonce,
      digest: named(`digest ${contributions[0]!.digest}`),
      contributions: contributions.map((part) => ({
        worker: this.address(part.worker),
        agrees: part.agrees ?? part.digest === contributions[0]!.digest,
        digest: named(`digest ${part.digest}`),
        salt: named(`salt ${index} ${part.worker}`),
        score: part.score ?? 0,
        ...batches.get(part.worker)!.get(index)!,
      })),
    }));
  }

  #batches(pool: string, tasks: { index: number; contributions: Part[]; key: Uint8Array }[]) {
    type Place = Pick<SettledContribution, "batch" | "position" | "path">;
    const places = new Map<string, Map<number, Place>>();
    const workers = new Set(tasks.flatMap(({ contributions }) => contributions.map(({ worker }) => worker)));
    for (const worker of workers) {
      const own = tasks.flatMap(({ index, contributions, key }) => {
        const part = contributions.find((c) => c.worker === worker);
        return part ? [{ index, key, part }] : [];
      });
      places.set(worker, new Map());
      for (let from = 0; from < own.length; from += MAX_BATCH_TASKS) {
        const chunk = own.slice(from, from + MAX_BATCH_TASKS);
        const commitments = chunk.map(({ index, key, part }) => {
          const digest = fromHex(named(`digest ${part.digest}`));
          return commitmentOf(key, this.address(worker), digest, fromHex(named(`salt ${index} ${worker}`)));
        });
        const tree = new KeccakTree(commitments);
        const batch = this.#sign(pool, worker, tree);
        chunk.forEach(({ index }, position) => {
          places.get(worker)!.set(index, { batch, position, path: tree.path(position).map(hex32) });
        });
      }
    }
    return places;
  }

  #sign(pool: string, worker: string, { root, count }: KeccakTree): SettledContribution["batch"] {
    const sequence = this.#sequences.get(worker) ?? 0;
    this.#sequences.set(worker, sequence + 1);
    const message = { pool: this.address(pool), worker: this.address(worker), sequence, root, count };
    const signature = toHex(signHash(commitBatchHash(this.domain, message), fromHex(walletOf(worker).privateKey)));
    return { sequence, root: hex32(root), count, signature };
  }
}
