// What the API shows of the scheduler's state and the store.
import type { JobView, PoolView, TaskView, WorkerView } from "../../protocol/api.ts";
import { rangeOf } from "../../protocol/api.ts";
import { type Address, hex32 } from "../../protocol/ids.ts";
import { rewardsOf } from "../../protocol/payout.ts";
import type { JobContext } from "../rows.ts";
import type { Reason } from "../scheduler/laws.ts";
import { isClassBound, mostOwners, ownersNeeded } from "../scheduler/numericClass.ts";
import { whatIsMissing } from "../scheduler/prospects.ts";
import type { Job, State, Task, Worker } from "../scheduler/state.ts";
import type { ContributionRow } from "../store/contributions.ts";
import type { DifferenceRow } from "../store/differences.ts";
import type { JobRow } from "../store/jobs.ts";
import { CONTRIBUTION } from "../store/open.ts";
import type { PromiseRow } from "../store/promises.ts";
import type { WorkerRow } from "../store/workers.ts";
import type { ApiContext } from "./context.ts";
import { isPrivate } from "./readers.ts";

export function poolView({ poolView, loop }: ApiContext): PoolView {
  const connected = [...loop.state.workers.values()].filter((w) => w.connected && !w.banned);
  return {
    ...poolView,
    workers: {
      connected: connected.length,
      wgsl: connected.filter((w) => w.engines.has("wgsl")).length,
      wasm: connected.filter((w) => w.engines.has("wasm")).length,
      owners: new Set(connected.map((w) => w.owner)).size,
    },
  };
}

/**
 * `mayRead`: the reader may see single tasks of the job. To others a private job shows only how much is certified: who has
 * just got a lease could read from the counts of what is at work whether it is of the job's own tasks or a check.
 */
export function jobView({ loop, egress }: ApiContext, context: JobContext, mayRead: boolean): JobView {
  const { row, job } = context;
  const isShown = mayRead || !isPrivate(context);
  let running = 0;
  if (isShown)
    for (const task of job.open.values()) if (task.contributions.some((c) => c.state === "leased")) running++;
  const view: JobView = {
    job: row.id,
    title: row.title,
    spec: row.spec,
    state: row.state,
    requester: row.requester,
    createdMs: row.createdMs,
    priceWei: String(row.priceWei),
    tasks: job.tasks,
    certified: job.certified,
    running,
    contributions: isShown ? context.contributions : job.certified,
    mismatches: row.mismatches,
    bytesFromRelay: row.spec.inputs.reduce((sum, cid) => sum + (egress.get(cid) ?? 0), 0),
  };
  if (row.spec.category) view.spentSeconds = row.spentSeconds;
  if (row.error) view.error = row.error;
  if (row.finishedMs !== undefined) view.finishedMs = row.finishedMs;
  const waitsFor = row.state === "running" ? missingFor(loop.state, job) : undefined;
  if (waitsFor) view.waitsFor = waitsFor;
  if (row.promise) view.promise = promiseView(row, row.promise, Date.now());
  return view;
}

function promiseView(row: JobRow, { granted, probability }: PromiseRow, nowMs: number): JobView["promise"] {
  const deadlineMs = row.createdMs + (row.spec.deadlineSeconds ?? 0) * 1000;
  const view = { granted, probability, deadlineMs };
  if (row.state === "done") return { ...view, kept: (row.finishedMs ?? nowMs) <= deadlineMs };
  return row.state === "stopped" || nowMs > deadlineMs ? { ...view, kept: false } : view;
}

/** In words, why a job cannot go on with the workers that are here; undefined if it can. */
function missingFor({ dispatch }: State, job: Job): string | undefined {
  const isBound = isClassBound(job);
  const least = Math.max(job.replicas, job.firstReplicas);
  const needed = isBound ? ownersNeeded(least) : least;
  const able: Worker[] = [];
  const owners = new Set<Address>();
  for (const { members } of job.dispatch.clusters)
    for (const worker of members) {
      if (worker.banned || worker.failed.has(job.id)) continue;
      able.push(worker);
      owners.add(worker.owner);
      if (!isBound && owners.size >= needed) return undefined;
    }
  let connected = 0;
  for (const { members } of dispatch.clusters.values()) connected += members.size;
  for (const { members } of dispatch.outdated) connected += members.size;
  const isPicky = (job.needs?.mentions.length ?? 0) > 0;
  const count = isBound ? mostOwners(able) : owners.size;
  return whatIsMissing({ engine: job.engine, isPicky, isBound }, needed, { owners: count, connected });
}

export function taskView(
  context: ApiContext,
  { row, job }: JobContext,
  index: number,
  names: Map<number, WorkerRow>,
): TaskView {
  const { store } = context;
  const range = rangeOf(row.spec, index);
  const position = job.order.positionOf(index);
  const open = job.open.get(position);
  if (open) return { index, ...range, state: stateOf(open), contributions: openContributions(open) };
  const certified = position < job.fresh || row.state !== "running" ? store.certified.summary(row.n, index) : undefined;
  if (!certified) return { index, ...range, state: "waiting", contributions: [] };
  const rows = store.contributions.ofTask(row.n, index);
  const agreeing = rows.filter((c) => c.state === CONTRIBUTION.agreed);
  const rewards = rewardsOf(
    row,
    agreeing.map((c) => ({ worker: names.get(c.worker)!.address, score: c.score })),
  );
  const reason = certified.belief === null ? undefined : (JSON.parse(certified.belief) as Reason);
  const view: TaskView = {
    index,
    ...range,
    state: "certified",
    digest: hex32(certified.digest),
    contributions: rows.map((c) => closedContribution(c, names.get(c.worker)!, rewards, reason)),
  };
  if (reason) {
    const { reached, needed, referee } = reason;
    view.belief = { law: row.spec.law, reached, needed, ...(referee && { referee }) };
  }
  if (certified.epoch !== null && certified.epoch >= 0) view.epoch = certified.epoch;
  return view;
}

export const differenceView = ({
  item,
  offsetBytes,
  workers,
}: DifferenceRow): TaskView["firstDifference"] & object => ({
  item,
  offsetBytes,
  workers,
});

function stateOf(task: Task): TaskView["state"] {
  const { contributions } = task;
  if (contributions.some((c) => c.state === "leased")) return "leased";
  if (task.queued && contributions.some((c) => c.state === "revealed")) return "disputed";
  return contributions.length > 0 ? "committed" : "waiting";
}

const openContributions = (task: Task): TaskView["contributions"] =>
  task.contributions.map((c) => ({
    worker: c.worker,
    owner: c.owner,
    state: c.state === "asked" ? "committed" : c.state,
  }));

function closedContribution(
  c: ContributionRow,
  worker: WorkerRow,
  rewards: ReadonlyMap<Address, bigint>,
  reason: Reason | undefined,
): TaskView["contributions"][number] {
  const { address } = worker;
  if (c.state === CONTRIBUTION.lapsed) return { worker: address, owner: c.owner, state: "lapsed" };
  const agrees = c.state === CONTRIBUTION.agreed;
  return {
    worker: address,
    owner: c.owner,
    state: "revealed",
    agrees,
    rewardWei: String(agrees ? (rewards.get(address) ?? 0n) : 0n),
    ...figuresOf(address, reason),
  };
}

/** What the law saw of a contribution when the task was decided. */
function figuresOf(worker: Address, reason: Reason | undefined) {
  const part = reason?.parts.find((part) => part.worker === worker);
  if (!part) return {};
  const { weight, credibility, checks } = part;
  return {
    ...(weight !== undefined && { weight }),
    ...(credibility !== undefined && { credibility }),
    ...(checks !== undefined && { checks }),
  };
}

export const workerView = ({ chain }: ApiContext, row: WorkerRow, worker: Worker): WorkerView => ({
  worker: row.address,
  owner: row.owner,
  connected: worker.connected,
  engines: [...worker.engines],
  adapter: row.adapter,
  good: worker.good,
  bad: worker.bad,
  lapsed: worker.lapsed,
  banned: worker.banned,
  score: chain.score(row.address),
  earnedWei: String(row.earnedWei),
  creditedWei: String(chain.credited(row.address)),
});
