// Jobs and workers as they are when the scheduler first hears of them.
import { newStanding } from "./credibility.ts";
import { emptyJobDispatch, emptyWorkerDispatch, NO_REQUESTER } from "./dispatch.ts";
import { Leased } from "./leased.ts";
import { OpenTasks } from "./openTasks.ts";
import { inOrder } from "./order.ts";
import { Ring } from "./ring.ts";
import { Rota } from "./rota.ts";
import type { Job, Worker } from "./state.ts";

type JobTerms = Pick<
  Job,
  "id" | "engine" | "app" | "law" | "trust" | "replicas" | "firstReplicas" | "tasks" | "compare" | "keyOf"
> &
  Partial<Pick<Job, "requester" | "itemsPerTask" | "needs" | "order" | "referee" | "audit" | "spending">>;

export const newJob = (terms: JobTerms): Job => ({
  requester: NO_REQUESTER.address,
  order: inOrder,
  fresh: 0,
  again: new Ring(),
  open: new OpenTasks(),
  certified: 0,
  held: 0,
  holders: new Rota(),
  audits: 0,
  referee: false,
  openChecks: 0,
  known: [],
  rechecks: new Map(),
  rechecking: new Map(),
  steady: new Set(),
  owed: new Map(),
  unsteady: new Set(),
  marks: new Map(),
  state: "running",
  failures: new Map(),
  pass: 0,
  dispatch: emptyJobDispatch(),
  ...terms,
});

/** Most workers never need either, and a million empty ones take hundreds of megabytes. */
export const NOTHING_HELD: Worker["held"] = new Map();
const NO_JOBS: Worker["failed"] = new Set();

/** Its own owner and beneficiary, nowhere, not connected, unless told. */
export const newWorker = (known: Pick<Worker, "address"> & Partial<Worker>): Worker => ({
  owner: known.address,
  beneficiary: known.address,
  subnet: "",
  cohort: "",
  numericClass: "",
  score: 0,
  engines: new Set(),
  connected: false,
  wants: 0,
  leased: new Leased(),
  pending: new Set(),
  standing: newStanding(),
  proofs: [],
  lots: [],
  unrevealed: 0,
  broken: 0,
  held: NOTHING_HELD,
  itemMs: new Map(),
  good: 0,
  bad: 0,
  lapsed: 0,
  suspicion: 0,
  banned: false,
  failed: NO_JOBS,
  attributes: {},
  bands: new Map(),
  dispatch: emptyWorkerDispatch(),
  ...known,
});
