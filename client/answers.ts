// What a relay answers, parsed before anything believes it. Members this version does not know are dropped, so that an
// older client goes on working with a newer relay.
import * as v from "valibot";
import {
  type AppView,
  type CertifiedEvent,
  type EpochView,
  type JobView,
  jobSpecSchema,
  lawSchema,
  type PoolView,
  type QuoteView,
  type TaskView,
  type WorkerView,
} from "../protocol/api.ts";
import { MAX_JOB_ITEMS, MAX_JOB_TASKS, MAX_REPLICAS } from "../protocol/limits.ts";
import { address, bytes32, cid, text, uint, wei } from "../protocol/schemas.ts";

const atLeastNone = v.pipe(v.number(), v.finite(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Basis points: 10,000 is the whole. */
const bps = uint(10_000);
/** Contributions a task can gather: replicas, their replacements and copies of the tail. Far above any real task. */
const MAX_CONTRIBUTIONS = 64 * MAX_REPLICAS;

export const poolAnswer: v.GenericSchema<unknown, PoolView> = v.object({
  name: text(200),
  version: text(100),
  protocol: uint(65_535),
  pool: address,
  chainId: uint(),
  token: address,
  hub: address,
  epochs: address,
  assets: address,
  market: address,
  withdrawals: address,
  tasks: address,
  rpcUrl: text(2000),
  sandboxOrigin: text(2000),
  feeBps: bps,
  burnBps: bps,
  windowSeconds: uint(),
  faucet: v.boolean(),
  workers: v.object({ connected: uint(), wgsl: uint(), wasm: uint(), owners: uint() }),
});

export const appAnswer: v.GenericSchema<unknown, AppView> = v.object({
  app: cid,
  code: cid,
  manifest: v.record(v.string(), v.unknown()),
});
export const appsAnswer = v.array(appAnswer);

export const uploadAnswer = v.object({ cid, bytes: uint() });

export const jobAnswer: v.GenericSchema<unknown, JobView> = v.object({
  job: bytes32,
  title: text(1000),
  spec: jobSpecSchema,
  state: v.picklist(["running", "done", "stopped"]),
  error: v.optional(v.object({ code: text(100), message: text(4000) })),
  requester: address,
  createdMs: uint(),
  finishedMs: v.optional(uint()),
  priceWei: wei,
  tasks: uint(MAX_JOB_TASKS),
  certified: uint(MAX_JOB_TASKS),
  running: uint(),
  contributions: uint(),
  mismatches: uint(),
  bytesFromRelay: uint(),
  waitsFor: v.optional(text(1000)),
  promise: v.optional(
    v.object({ granted: v.boolean(), probability: share, deadlineMs: uint(), kept: v.optional(v.boolean()) }),
  ),
});
export const jobsAnswer = v.array(jobAnswer);

export const taskAnswer: v.GenericSchema<unknown, TaskView> = v.object({
  index: uint(MAX_JOB_TASKS),
  first: uint(MAX_JOB_ITEMS),
  count: uint(MAX_JOB_ITEMS),
  state: v.picklist(["waiting", "leased", "committed", "disputed", "certified"]),
  digest: v.optional(bytes32),
  contributions: v.pipe(
    v.array(
      v.object({
        worker: address,
        owner: address,
        state: v.picklist(["leased", "committed", "revealed", "lapsed"]),
        agrees: v.optional(v.boolean()),
        credibility: v.optional(share),
        checks: v.optional(atLeastNone),
        weight: v.optional(uint()),
        rewardWei: v.optional(wei),
      }),
    ),
    v.maxLength(MAX_CONTRIBUTIONS),
  ),
  belief: v.optional(
    v.object({
      law: lawSchema,
      reached: share,
      needed: share,
      referee: v.optional(v.object({ agrees: v.boolean() })),
    }),
  ),
  firstDifference: v.optional(
    v.object({
      item: uint(MAX_JOB_ITEMS),
      offsetBytes: uint(),
      workers: v.pipe(v.array(v.object({ worker: address, bytesHex: text(200) })), v.maxLength(MAX_CONTRIBUTIONS)),
    }),
  ),
  epoch: v.optional(uint()),
});
export const tasksAnswer = v.array(taskAnswer);

const certified = v.object({
  index: uint(MAX_JOB_TASKS),
  first: uint(MAX_JOB_ITEMS),
  count: uint(MAX_JOB_ITEMS),
  digest: bytes32,
  output: v.optional(v.pipe(v.string(), v.base64())),
  workers: v.pipe(v.array(address), v.maxLength(MAX_CONTRIBUTIONS)),
  rejected: v.pipe(v.array(address), v.maxLength(MAX_CONTRIBUTIONS)),
});
/** With its digest as `Bytes32`. */
export type Certified = v.InferOutput<typeof certified>;
export const certifiedAnswer: v.GenericSchema<unknown, Certified & CertifiedEvent> = certified;

export const workerAnswer: v.GenericSchema<unknown, WorkerView> = v.object({
  worker: address,
  owner: address,
  connected: v.boolean(),
  engines: v.pipe(v.array(text(100)), v.maxLength(16)),
  adapter: text(500),
  good: uint(),
  bad: uint(),
  lapsed: uint(),
  banned: v.boolean(),
  score: uint(),
  earnedWei: wei,
  creditedWei: wei,
});
export const workersAnswer = v.array(workerAnswer);

export const quoteAnswer: v.GenericSchema<unknown, QuoteView> = v.object({
  tasks: uint(MAX_JOB_TASKS),
  connected: uint(),
  eligible: v.object({ workers: uint(), owners: uint() }),
  redundancy: v.object({ expected: atLeastNone, newcomers: atLeastNone }),
  price: v.optional(v.object({ lowWei: wei, highWei: wei })),
  eta: v.optional(v.object({ p50Ms: atLeastNone, p90Ms: atLeastNone })),
  promise: v.optional(v.object({ granted: v.boolean(), probability: share })),
  missing: v.optional(text(1000)),
});

export const epochsAnswer: v.GenericSchema<unknown, EpochView[]> = v.array(
  v.object({
    epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(-1)),
    state: v.picklist(["built", "posted", "finalised", "voided"]),
    tasks: uint(),
    contributions: uint(),
    workersWei: wei,
    poolWei: wei,
    burnedWei: wei,
    root: text(100),
    postedTx: v.optional(text(100)),
    finalisedTx: v.optional(text(100)),
    gas: uint(),
  }),
);

export const faucetAnswer = v.object({ ect: wei, gas: wei });

/** How a relay says no. */
export const errorAnswer = v.object({ error: v.object({ code: text(100), message: text(4000) }) });
