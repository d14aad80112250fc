// What dispatch keeps about a job, a worker, and the pool. Everything here is changed by the files beside this one only.
import { type Address, NOBODY } from "../../protocol/ids.ts";
import type { Cluster } from "./clusters.ts";
import type { AppPace } from "./pace.ts";
import type { Preferred } from "./preferred.ts";
import { Ring } from "./ring.ts";
import { Sessions } from "./sessions.ts";
import type { Job, Worker } from "./state.ts";
import type { Requester } from "./stride.ts";
import type { Tail } from "./tail.ts";

export interface JobDispatch {
  requester: Requester;
  /** Tasks whose leases came to nothing and which nobody has contributed to: first in line, and only a number each. */
  returned: Ring;
  /** Whose workers may do it. */
  clusters: Set<Cluster>;
  /** Clusters that found nothing in it: it is offered to them again when there is something. */
  dry: Cluster[];
  /** Workers in `clusters` when `moves` was `countedAt`. */
  helpers: number;
  countedAt: number;
  /** Contributions copied at the tail, and what they are chosen from once the end has begun. */
  copies: number;
  tail?: Tail;
  /** Certified since the relay started, and the contributions that took. */
  done: { tasks: number; contributions: number };
  preferred?: Preferred;
  /** How much longer than expected a lease may take while no machine has shown that it can be done. */
  patience: number;
}

export interface WorkerDispatch {
  /** While it is connected. */
  cluster: Cluster | undefined;
  joinedMs: number;
  /** When it last committed. */
  committedMs: number;
  /** How much longer than expected its leases may take: doubled by each that runs out. */
  patience: number;
  ranOutMs: number;
  /** When it last got copies of late tasks. */
  copiedMs: number;
  /** Jobs it took last, newest first: it has their code and inputs. */
  recent: Job[];
}

export interface Dispatch {
  requesters: Map<Address, Requester>;
  /** Jobs that are running; those that have ended leave it when it is gone through. */
  running: Set<Job>;
  clusters: Map<string, Cluster>;
  /** Attributes that tell clusters apart: those which running jobs mention, sorted. */
  mentioned: readonly string[];
  /** How often workers have entered or left a cluster. */
  moves: number;
  /** Clusters made before the last attribute was mentioned: their workers move on, some at every event. */
  outdated: Cluster[];
  /** By app. */
  paces: Map<string, AppPace>;
  sessions: Sessions;
  /** Jobs at their end, of which late tasks may be copied. */
  ending: Set<Job>;
  /** Jobs that have got something new to give since the waiting were last fed. */
  news: Set<Job>;
  /** Jobs that may still have something for workers that wait. */
  unfed: Set<Job>;
  /** Waiting, and it was for a reason of their own: they held as much as a worker may, or what they can do has changed. */
  changed: Set<Worker>;
}

export const NO_REQUESTER: Requester = { address: NOBODY, pass: 0 };

export const emptyJobDispatch = (): JobDispatch => ({
  requester: NO_REQUESTER,
  returned: new Ring(),
  clusters: new Set(),
  dry: [],
  helpers: 0,
  countedAt: Number.NEGATIVE_INFINITY,
  copies: 0,
  done: { tasks: 0, contributions: 0 },
  patience: 1,
});

export const emptyWorkerDispatch = (): WorkerDispatch => ({
  cluster: undefined,
  joinedMs: 0,
  committedMs: 0,
  patience: 1,
  ranOutMs: Number.NEGATIVE_INFINITY,
  copiedMs: Number.NEGATIVE_INFINITY,
  recent: [],
});

export const emptyDispatch = (): Dispatch => ({
  requesters: new Map(),
  running: new Set(),
  clusters: new Map(),
  mentioned: [],
  moves: 0,
  outdated: [],
  paces: new Map(),
  sessions: new Sessions(),
  ending: new Set(),
  news: new Set(),
  unfed: new Set(),
  changed: new Set(),
});
