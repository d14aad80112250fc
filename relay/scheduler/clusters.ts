// Workers which no running job can tell apart form one cluster (HTCondor's autoclusters): what may run where is decided
// once for a cluster and a job, and every cluster has its own line of jobs.
import type { Attributes } from "../../protocol/ads.ts";
import type { Job, State, Worker } from "./state.ts";
import { levelWithLeast, Offers, type Requester } from "./stride.ts";

/** Workers of outdated clusters looked at in one event. */
const MOVED_AT_ONCE = 64;
/** Clusters without workers that are kept, since workers like those may come again. */
const EMPTY_KEPT = 1000;

export class Cluster {
  readonly key: string;
  readonly engines: ReadonlySet<string>;
  readonly attributes: Attributes;
  readonly offers = new Offers();
  /** Connected. */
  readonly members = new Set<Worker>();
  /** Those of them that asked and got nothing, longest wait first. */
  readonly waiting = new Set<Worker>();
  /** Too coarse for what jobs mention by now. */
  isOutdated = false;

  constructor(key: string, worker: Worker) {
    this.key = key;
    this.engines = worker.engines;
    this.attributes = worker.attributes;
  }
}

const keyOf = (worker: Worker, mentioned: readonly string[]): string =>
  JSON.stringify([[...worker.engines].sort(), mentioned.map((name) => worker.attributes[name] ?? null)]);

/** Puts a connected worker where it belongs; again if its engines or attributes have changed. */
export function enter(state: State, worker: Worker): Cluster {
  const { clusters, mentioned } = state.dispatch;
  const key = keyOf(worker, mentioned);
  const now = worker.dispatch.cluster;
  if (now?.key === key && now.members.has(worker)) return now;
  const waits = state.waiting.has(worker);
  leave(state, worker);
  let cluster = clusters.get(key);
  if (!cluster) {
    cluster = new Cluster(key, worker);
    clusters.set(key, cluster);
    for (const job of running(state)) admit(cluster, job);
    if (clusters.size > EMPTY_KEPT) dropEmpty(state);
  }
  cluster.members.add(worker);
  state.dispatch.moves++;
  worker.dispatch.cluster = cluster;
  if (waits) {
    state.waiting.add(worker);
    state.dispatch.changed.add(worker);
  }
  return cluster;
}

/** Where a connected worker is, for as long as that is fine enough. */
export function clusterOf(state: State, worker: Worker): Cluster {
  const { cluster } = worker.dispatch;
  return cluster && !cluster.isOutdated ? cluster : enter(state, worker);
}

export function leave(state: State, worker: Worker): void {
  const { cluster } = worker.dispatch;
  state.dispatch.changed.delete(worker);
  if (!cluster) return;
  state.waiting.delete(worker);
  cluster.members.delete(worker);
  state.dispatch.moves++;
  worker.dispatch.cluster = undefined;
}

/** Running jobs; those that have ended are dropped on the way. */
export function* running(state: State): Generator<Job> {
  for (const job of state.dispatch.running) {
    if (job.state === "running") yield job;
    else state.dispatch.running.delete(job);
  }
}

/** Takes up a job that has been added or restored. */
export function offer(state: State, job: Job): void {
  const { dispatch } = state;
  if (job.state !== "running") return;
  job.dispatch.requester = requesterOf(state, job);
  job.pass = levelWithLeast(jobsOf(state, job.dispatch.requester));
  dispatch.running.add(job);
  mention(state, job);
  for (const cluster of dispatch.clusters.values()) admit(cluster, job);
  dispatch.news.add(job);
}

function* jobsOf(state: State, requester: Requester): Generator<Job> {
  for (const job of running(state)) if (job.dispatch.requester === requester) yield job;
}

/** With a pass level with the least served of those that have running jobs, if it has none itself. */
function requesterOf(state: State, job: Job): Requester {
  const { requesters } = state.dispatch;
  const active = new Set<Requester>();
  for (const other of running(state)) active.add(other.dispatch.requester);
  let requester = requesters.get(job.requester);
  if (!requester) {
    requester = { address: job.requester, pass: 0 };
    requesters.set(job.requester, requester);
  }
  if (!active.has(requester)) requester.pass = Math.max(requester.pass, levelWithLeast(active));
  return requester;
}

/** The job has ended: nobody need share with it any more. Lines forget it when it comes up. */
export function retire({ dispatch }: Job): void {
  for (const cluster of dispatch.clusters) if (!dispatch.dry.includes(cluster)) cluster.offers.size--;
  dispatch.tail = undefined;
}

/** New attributes make old clusters too coarse. */
function mention(state: State, job: Job): void {
  const { dispatch } = state;
  if ((job.needs?.mentions ?? []).every((name) => dispatch.mentioned.includes(name))) return;
  const names = new Set<string>();
  for (const { needs } of running(state)) for (const name of needs?.mentions ?? []) names.add(name);
  dispatch.mentioned = [...names].sort();
  for (const cluster of dispatch.clusters.values()) {
    cluster.isOutdated = true;
    dispatch.outdated.push(cluster);
  }
  dispatch.clusters = new Map();
}

function admit(cluster: Cluster, job: Job): void {
  if (!cluster.engines.has(job.engine) || job.needs?.admits(cluster.attributes) === false) return;
  job.dispatch.clusters.add(cluster);
  cluster.offers.add(job);
}

/** Moves some workers of outdated clusters on; those that wait and should be fed again are told of. */
export function moveSome(state: State, moved: (worker: Worker) => void): void {
  const { outdated } = state.dispatch;
  for (let left = MOVED_AT_ONCE; left > 0 && outdated.length > 0; left--) {
    const cluster = outdated.at(-1)!;
    const [worker] = cluster.waiting.size > 0 ? cluster.waiting : cluster.members;
    if (!worker) {
      outdated.pop();
      forget(state, cluster);
      continue;
    }
    enter(state, worker);
    if (state.waiting.has(worker)) moved(worker);
  }
}

function forget(state: State, cluster: Cluster): void {
  for (const job of running(state)) {
    job.dispatch.clusters.delete(cluster);
    job.dispatch.dry = job.dispatch.dry.filter((other) => other !== cluster);
  }
}

function dropEmpty(state: State): void {
  const { clusters } = state.dispatch;
  for (const [key, cluster] of clusters) {
    if (cluster.members.size > 0) continue;
    clusters.delete(key);
    forget(state, cluster);
  }
}

/** Of the helpers counted, the share that may have come or gone before they are counted anew. */
const INEXACT = 0.05;

/** Connected workers that may do the job, nearly: exactly while they are few. */
export function helpers(state: State, job: Job): number {
  const { dispatch } = job;
  const { moves } = state.dispatch;
  if (moves - dispatch.countedAt > INEXACT * dispatch.helpers) {
    dispatch.countedAt = moves;
    dispatch.helpers = 0;
    for (const cluster of dispatch.clusters) dispatch.helpers += cluster.members.size;
  }
  return dispatch.helpers;
}

/** Whether any connected worker could still do the job: none whose machine it failed on, and none that is banned. */
export function anyoneLeft(job: Job): boolean {
  for (const cluster of job.dispatch.clusters)
    for (const worker of cluster.members) if (!worker.banned && !worker.failed.has(job.id)) return true;
  return false;
}
