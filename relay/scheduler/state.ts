// What the scheduler knows. Plain data, changed only by `step`; the loop rebuilds it from the store at start.
//
// A task's life:
//
//   fresh ──lease──▶ leased ──commit──▶ committed ──(nobody else at work on it)──▶ asked ──reveal──▶ revealed
//     ▲                │ expired, handed back, failed, tab closed                    │ not in time      │
//     └────────────────┘                                                            ▼                  ▼
//                       ◀───────────── wants one more replica ◀──────────────── lapsed     believed? ─no─▶ (same)
//                                                                                       │     │ yes
//                                                 held until its worker has passed more checks │
//                                                                  small output: certified ◀──┴──▶ upload from a winner ─▶ certified
import type { Attributes } from "../../protocol/ads.ts";
import type { Law } from "../../protocol/api.ts";
import type { Address, Bytes32, JobId, TaskKey } from "../../protocol/ids.ts";
import type { Spending } from "./category.ts";
import type { Known, Owed } from "./checks.ts";
import type { Rules, Standing, StandingAt } from "./credibility.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Dispatch, JobDispatch, WorkerDispatch } from "./dispatch.ts";
import type { Heap } from "./heap.ts";
import type { Held } from "./holding.ts";
import type { Law as LawRules } from "./laws.ts";
import type { Leased } from "./leased.ts";
import type { Names } from "./names.ts";
import type { Needs } from "./needs.ts";
import type { OpenTasks } from "./openTasks.ts";
import type { Order } from "./order.ts";
import type { Proof } from "./proofs.ts";
import type { Ring } from "./ring.ts";
import type { Roll } from "./roll.ts";
import type { Rota } from "./rota.ts";
import type { Task } from "./taskRecord.ts";
import type { Waiting } from "./waiting.ts";

export type { Task };

/** How two outputs are compared, from the app's manifest. */
export type Compare =
  | {
      kind: "exact";
      /** Machines of other numeric classes may rightly give other results. */
      within?: "class";
    }
  | {
      kind: "tolerance";
      /** Of whole outputs, or of the same leaves of both. */
      agree: (a: Uint8Array, b: Uint8Array) => boolean;
      /** Whether a task's outputs are too large to be compared whole. */
      isSampled: (index: number) => boolean;
    };

export interface Job {
  id: JobId;
  requester: Address;
  /** What it asks of machines; anything with its engine will do if absent. */
  needs?: Needs;
  engine: "wgsl" | "wasm";
  app: string;
  law: Law;
  trust: number;
  replicas: number;
  /** Replicas a fresh task gets before anything is known: what the law demands of newcomers. */
  firstReplicas: number;
  tasks: number;
  /** Of all tasks but perhaps the last; 1 if absent. */
  itemsPerTask?: number;
  compare: Compare;
  /** In which its tasks are leased for the first time; queues and `open` know a task by its position there. */
  order: Order;
  /** The tasks at this position and all after it have never been leased. */
  fresh: number;
  /** Tasks that want another replica, oldest first. */
  again: Ring;
  /** Tasks touched and not yet certified. */
  open: OpenTasks;
  /** Positions below `fresh` that are certified are those absent from `open`, and not in `dispatch.returned`. */
  certified: number;
  /** Tasks that wait for their workers' credibility, and the workers they wait for. */
  held: number;
  holders: Rota<Worker>;
  /** Tasks that were held and are being done once more. */
  audits: number;
  /** The pool can run its tasks itself. */
  referee: boolean;
  /** Where spot checks get their keys, and how many there may be: in all, and for each certified task. None without it. */
  audit?: { keyOf: (number: number) => TaskKey; next: number; most: number; perTask?: number };
  /** Checks that came back unanswered: their machines get them again. */
  owed: Map<Address, Owed[]>;
  /** Checks leased and not answered. */
  openChecks: number;
  /** Certified tasks that may be asked again. */
  known: Known[];
  /** Machines that are to do a disputed task again. */
  rechecks: Map<Address, Pick<Known, "index" | "digest">>;
  /** Those machines, and their owners, until they have answered. */
  rechecking: Map<Address, Address>;
  /** Owners whose machine gave the same result for a task twice. */
  steady: Set<Address>;
  /** Owners whose machine gave two different results for one task. */
  unsteady: Set<Address>;
  /** What being found wrong in this job has cost workers. */
  marks: Map<Worker, { bad: number; suspicion: number; history: number }>;
  /** Its kernel gives more than one result for a task: nobody is blamed for another. */
  isUnstable?: boolean;
  state: "running" | "done" | "stopped";
  /** Owners on whose machines the kernel failed, with the last message of each. */
  failures: Map<Address, string>;
  /** Work already handed out, for sharing the pool fairly between jobs (see stride.ts), milliseconds. */
  pass: number;
  dispatch: JobDispatch;
  /** Absent if it named no category. */
  spending?: Spending | undefined;
  /** The relay's secret from which task keys are made: a stranger cannot tell which task a key names. */
  keyOf: (index: number) => TaskKey;
}

/** One record a task, but for those that are only leased (see contribution.ts). */
export interface Contribution extends StandingAt {
  /** The scheduler's record of the worker; absent until the scheduler has heard of a contribution that is restored. */
  who?: Worker | undefined;
  worker: Address;
  owner: Address;
  beneficiary: Address;
  subnet: string;
  cohort: string;
  numericClass: string;
  /** On chain, when the task was leased. */
  score: number;
  state: "leased" | "committed" | "asked" | "revealed";
  /** Of the state: a lease not committed, or an asked digest not revealed, by then is given up. Milliseconds. */
  deadlineMs: number;
  leasedMs: number;
  /** One record serves several tasks, and is replaced by a task's own before it is written to. */
  isShared?: boolean;
  commitment?: Bytes32 | undefined;
  digest?: Bytes32 | undefined;
  /** It came inside the reveal, and is in memory or, of tasks that wait long, in the store. */
  inline?: boolean;
  output?: Uint8Array | undefined;
  /** Of a large output that is compared within a tolerance: leaves drawn after all of its task had committed. */
  sample?: Uint8Array | undefined;
  /** What it took, on the reference machine; unknown after a restart. */
  referenceSeconds?: number;
  /** Somebody was drawn to confirm it. */
  proof?: Proof | undefined;
  /** The worker's standing has been told how this one ended. */
  counted?: boolean;
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
  leased: Leased;
  /** Tasks not yet decided to which it has committed. */
  pending: Set<Task>;
  standing: Standing;
  /** Its results that others were drawn to confirm, in that order. */
  proofs: Proof[];
  /** Tasks that it was drawn to do next. */
  lots: Task[];
  /** Committed and not shown yet. */
  unrevealed: number;
  /** Grows with promises it broke, and fades with those it keeps: commitments not shown. */
  broken: number;
  /** Results that wait until it has passed more checks, by job. */
  held: ReadonlyMap<JobId, Heap<Held>>;
  /** Known to belong with others: replicas never meet inside a cohort. Empty if none is known. */
  cohort: string;
  /** Machines whose floats agree bit for bit; empty if not probed. */
  numericClass: string;
  /** Milliseconds an item of an app takes on it, running average. */
  itemMs: Map<string, number>;
  good: number;
  bad: number;
  lapsed: number;
  /** Log-likelihood that it lies rather than errs (see suspicion.ts). */
  suspicion: number;
  banned: boolean;
  /** Jobs whose kernel failed here: not offered again. */
  failed: ReadonlySet<JobId>;
  /** Its ad. */
  attributes: Attributes;
  /** From 0, the best quarter, to 3, by the key of a ranking (see bands.ts); absent where it has not been ranked. */
  bands: Map<string, number>;
  dispatch: WorkerDispatch;
}

export interface State {
  jobs: Map<JobId, Job>;
  workers: Map<Address, Worker>;
  /** Open tasks and checks that workers were told of. */
  names: Names;
  /** Workers that asked and got nothing: fed as soon as there is something. */
  waiting: Waiting;
  deadlines: Deadlines;
  dispatch: Dispatch;
  rules: Rules;
  laws: Readonly<Record<string, LawRules>>;
  /** Uniform in [0, 1): the scheduler throws no dice of its own, so that a run repeats. */
  random: () => number;
  /** Connected workers, to draw from. */
  roll: Roll;
  /** Waiting workers that break promises and had their fill. */
  resting: Set<Worker>;
  /** Waiting workers that were drawn. */
  called: Set<Worker>;
  /** Workers that have passed a check since their held results were last looked at. */
  improved: Set<Worker>;
  /** Held results of workers that were found wrong since. */
  doubted: Set<Task>;
}
