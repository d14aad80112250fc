// What the scheduler knows. Plain data, changed only by `step`; the loop rebuilds it from the store at start.
//
// A task's life:
//
//   fresh ──lease──▶ leased ──commit──▶ committed ──(nobody else at work on it)──▶ asked ──reveal──▶ revealed
//     ▲                │ expired, handed back, failed, tab closed                    │ not in time      │
//     └────────────────┘                                                            ▼                  ▼
//                       ◀───────────── wants one more replica ◀──────────────── lapsed     believed? ─no─▶ (same)
//                                                                                             │ yes
//                                                                  small output: certified ◀──┴──▶ upload from a winner ─▶ certified
import type { Law } from "../../protocol/api.ts";
import type { Address, Bytes32, JobId, TaskKey } from "../../protocol/ids.ts";
import type { Deadlines } from "./deadlines.ts";

/** How two outputs are compared, from the app's manifest. */
export type Compare = { kind: "exact" } | { kind: "tolerance"; agree: (a: Uint8Array, b: Uint8Array) => boolean };

export interface Job {
  id: JobId;
  engine: "wgsl" | "wasm";
  app: string;
  law: Law;
  trust: number;
  replicas: number;
  /** Replicas a fresh task gets before anything is known: what the law demands of newcomers. */
  firstReplicas: number;
  tasks: number;
  compare: Compare;
  /** Every task from here on has never been leased. */
  fresh: number;
  /** Tasks that want another replica, oldest first. */
  again: number[];
  /** Tasks touched and not yet certified. */
  open: Map<number, Task>;
  /** Indices below `fresh` that are certified are those absent from `open`. */
  certified: number;
  state: "running" | "done" | "stopped";
  /** Owners on whose machines the kernel failed, with the last message of each. */
  failures: Map<Address, string>;
  /** Work already handed out, for sharing the pool fairly between jobs (stride scheduling). */
  pass: number;
  /** The relay's secret from which task keys are made: a stranger cannot tell which task a key names. */
  keyOf: (index: number) => TaskKey;
}

export interface Task {
  job: Job;
  index: number;
  key: TaskKey;
  /** In `job.again`. */
  queued: boolean;
  /** Contributions, in any state, that would settle it as far as is known. */
  target: number;
  /** At most one an owner. Lapsed ones are removed. */
  contributions: Contribution[];
  /** The output is large: this winner is asked for it, when it is there; those tried did not send it in time. */
  uploading?: { worker: Address; tried: Set<Address> } | undefined;
}

export interface Contribution {
  worker: Address;
  owner: Address;
  beneficiary: Address;
  subnet: string;
  /** On chain, when the task was leased. */
  score: number;
  state: "leased" | "committed" | "asked" | "revealed";
  /** Of the state: a lease not committed, or an asked digest not revealed, by then is given up. Milliseconds. */
  deadlineMs: number;
  leasedMs: number;
  commitment?: Bytes32;
  digest?: Bytes32;
  /** Present if it came inside the reveal. */
  output?: Uint8Array | undefined;
}

export interface Worker {
  address: Address;
  owner: Address;
  beneficiary: Address;
  /** The /24 or /48 it connects from; empty for private and loopback addresses, which form none. */
  subnet: string;
  score: number;
  engines: ReadonlySet<string>;
  connected: boolean;
  /** Tasks it has asked for and not got. */
  wants: number;
  leased: Set<Task>;
  /** Milliseconds a task of an app takes on it, running average. */
  taskMs: Map<string, number>;
  good: number;
  bad: number;
  lapsed: number;
  /** Log-likelihood that it lies rather than errs (see suspicion.ts). */
  suspicion: number;
  banned: boolean;
  /** Jobs whose kernel failed here: not offered again. */
  failed: Set<JobId>;
}

export interface State {
  jobs: Map<JobId, Job>;
  workers: Map<Address, Worker>;
  /** Of running jobs, touched and not certified. */
  tasks: Map<TaskKey, Task>;
  /** Workers that asked and got nothing: fed as soon as there is something. */
  waiting: Set<Worker>;
  deadlines: Deadlines;
}
