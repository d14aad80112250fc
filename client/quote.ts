// What a job would cost and what it would take, before anything is paid.
import { type JobSpec, type PoolView, type QuoteView, tasksOf } from "../protocol/api.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { MAX_JOB_TASKS, MAX_REPLICAS } from "../protocol/limits.ts";
import { isCertified, weightOf } from "../protocol/poco.ts";

/** Where the money goes. */
export interface Deposit {
  tasks: number;
  /** Locked by the deal: price × tasks. What is not computed comes back. */
  depositWei: bigint;
  /** Where the deposit goes if every task is certified; the three add up to it. */
  workersWei: bigint;
  poolWei: bigint;
  burnedWei: bigint;
}

export interface Quote extends Deposit {
  /** Contributions for one certified task, if nobody errs: with the workers that are there, and if all were newcomers. */
  redundancy: { expected: number; newcomers: number };
  outlook: Outlook;
  /** What others have paid here for as much work, wei for one task, if anybody has. */
  usual?: { lowWei: bigint; highWei: bigint };
  /** Until all is certified, milliseconds: in half of all cases, and in nine of ten. */
  eta?: { p50Ms: number; p90Ms: number };
  /** Whether the pool would promise the deadline that was asked for. */
  promise?: { granted: boolean; probability: number };
}

/** Who could compute it now, and the same in words. */
export type Outlook =
  | { state: "ready"; eligible: number; words: string }
  /** Some, but too few different owners: tasks start and wait for more. */
  | { state: "short"; eligible: number; words: string }
  | { state: "nobody"; eligible: 0; words: string };

/** What a requester may ask for beyond the law; docs/matchmaking.md says what each does. */
export type Wishes = Pick<
  JobSpec,
  "category" | "requirements" | "rank" | "preference" | "minScore" | "deadlineSeconds" | "completion"
>;
export type Terms = Pick<JobSpec, "items" | "itemsPerTask" | "law" | "trust" | "replicas"> & Wishes;

/** On-chain score of a worker nobody knows yet. */
const NEWCOMER = 0;
const WHOLE_BPS = 10_000n;

/** Throws `bad-job` if there are more tasks than a job may have. */
export function depositOf(
  { feeBps, burnBps }: Pick<PoolView, "feeBps" | "burnBps">,
  terms: Pick<Terms, "items" | "itemsPerTask">,
  priceWei: bigint,
): Deposit {
  const tasks = tasksOf(terms);
  if (tasks > MAX_JOB_TASKS)
    throw new SuperEdgeError("bad-job", `expected at most ${MAX_JOB_TASKS} tasks, found ${tasks}: make them larger`);
  const burned = (priceWei * BigInt(burnBps)) / WHOLE_BPS;
  const fee = (priceWei * BigInt(feeBps)) / WHOLE_BPS;
  const all = BigInt(tasks);
  return {
    tasks,
    depositWei: priceWei * all,
    workersWei: (priceWei - burned - fee) * all,
    poolWei: fee * all,
    burnedWei: burned * all,
  };
}

/** `view`: the pool's answer for these terms. */
export function quoteOf(
  pool: Pick<PoolView, "feeBps" | "burnBps">,
  engine: "wgsl" | "wasm",
  terms: Terms,
  priceWei: bigint,
  view: QuoteView,
): Quote {
  const { redundancy, price, eta, promise } = view;
  return {
    ...depositOf(pool, terms, priceWei),
    redundancy,
    outlook: outlookOf(view, engine),
    ...(price && { usual: { lowWei: BigInt(price.lowWei), highWei: BigInt(price.highWei) } }),
    ...(eta && { eta }),
    ...(promise && { promise }),
  };
}

/** Agreeing newcomers that satisfy the law: what a task starts with. Throws `bad-job` beyond 16. */
export function expectedReplicas({ law, trust, replicas }: Pick<Terms, "law" | "trust" | "replicas">): number {
  if (law === "pool") return replicas;
  for (let count = replicas; count <= MAX_REPLICAS; count++) {
    const group = BigInt(weightOf(NEWCOMER)) ** BigInt(count);
    if (isCertified(group, 1n + group, trust)) return count;
  }
  throw new SuperEdgeError(
    "bad-job",
    `expected a trust that ${MAX_REPLICAS} newcomers reach (at most ${2 ** MAX_REPLICAS}), found ${trust}`,
  );
}

const ENGINE_WORDS = { wgsl: "WebGPU", wasm: "WebAssembly" } as const;

function outlookOf({ connected, eligible: { workers }, missing }: QuoteView, engine: "wgsl" | "wasm"): Outlook {
  if (connected === 0)
    return {
      state: "nobody",
      eligible: 0,
      words: "No volunteer is connected now. The job would wait, paid for, until some join.",
    };
  if (workers === 0)
    return {
      state: "nobody",
      eligible: 0,
      words: `${sentence(missing ?? "nobody who is connected can compute it")} The job would wait, paid for, until somebody who can joins.`,
    };
  if (missing)
    return {
      state: "short",
      eligible: workers,
      words: `${sentence(missing)} Tasks would start, then wait for more.`,
    };
  const words =
    workers < connected
      ? `${workers} of the ${connected} connected volunteers can compute it, and can start now.`
      : `${plural(workers, "volunteer")} with ${ENGINE_WORDS[engine]} ${workers === 1 ? "is" : "are"} connected and can start now.`;
  return { state: "ready", eligible: workers, words };
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const sentence = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
