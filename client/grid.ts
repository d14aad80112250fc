// A pool as a requester's program sees it: its apps, blobs and jobs, and the wallet that pays.
import type { Provider, Signer } from "ethers";
import { type Manifest, parseParams } from "../kernels/kernel.ts";
import type { EpochView, JobSpec, JobView, PoolView, QuoteRequest, Submit, WorkerView } from "../protocol/api.ts";
import { cidOf } from "../protocol/cid.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Cid, type JobId, toAddress, toBytes32 } from "../protocol/ids.ts";
import { MAX_BLOB_BYTES } from "../protocol/limits.ts";
import { PROTOCOL_VERSION } from "../protocol/messages.ts";
import { inJson } from "../protocol/orders.ts";
import {
  epochsAnswer,
  faucetAnswer,
  jobAnswer,
  jobsAnswer,
  poolAnswer,
  quoteAnswer,
  uploadAnswer,
  workerAnswer,
  workersAnswer,
} from "./answers.ts";
import { Apps, type PublishedApp } from "./apps.ts";
import { Budgets } from "./budget.ts";
import { Job } from "./job.ts";
import { type MarketPlace, placeOf } from "./market.ts";
import { OrderBook } from "./orders.ts";
import { depositOf, expectedReplicas, type Quote, quoteOf, type Terms, type Wishes } from "./quote.ts";
import { Relay } from "./relay.ts";
import { type Balances, type DealView, Wallet } from "./wallet.ts";

/** What to compute, and on what terms. */
export interface JobRequest extends Terms {
  app: Cid;
  /** What is absent takes the manifest's default. */
  params: Record<string, number>;
  /** Uploaded blobs, one an input of the manifest. */
  inputs: Cid[];
  /** For one certified task, wei: shared by pool, agreeing workers, and the burn. */
  priceWei: bigint;
  title?: string;
}

/** Of an epoch's published data: 20,000 tasks with a dozen contributions each are about as much. */
const MAX_EPOCH_DATA_BYTES = 64 * 1024 * 1024;

/** What `submit` does, in order; `deposit` is left out where enough is free. */
export type SubmitStep =
  | { step: "deposit"; wei: bigint }
  | { step: "openDeal"; wei: bigint }
  /** The deal is open and paid: `announce(submit)` can be called again should the rest fail. */
  | { step: "announce"; submit: Submit };

/** Awaited before the step is taken: what it writes down is on disk by then. */
export type OnStep = (step: SubmitStep) => void | Promise<void>;

export class Grid {
  /** The relay's book of signed orders. */
  readonly orders: OrderBook;
  /** What requesters have locked for this pool. */
  readonly budgets: Budgets;
  readonly #relay: Relay;
  readonly #apps: Apps;
  readonly #wallet: Wallet;

  private constructor(relay: Relay, pool: PoolView) {
    this.#relay = relay;
    this.orders = new OrderBook(relay);
    this.#apps = new Apps(relay);
    this.#wallet = new Wallet(pool, relay.address(pool.rpcUrl).href);
    this.budgets = new Budgets(pool, this.#wallet);
  }

  /** Throws `relay-unavailable`, or `bad-version` if the relay speaks another protocol. */
  static async connect(relayUrl: string | URL): Promise<Grid> {
    const relay = new Relay(relayUrl);
    const pool = await relay.json(poolAnswer, "api/pool");
    if (pool.protocol !== PROTOCOL_VERSION)
      throw new SuperEdgeError("bad-version", `expected protocol ${PROTOCOL_VERSION}, found ${pool.protocol}`);
    return new Grid(relay, pool);
  }

  /** The pool as it is now: its terms, its contracts, who is connected. */
  pool(): Promise<PoolView> {
    return this.#relay.json(poolAnswer, "api/pool");
  }

  /** Where orders are signed for, and matched. */
  async place(): Promise<MarketPlace> {
    return placeOf(await this.pool());
  }

  /** On the pool's chain: as it is if it has a provider, else over the pool's own endpoint. */
  connectSigner(signer: Signer): Signer {
    return this.#wallet.connect(signer);
  }

  /** What the pool can compute. */
  apps(): Promise<PublishedApp[]> {
    return this.#apps.list();
  }

  /** Throws `not-found`, or `bad-app`. */
  app(id: Cid): Promise<PublishedApp> {
    return this.#apps.get(id);
  }

  /** Uploads the code and registers the app. Throws `bad-app`. */
  async publish(manifest: Manifest, code: Uint8Array | string): Promise<PublishedApp> {
    const bytes = typeof code === "string" ? new TextEncoder().encode(code) : code;
    return this.#apps.publish(manifest, await this.upload(bytes));
  }

  /** Stores bytes at the relay. Throws `bad-blob` if it names them otherwise than we do, `too-large` beyond 256 MiB. */
  async upload(bytes: Uint8Array): Promise<Cid> {
    if (bytes.length > MAX_BLOB_BYTES)
      throw new SuperEdgeError(
        "too-large",
        `expected a blob of at most ${MAX_BLOB_BYTES} bytes, found ${bytes.length}`,
      );
    const [cid, answer] = await Promise.all([
      cidOf(bytes),
      this.#relay.json(uploadAnswer, "api/blobs", { method: "PUT", bytes }),
    ]);
    if (answer.cid !== cid)
      throw new SuperEdgeError("bad-blob", `expected the relay to store ${cid}, found it stored ${answer.cid}`);
    return cid;
  }

  /** Throws `not-found`, or `bad-blob` if the relay sends other bytes. */
  async download(cid: Cid, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#relay.bytes(`api/blobs/${cid}`, MAX_BLOB_BYTES, { signal });
    const found = await cidOf(bytes);
    if (found !== cid) throw new SuperEdgeError("bad-blob", `expected the bytes of ${cid}, found those of ${found}`);
    return bytes;
  }

  balances(owner: Address | string): Promise<Balances> {
    return this.#wallet.balances(toAddress(owner));
  }

  /** What the chain says of a job's deal: paid, pending, refunded. Throws `chain-unavailable`. */
  deal(id: JobId | string): Promise<DealView> {
    return this.#wallet.deal(toBytes32(id));
  }

  /** A starting balance from the embedded chain's faucet, wei. Throws `not-found` where there is none. */
  async fund(owner: Signer | Address): Promise<{ ectWei: bigint; gasWei: bigint }> {
    const address = toAddress(typeof owner === "string" ? owner : await owner.getAddress());
    const { ect, gas } = await this.#relay.json(faucetAnswer, "api/faucet", { method: "POST", json: { address } });
    return { ectWei: BigInt(ect), gasWei: BigInt(gas) };
  }

  /**
   * What a job would cost, who could compute it now, how often each task would be computed, and how long it would take.
   * `inputBytes`: all its inputs together. Throws `bad-job` if its terms cannot be met or its expressions do not parse.
   */
  async quote(
    request: Terms & { app: Cid },
    priceWei: bigint,
    { inputBytes, signal }: { inputBytes?: number; signal?: AbortSignal } = {},
  ): Promise<Quote> {
    const { app: id, items, itemsPerTask, law, trust, replicas } = request;
    const json: QuoteRequest = {
      ...{ app: id, items, itemsPerTask, law, trust, replicas },
      ...wishesOf(request),
      inputBytes,
      priceWei: String(priceWei),
    };
    const [pool, app, view] = await Promise.all([
      this.pool(),
      this.app(id),
      this.#relay.json(quoteAnswer, "api/quote", { method: "POST", json, signal }),
    ]);
    return quoteOf(pool, app.manifest.engine, request, priceWei, view);
  }

  /**
   * Deposits what is missing, opens the deal, and hands the job to the relay. `signer` is the requester's; it is
   * connected to the pool's chain if it has no provider of its own.
   * Throws `bad-job`, `bad-deal` if the wallet holds too little, `chain-unavailable`, or the relay's refusal.
   */
  async submit(request: JobRequest, signer: Signer, onStep: OnStep = () => undefined): Promise<Job> {
    const spec = await this.#specOf(request);
    const requester = this.#wallet.connect(signer);
    const { depositWei } = depositOf(await this.pool(), request, request.priceWei);
    const missing = depositWei - (await this.#wallet.balances(toAddress(await requester.getAddress()))).freeWei;
    if (missing > 0n) {
      await onStep({ step: "deposit", wei: missing });
      await this.#wallet.deposit(requester, missing);
    }
    await onStep({ step: "openDeal", wei: depositWei });
    const dealId = await this.#wallet.openDeal(requester, spec, request.priceWei);
    const submit: Submit = { dealId, spec, ...(request.title !== undefined && { title: request.title }) };
    await onStep({ step: "announce", submit });
    return this.announce(submit, requester);
  }

  /** Locks so much for this pool, depositing what is missing: from then on `submitLazily` costs no transaction. */
  lockBudget(signer: Signer, amountWei: bigint): Promise<void> {
    return this.budgets.lock(signer, amountWei);
  }

  /**
   * Signs a lazy order and hands the job to the relay, which opens its deal when it settles it. Throws `bad-job`,
   * `not-funded` if the budget does not cover it with all that is not settled yet, or the relay's refusal.
   */
  async submitLazily(request: JobRequest, signer: Signer): Promise<Job> {
    const spec = await this.#specOf(request);
    const submit = await this.budgets.sign(signer, spec, request.priceWei, request.title);
    const view = await this.#relay.json(jobAnswer, "api/jobs", { method: "POST", json: inJson(submit) });
    return new Job(this.#relay, this.#apps, toBytes32(view.job), this.connectSigner(signer), view.spec);
  }

  /** Hands a paid job to the relay; again with the same content does no harm. */
  async announce(submit: Submit, signer?: Signer): Promise<Job> {
    const view = await this.#relay.json(jobAnswer, "api/jobs", { method: "POST", json: submit });
    return new Job(this.#relay, this.#apps, toBytes32(view.job), signer, view.spec);
  }

  /** A handle on a job that exists. `signer` is the requester's, needed for what `Job` says. */
  job(id: JobId | string, signer?: Signer): Job {
    return new Job(this.#relay, this.#apps, toBytes32(id), signer);
  }

  /** Jobs of the pool, those of one requester if given. */
  async jobs(requester?: Address | string): Promise<JobView[]> {
    const jobs = await this.#relay.json(jobsAnswer, "api/jobs");
    if (requester === undefined) return jobs;
    const wanted = toAddress(requester);
    return jobs.filter((job) => job.requester === wanted);
  }

  workers(): Promise<WorkerView[]> {
    return this.#relay.json(workersAnswer, "api/workers");
  }

  /** Throws `not-found`. */
  worker(address: Address | string): Promise<WorkerView> {
    return this.#relay.json(workerAnswer, `api/workers/${toAddress(address)}`);
  }

  epochs(): Promise<EpochView[]> {
    return this.#relay.json(epochsAnswer, "api/epochs");
  }

  /** What one of the pool's epochs was built from. Throws `not-found`, and `too-large` beyond 64 MiB. */
  epochData(number: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#relay.bytes(`api/epochs/${number}/data`, MAX_EPOCH_DATA_BYTES);
  }

  /** The chain, over the pool's own endpoint. */
  get provider(): Provider {
    return this.#wallet.provider;
  }

  /** Ends what the wallet's connection keeps running, so that a program can end. */
  close(): void {
    this.#wallet.provider.destroy();
  }

  async #specOf(request: JobRequest): Promise<JobSpec> {
    const { app, params, inputs, items, itemsPerTask, law, trust, replicas } = request;
    expectedReplicas(request);
    const { manifest } = await this.app(app);
    if (inputs.length !== manifest.inputs.length)
      throw new SuperEdgeError(
        "bad-job",
        `expected ${manifest.inputs.length} inputs for ${manifest.name}, found ${inputs.length}`,
      );
    const terms = { items, itemsPerTask, law, trust, replicas };
    return { app, params: parseParams(manifest, params), inputs, ...terms, ...wishesOf(request) };
  }
}

/** Only what was wished for: what is absent is no part of the job's hash. */
function wishesOf(request: Wishes): Wishes {
  const { category, requirements, rank, preference, minScore, deadlineSeconds, completion } = request;
  return {
    ...(category !== undefined && { category }),
    ...(requirements !== undefined && { requirements }),
    ...(rank !== undefined && { rank }),
    ...(preference !== undefined && { preference }),
    ...(minScore !== undefined && { minScore }),
    ...(deadlineSeconds !== undefined && { deadlineSeconds }),
    ...(completion !== undefined && { completion }),
  };
}
