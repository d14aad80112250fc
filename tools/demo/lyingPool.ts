// A pool that lies: it charges a customer for tasks with the signatures of two workers, and one of the signatures is made up.
// All else is as an honest pool does it, with the same code: registered, bonded, its epoch's data published.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Contract, type HDNodeWallet, type JsonRpcProvider, parseEther, Wallet } from "ethers";
import type { Grid } from "../../client/index.ts";
import type { PoolView } from "../../protocol/api.ts";
import { commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "../../protocol/commit.ts";
import type { SettledContribution, SettledTask } from "../../protocol/epoch.ts";
import { assembleEpoch, type Epoch } from "../../protocol/epochBuild.ts";
import { invariant } from "../../protocol/errors.ts";
import { type Address, type Bytes32, fromHex, hex32, toAddress, toBytes32, toHex } from "../../protocol/ids.ts";
import { KeccakTree } from "../../protocol/keccakTree.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { dealsToAbi, headerToAbi, rootsToAbi, sumTreeToAbi } from "../../relay/settlement/abi.ts";
import { dealTermsAt } from "../../relay/settlement/contracts.ts";
import { signHash } from "../../relay/signature.ts";
import { ChainEpochs, type Posting } from "../../relay/watch/chainEpochs.ts";

const TASKS = 10;
const PRICE_WEI = parseEther("1");
const BOND_WEI = parseEther("1000");
const FEE_BPS = 1000;
const DEAL_SECONDS = 3600;

interface Made {
  view: PoolView;
  wallet: HDNodeWallet;
  customer: Address;
  dealId: Bytes32;
  epoch: Epoch;
  /** Of the epoch's data. */
  server: Server;
  chain: ChainEpochs;
}

export class LyingPool {
  readonly address: Address;
  readonly #made: Omit<Made, "view" | "wallet">;
  readonly #epochs: Contract;
  readonly #hub: Contract;
  #posted: Posting | undefined;

  /** Opens the pool, finds it a customer, and makes up the work. Nothing is posted yet. */
  static async open(grid: Grid, provider: JsonRpcProvider): Promise<LyingPool> {
    const view = await grid.pool();
    const [wallet, customer] = [Wallet.createRandom(provider), Wallet.createRandom(provider)];
    for (const { address } of [wallet, customer]) await grid.fund(toAddress(address));
    const contracts = (of: HDNodeWallet) => ({
      token: new Contract(view.token, artifactOf("EdgeToken").abi, of),
      hub: new Contract(view.hub, artifactOf("Hub").abi, of),
    });
    const own = contracts(wallet);
    await call(own.hub, "registerPool", FEE_BPS);
    await call(own.token, "approve", view.hub, BOND_WEI);
    await call(own.hub, "deposit", BOND_WEI);
    await call(own.hub, "bond", BOND_WEI);
    const theirs = contracts(customer);
    await call(theirs.token, "approve", view.hub, PRICE_WEI * BigInt(TASKS));
    await call(theirs.hub, "deposit", PRICE_WEI * BigInt(TASKS));
    const order = {
      pool: wallet.address,
      appHash: hex32(new Uint8Array(32).fill(1)),
      jobHash: hex32(new Uint8Array(32).fill(2)),
      law: 1,
      trust: 2,
      replicas: 2,
      tasks: TASKS,
      pricePerTaskWei: PRICE_WEI,
      maxFeeBps: FEE_BPS,
      deadline: Math.floor(Date.now() / 1000) + DEAL_SECONDS,
      ...FREE_ASSETS,
    };
    const dealId = toBytes32(await theirs.hub.getFunction("openDeal").staticCall(order));
    await call(theirs.hub, "openDeal", order);
    const tasks = madeUp(dealId, toAddress(wallet.address), { chainId: view.chainId, hub: view.hub as Address });
    const terms = (await dealTermsAt(own.hub, dealId))!;
    const epoch = assembleEpoch({ previous: new Map(), deals: new Map([[dealId, terms]]), tasks, batches: [] });
    const server = createServer((request, response) => {
      const isData = request.url === "/api/epochs/0/data";
      response.writeHead(isData ? 200 : 404, { "content-type": "application/octet-stream" });
      response.end(isData ? epoch.data : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const chain = await ChainEpochs.at(toAddress(view.epochs), provider);
    return new LyingPool({ view, wallet, customer: toAddress(customer.address), dealId, epoch, server, chain });
  }

  private constructor({ view, wallet, ...made }: Made) {
    this.address = toAddress(wallet.address);
    this.#made = made;
    this.#epochs = new Contract(view.epochs, artifactOf("Epochs").abi, wallet);
    this.#hub = new Contract(view.hub, artifactOf("Hub").abi, wallet);
  }

  get epoch(): Epoch {
    return this.#made.epoch;
  }

  /** Where its epochs' data is. */
  get url(): string {
    return `http://127.0.0.1:${(this.#made.server.address() as AddressInfo).port}`;
  }

  async bondWei(): Promise<bigint> {
    return (await this.#hub.getFunction("poolOf")(this.address)).bondWei;
  }

  /** Tells the lie. */
  async post(): Promise<void> {
    const { roots, previous, deals } = this.#made.epoch;
    await call(this.#epochs, "post", rootsToAbi(roots), sumTreeToAbi(previous), dealsToAbi(deals), []);
    const { chain } = this.#made;
    const postings = await chain.postedIn(0, await this.#epochs.runner!.provider!.getBlockNumber());
    this.#posted = postings.find(({ header }) => header.pool === this.address);
  }

  /** Asks for its money; gives the contract's reason for not paying, undefined if it pays. */
  async finalise(): Promise<string | undefined> {
    try {
      await this.#epochs.getFunction("finalise").staticCall(...this.#arguments());
      return undefined;
    } catch (error) {
      return (error as { revert?: { name: string } }).revert?.name ?? String(error);
    }
  }

  /** Who was to be charged gets everything back; anybody can do the first step. Gives what came back, wei. */
  async refund(): Promise<bigint> {
    await call(this.#epochs, "release", ...this.#arguments());
    await call(this.#hub, "closeDeal", this.#made.dealId);
    return this.#hub.getFunction("freeWei")(this.#made.customer);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#made.server.close(resolve));
  }

  #arguments(): unknown[] {
    invariant(this.#posted, "the lie was posted");
    return [headerToAbi(this.#posted.header), dealsToAbi(this.#posted.deals)];
  }
}

const call = async (contract: Contract, method: string, ...args: unknown[]): Promise<void> => {
  await (await contract.getFunction(method)(...args)).wait();
};

/** Two workers agree on every task. The pool has the key of one; for the other it signs with a key of its own. */
function madeUp(dealId: Bytes32, pool: Address, domain: Domain): SettledTask[] {
  const crony = Wallet.createRandom();
  const victim = Wallet.createRandom();
  const random = () => crypto.getRandomValues(new Uint8Array(32));
  const tasks = Array.from({ length: TASKS }, (_, index) => ({ index, nonce: random(), digest: random() }));
  const partsOf = (worker: Address, key: string) => {
    const salts = tasks.map(random);
    const commitments = tasks.map(({ index, nonce, digest }, i) =>
      commitmentOf(taskKeyOf(dealId, index, nonce), worker, digest, salts[i]!),
    );
    const tree = new KeccakTree(commitments);
    const { root, count } = tree;
    const hash = commitBatchHash(domain, { pool, worker, sequence: 0, root, count });
    const batch = { sequence: 0, root: hex32(root), count, signature: toHex(signHash(hash, fromHex(key))) };
    return tasks.map(
      ({ digest }, position): SettledContribution => ({
        worker,
        agrees: true,
        digest: hex32(digest),
        salt: hex32(salts[position]!),
        score: 0,
        batch,
        position,
        path: tree.path(position).map(hex32),
      }),
    );
  };
  const parts = [
    partsOf(toAddress(crony.address), crony.privateKey),
    partsOf(toAddress(victim.address), crony.privateKey),
  ];
  return tasks.map(({ index, nonce, digest }, i) => ({
    dealId,
    index,
    nonce: hex32(nonce),
    digest: hex32(digest),
    contributions: parts.map((own) => own[i]!),
  }));
}
