// What crosses the relay's HTTP API: JSON both ways. Amounts are decimal strings in wei.
import * as v from "valibot";
import { CATEGORIES } from "./categories.ts";
import {
  MAX_BLOB_BYTES,
  MAX_DEADLINE_SECONDS,
  MAX_EXPRESSION_BYTES,
  MAX_JOB_INPUTS,
  MAX_JOB_ITEMS,
  MAX_JOB_TASKS,
  MAX_REPLICAS,
  MAX_TRUST,
} from "./limits.ts";
import { preferenceSchema } from "./preference.ts";
import { address, bytes32, cid, positive, uint, wei } from "./schemas.ts";

export const lawSchema = v.picklist(["pool", "poco"]);
export type Law = v.InferOutput<typeof lawSchema>;
/** As the Hub numbers them. */
export const LAW_NUMBER: Record<Law, number> = { pool: 0, poco: 1 };

const expression = v.pipe(v.string(), v.minLength(1), v.maxBytes(MAX_EXPRESSION_BYTES));

/** What is to be computed. The deal that pays binds its hash (see `jobHash`), so it cannot be exchanged afterwards. */
export const jobSpecSchema = v.strictObject({
  app: cid,
  params: v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.number(), v.finite())),
  /** One blob an input of the manifest, in its order. */
  inputs: v.pipe(v.array(cid), v.maxLength(MAX_JOB_INPUTS)),
  items: positive(MAX_JOB_ITEMS),
  itemsPerTask: positive(MAX_JOB_ITEMS),
  law: lawSchema,
  trust: positive(MAX_TRUST),
  /** Contributions from different owners that must agree, at the least. */
  replicas: positive(MAX_REPLICAS),
  // What is absent below is no part of the job's hash: a job that does not use it is hashed as it always was.
  /** ClassAd expression that a machine must make TRUE; the names are in docs/matchmaking.md. */
  requirements: v.optional(expression),
  /** ClassAd expression: of the machines that will do, those with more of it come first. */
  rank: v.optional(expression),
  preference: v.optional(preferenceSchema),
  /** It is stopped, with what was certified paid, when it takes much more work than this; see docs/categories.md. */
  category: v.optional(v.picklist(CATEGORIES)),
  /** Score on chain that a worker must have. */
  minScore: v.optional(uint(1_000_000_000)),
  /** The whole job, from its submission. */
  deadlineSeconds: v.optional(positive(MAX_DEADLINE_SECONDS)),
  /** Probability with which it is wanted done by then, above 0, at most 1. */
  completion: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  /**
   * What one deal pays for where a request was filled by several. Not in the job's hash, which is the same for all parts:
   * the chain's matches say which tasks a deal has.
   */
  part: v.optional(v.strictObject({ firstTask: uint(MAX_JOB_TASKS), tasks: positive(MAX_JOB_TASKS) })),
});
export type JobSpec = v.InferOutput<typeof jobSpecSchema>;

/** POST /api/jobs */
export const submitSchema = v.strictObject({
  dealId: bytes32,
  spec: jobSpecSchema,
  /** What the requester calls it. */
  title: v.optional(v.pipe(v.string(), v.maxLength(120))),
});
export type Submit = v.InferOutput<typeof submitSchema>;

const { params: _params, inputs: _inputs, part: _part, ...terms } = jobSpecSchema.entries;
/** POST /api/quote: a job's spec before there are inputs, and what one certified task would pay. */
export const quoteSchema = v.strictObject({
  ...terms,
  /** All its inputs together. */
  inputBytes: v.optional(uint(MAX_JOB_INPUTS * MAX_BLOB_BYTES)),
  priceWei: v.optional(wei),
});
export type QuoteRequest = v.InferOutput<typeof quoteSchema>;

/** POST /api/apps: the code must have been uploaded as a blob. The manifest's own schema is the kernels'. */
export const publishSchema = v.strictObject({ manifest: v.record(v.string(), v.unknown()), code: cid });

/** POST /api/faucet (embedded chain only): a starting balance for a new requester. */
export const faucetSchema = v.strictObject({
  address,
});

/** Whether a result may be believed on one worker's word, so that workers are checked and must not know when. */
export const restsOnOne = ({ law, trust }: Pick<JobSpec, "law" | "trust">): boolean => law === "pool" && trust > 1;

/** What a requester signs (EIP-191) to be shown single tasks of a job of that kind while it runs. */
export const readMessage = (job: string): string => `SuperEdge: read job ${job}`;

type Division = Pick<JobSpec, "items" | "itemsPerTask" | "part">;
/** Of the whole job, whoever is paid for them. */
export const wholeTasksOf = ({ items, itemsPerTask }: Pick<Division, "items" | "itemsPerTask">): number =>
  Math.ceil(items / itemsPerTask);
/** Those that the deal pays for. */
export const tasksOf = (spec: Division): number => spec.part?.tasks ?? wholeTasksOf(spec);
/** Items of task `index` of the deal: `count` is smaller in the job's last one. */
export const rangeOf = (spec: Division, index: number) => {
  const first = (index + (spec.part?.firstTask ?? 0)) * spec.itemsPerTask;
  return { first, count: Math.min(spec.itemsPerTask, spec.items - first) };
};

// ---- answers ----

export interface PoolView {
  name: string;
  version: string;
  protocol: number;
  pool: string;
  chainId: number;
  /** Contract addresses. */
  token: string;
  hub: string;
  epochs: string;
  assets: string;
  market: string;
  tasks: string;
  withdrawals: string;
  /** JSON-RPC of the chain as a browser reaches it. */
  rpcUrl: string;
  /** Origin of the frame kernels run in: another host than the page's. */
  sandboxOrigin: string;
  feeBps: number;
  burnBps: number;
  windowSeconds: number;
  /** True on the embedded chain: `POST /api/faucet` gives a starting balance. */
  faucet: boolean;
  workers: { connected: number; wgsl: number; wasm: number; owners: number };
}

export interface AppView {
  app: string;
  code: string;
  /** Parse with the kernels' `parseManifest`. */
  manifest: Record<string, unknown>;
  /** Why this pool runs no more jobs of it. */
  quarantine?: string;
}

/** What a job would take at this pool, as far as can be known before it runs. Nothing in it is a promise but `promise`. */
export interface QuoteView {
  tasks: number;
  connected: number;
  /** Of those connected, who would be given its tasks, and how many owners they have between them. */
  eligible: { workers: number; owners: number };
  /** Contributions for one certified task: as the pool's workers stand now, and if all were newcomers. */
  redundancy: { expected: number; newcomers: number };
  /** What others have paid here for as much work, wei for one task; absent while there is nothing to compare with. */
  price?: { lowWei: string; highWei: string };
  /** Until the last task is certified, milliseconds; absent where nobody has run the app yet, or too few can. */
  eta?: { p50Ms: number; p90Ms: number };
  /** Whether the pool would say yes to `deadlineSeconds` and `completion`; absent if the spec names no deadline. */
  promise?: { granted: boolean; probability: number };
  /** In words, what keeps the pool from finishing it with who is here. */
  missing?: string;
}

export type JobState = "running" | "done" | "stopped";

export interface JobView {
  job: string;
  title: string;
  spec: JobSpec;
  state: JobState;
  /** What is missing, in words, if the workers that are connected cannot finish it. */
  waitsFor?: string;
  /** What the pool said to the job's deadline when it took it, and whether it was kept, once that is known. */
  promise?: { granted: boolean; probability: number; deadlineMs: number; kept?: boolean };
  /** Why it was stopped. */
  error?: { code: string; message: string };
  requester: string;
  createdMs: number;
  finishedMs?: number;
  priceWei: string;
  tasks: number;
  certified: number;
  /** Tasks somebody computes now. */
  running: number;
  contributions: number;
  mismatches: number;
  /** Reference seconds of its certified tasks, each counted once; if it names a category. */
  spentSeconds?: number;
  bytesFromRelay: number;
}

export type TaskState = "waiting" | "leased" | "committed" | "disputed" | "certified";

export interface TaskView {
  index: number;
  first: number;
  count: number;
  state: TaskState;
  digest?: string;
  contributions: {
    worker: string;
    owner: string;
    state: "leased" | "committed" | "revealed" | "lapsed";
    agrees?: boolean;
    /** When the task was decided. Law `pool`: how far its result was believed by itself, 0..1, and the checks behind that. */
    credibility?: number;
    checks?: number;
    /** Law `poco`: what it multiplies its group's weight by, from its score on chain. */
    weight?: number;
    /** Of the worker's contribution, wei; known once certified. */
    rewardWei?: string;
  }[];
  /** Why its result is believed; known once certified. */
  belief?: BeliefView;
  /** Where results that should be the same first differ, if any two did. */
  firstDifference?: {
    /** Of the job. */
    item: number;
    /** Where in the item the bytes below begin. */
    offsetBytes: number;
    /** At most 32 bytes each. */
    workers: { worker: string; bytesHex: string }[];
  };
  /** The epoch that settled it. */
  epoch?: number;
}

export interface BeliefView {
  law: Law;
  /** In the law's own measure: the group's share of all odds (`pool`), or of all weight (`poco`); 0..1. */
  reached: number;
  /** What that share had to be, 1 − 1/T. */
  needed: number;
  /** The pool's own referee computed it too. */
  referee?: { agrees: boolean };
}

export interface WorkerView {
  worker: string;
  owner: string;
  connected: boolean;
  engines: string[];
  adapter: string;
  good: number;
  bad: number;
  lapsed: number;
  banned: boolean;
  /** On chain. */
  score: number;
  /** Earned in certified tasks, settled or not, wei. */
  earnedWei: string;
  /** Paid on chain, wei. */
  creditedWei: string;
}

export interface EpochView {
  /** Its number on chain; −1 until it is posted. */
  epoch: number;
  state: "built" | "posted" | "finalised" | "voided";
  tasks: number;
  contributions: number;
  workersWei: string;
  poolWei: string;
  burnedWei: string;
  root: string;
  postedTx?: string;
  finalisedTx?: string;
  gas: number;
}

/** `event: certified` of GET /api/jobs/:job/results (server-sent events; `id` grows by one a certified task). */
export interface CertifiedEvent {
  index: number;
  first: number;
  count: number;
  digest: string;
  /** Base64, if at most 64 KiB; else fetch /api/jobs/:job/tasks/:index/output. */
  output?: string;
  workers: string[];
  rejected: string[];
}
