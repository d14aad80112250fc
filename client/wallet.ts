// The requester's side of the chain: balances, deposits, and opening the deal that pays for a job.
import {
  type CallExceptionError,
  Contract,
  type ContractTransactionResponse,
  Interface,
  isError,
  JsonRpcProvider,
  type Signer,
} from "ethers";
import { hubAbi, tokenAbi } from "../contracts/abi.ts";
import { type JobSpec, LAW_NUMBER, type PoolView, tasksOf } from "../protocol/api.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type JobId, toBytes32, toCid } from "../protocol/ids.ts";
import { appHash, jobHash } from "../protocol/job.ts";
import { FREE_ASSETS } from "../protocol/payout.ts";
import { signPermit } from "./permit.ts";

export interface Balances {
  /** The chain's own coin, for gas. */
  gasWei: bigint;
  /** ECT in the wallet. */
  walletWei: bigint;
  /** ECT deposited at the Hub: free to open deals with, or to withdraw. */
  freeWei: bigint;
}

/** What the chain says of a deal. */
export interface DealView {
  tasks: number;
  /** Paid for. */
  settledTasks: number;
  /** In an epoch that is posted and not final. */
  pendingTasks: number;
  pricePerTaskWei: bigint;
  /** What was not computed has been refunded. */
  closed: boolean;
}

/** How long a deal stays open for its pool, seconds: a week, so that slow volunteers can finish. */
export const DEAL_SECONDS = 7 * 24 * 3600;

export class Wallet {
  readonly provider: JsonRpcProvider;
  readonly #pool: PoolView;

  constructor(pool: PoolView, rpcUrl: string) {
    this.#pool = pool;
    // Answers kept for even a quarter of a second give stale nonces where blocks are mined on demand.
    this.provider = new JsonRpcProvider(rpcUrl, pool.chainId, { cacheTimeout: -1, staticNetwork: true });
  }

  /** The signer on the pool's chain: as it is if it has a provider, else over the pool's own endpoint. */
  connect(signer: Signer): Signer {
    return signer.provider ? signer : signer.connect(this.provider);
  }

  /** Throws `chain-unavailable`. */
  async balances(owner: Address): Promise<Balances> {
    const { token, hub } = this.#contracts(this.provider);
    return onChain("reading balances", async () => {
      const [gasWei, walletWei, freeWei] = await Promise.all([
        this.provider.getBalance(owner),
        token.balanceOf!(owner) as Promise<bigint>,
        hub.freeWei!(owner) as Promise<bigint>,
      ]);
      return { gasWei, walletWei, freeWei };
    });
  }

  /** Throws `chain-unavailable`. */
  async deal(id: JobId): Promise<DealView> {
    const { hub } = this.#contracts(this.provider);
    const deal = await onChain("reading the deal", () => hub.dealOf!(id));
    return {
      tasks: Number(deal.tasks),
      settledTasks: Number(deal.settledTasks),
      pendingTasks: Number(deal.pendingTasks),
      pricePerTaskWei: BigInt(deal.pricePerTaskWei),
      closed: Boolean(deal.closed),
    };
  }

  /** Moves ECT from the signer's wallet to its free balance, in one transaction. Throws `bad-deal`, `chain-unavailable`. */
  async deposit(signer: Signer, amountWei: bigint): Promise<void> {
    const { token, hub } = this.#contracts(signer);
    await onChain("depositing", async () => {
      const owner = await signer.getAddress();
      const held: bigint = await token.balanceOf!(owner);
      if (held < amountWei)
        throw new SuperEdgeError("bad-deal", `expected ${amountWei} wei of ECT in ${owner}'s wallet, found ${held}`);
      const permit = await signPermit(signer, token, this.#pool.hub, amountWei, await this.nowSeconds());
      await mined(await hub.depositWithPermit!(...permit));
    });
  }

  /** Locks price × tasks of the free balance for this job. Throws `bad-deal`, `chain-unavailable`. */
  async openDeal(signer: Signer, spec: JobSpec, priceWei: bigint): Promise<JobId> {
    const { hub } = this.#contracts(signer);
    return onChain("opening the deal", async () => {
      const receipt = await mined(
        await hub.openDeal!({
          pool: this.#pool.pool,
          appHash: appHash(toCid(spec.app)),
          jobHash: jobHash(spec),
          law: LAW_NUMBER[spec.law],
          trust: spec.trust,
          replicas: spec.replicas,
          tasks: tasksOf(spec),
          pricePerTaskWei: priceWei,
          // What the pool asked when the requester looked; a fee raised since then is refused by the contract.
          maxFeeBps: this.#pool.feeBps,
          deadline: (await this.nowSeconds()) + DEAL_SECONDS,
          ...FREE_ASSETS,
        }),
      );
      for (const log of receipt.logs) {
        const event = log.address.toLowerCase() === this.#pool.hub ? hub.interface.parseLog(log) : null;
        if (event?.name === "DealOpened") return toBytes32(event.args.dealId);
      }
      throw new SuperEdgeError("chain-unavailable", `expected a DealOpened event in ${receipt.hash}, found none`);
    });
  }

  #contracts(runner: JsonRpcProvider | Signer) {
    return {
      token: new Contract(this.#pool.token, tokenAbi, runner),
      hub: new Contract(this.#pool.hub, hubAbi, runner),
    };
  }

  /** The chain's clock, which is the one that deadlines are held to. */
  async nowSeconds(): Promise<number> {
    const block = await this.provider.getBlock("latest");
    return Math.max(block?.timestamp ?? 0, Math.floor(Date.now() / 1000));
  }
}

export async function mined(sent: ContractTransactionResponse) {
  const receipt = await sent.wait();
  if (!receipt) throw new SuperEdgeError("chain-unavailable", `expected ${sent.hash} in a block, found none`);
  return receipt;
}

/** A contract's refusal is `bad-deal` and names the custom error; anything else the chain does is `chain-unavailable`. */
export async function onChain<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SuperEdgeError) throw cause;
    if (isError(cause, "CALL_EXCEPTION"))
      throw new SuperEdgeError("bad-deal", `${what}: the contract answered ${revertWords(cause)}`, { cause });
    if (isError(cause, "INSUFFICIENT_FUNDS"))
      throw new SuperEdgeError("bad-deal", `${what}: the account has too little of the chain's coin for gas`, {
        cause,
      });
    throw new SuperEdgeError(
      "chain-unavailable",
      `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

const refusals = new Interface(hubAbi);

/** The custom error by name and values. ethers decodes it after a call, not after an estimate of gas. */
function revertWords({ data, reason }: CallExceptionError): string {
  const error = data ? refusals.parseError(data) : null;
  return error ? `${error.name}(${error.args.join(", ")})` : (reason ?? "a refusal");
}
