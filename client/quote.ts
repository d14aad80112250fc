// What a job would cost and what it would take, before anything is paid.
import { type JobSpec, type PoolView, tasksOf } from "../protocol/api.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { MAX_JOB_TASKS, MAX_REPLICAS } from "../protocol/limits.ts";
import { isCertified, weightOf } from "../protocol/poco.ts";

export interface Quote {
  tasks: number;
  /** Locked by the deal: price × tasks. What is not computed comes back. */
  depositWei: bigint;
  /** Where the deposit goes if every task is certified; the three add up to it. */
  workersWei: bigint;
  poolWei: bigint;
  burnedWei: bigint;
  /** Contributions a task needs if nobody errs and all are newcomers. */
  replicas: number;
  outlook: Outlook;
}

/** Who could compute it now, and the same in words. */
export type Outlook =
  | { state: "ready"; eligible: number; words: string }
  /** Some, but too few different owners: tasks start and wait for more. */
  | { state: "short"; eligible: number; words: string }
  | { state: "nobody"; eligible: 0; words: string };

export type Terms = Pick<JobSpec, "items" | "itemsPerTask" | "law" | "trust" | "replicas">;

/** On-chain score of a worker nobody knows yet. */
const NEWCOMER = 0;
const WHOLE_BPS = 10_000n;

/** Throws `bad-job` if the terms cannot be met by any number of workers the pool may ask. */
export function quoteOf(pool: PoolView, engine: "wgsl" | "wasm", terms: Terms, priceWei: bigint): Quote {
  const tasks = tasksOf(terms);
  if (tasks > MAX_JOB_TASKS)
    throw new SuperEdgeError("bad-job", `expected at most ${MAX_JOB_TASKS} tasks, found ${tasks}: make them larger`);
  const replicas = expectedReplicas(terms);
  const burned = (priceWei * BigInt(pool.burnBps)) / WHOLE_BPS;
  const fee = (priceWei * BigInt(pool.feeBps)) / WHOLE_BPS;
  const all = BigInt(tasks);
  return {
    tasks,
    depositWei: priceWei * all,
    workersWei: (priceWei - burned - fee) * all,
    poolWei: fee * all,
    burnedWei: burned * all,
    replicas,
    outlook: outlookOf(pool.workers, engine, replicas),
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

function outlookOf(workers: PoolView["workers"], engine: "wgsl" | "wasm", replicas: number): Outlook {
  const eligible = workers[engine];
  const words = ENGINE_WORDS[engine];
  if (eligible === 0)
    return {
      state: "nobody",
      eligible,
      words:
        workers.connected === 0
          ? "No volunteer is connected now. The job would wait, paid for, until some join."
          : `None of the ${plural(workers.connected, "connected volunteer")} has ${words}. The job would wait, paid for, until one that has joins.`,
    };
  // The pool counts owners over all engines: never more of them than eligible workers can help.
  const owners = Math.min(workers.owners, eligible);
  if (owners < replicas)
    return {
      state: "short",
      eligible,
      words: `Each task needs ${replicas} volunteers with different owners and ${words}; at most ${owners} ${owners === 1 ? "is" : "are"} connected now. Tasks would start, then wait for more.`,
    };
  return {
    state: "ready",
    eligible,
    words: `${plural(eligible, "volunteer")} with ${words} ${eligible === 1 ? "is" : "are"} connected and can start now.`,
  };
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
