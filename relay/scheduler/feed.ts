// Workers that asked and got nothing are given work as soon as there is something new: not all of them are asked at
// every event, only those of clusters that a job with news admits.
import type { Cluster } from "./clusters.ts";
import { moveSome } from "./clusters.ts";
import type { Effect } from "./events.ts";
import { MAX_LEASED } from "./leaseSize.ts";
import { copyLate, place } from "./place.ts";
import { isUnreliable } from "./promises.ts";
import type { Job, State, Worker } from "./state.ts";
import { copiesLeft } from "./tail.ts";
import { hasWork } from "./work.ts";

/** Waiting workers for whom there is nothing, at one event: many that wait must not slow down those that work. */
const FED_IN_VAIN = 32;
/** Jobs at their end looked at in one tick. */
const ENDING_FED = 8;

/** Waiting workers of one cluster among whom a job's requester may choose. */
const ORDERED = 256;
/** Band of a worker that has not been ranked yet: neither sought nor shunned. */
const UNRANKED = 1;

/** The job has something to give, but nothing that could not wait for the next tick. */
export function offerAgain(state: State, job: Job): void {
  for (const cluster of job.dispatch.dry) cluster.offers.add(job);
  job.dispatch.dry.length = 0;
  if (state.waiting.size > 0) state.dispatch.unfed.add(job);
}

/** The job has something to give that it had not before. */
export function wake(state: State, job: Job): void {
  offerAgain(state, job);
  if (state.waiting.size > 0) state.dispatch.news.add(job);
}

/** After every event. */
export function feedTheWaiting(state: State, nowMs: number, effects: Effect[]): void {
  const { news, unfed, outdated } = state.dispatch;
  if (outdated.length > 0) moveSome(state, (worker) => tryOne(state, worker, nowMs, effects));
  let left = FED_IN_VAIN;
  for (const job of news) {
    news.delete(job);
    left = feedJob(state, job, left, nowMs, effects);
    if (left === 0) break;
  }
  // Not reached: looked at again at the next tick.
  for (const job of news) unfed.add(job);
  news.clear();
}

/** Waiting workers that were drawn by lot. */
export function feedCalled(state: State, nowMs: number, effects: Effect[]): void {
  for (const worker of [...state.called]) {
    state.called.delete(worker);
    if (state.waiting.has(worker)) tryOne(state, worker, nowMs, effects);
  }
}

/** At every tick: those that news did not reach, or that must not do what there was. */
export function feedMore(state: State, nowMs: number, effects: Effect[]): void {
  const { unfed, changed } = state.dispatch;
  for (const worker of changed)
    if (worker.leased.size < MAX_LEASED) {
      changed.delete(worker);
      if (state.waiting.has(worker)) tryOne(state, worker, nowMs, effects);
    }
  let left = FED_IN_VAIN;
  for (const job of [...unfed]) {
    if (left === 0) break;
    unfed.delete(job);
    if (job.state === "running" && hasWork(job)) left = feedJob(state, job, left, nowMs, effects);
  }
  if (state.waiting.size > 0) feedTails(state, nowMs, effects);
}

/** Time alone makes tasks late. */
function feedTails(state: State, nowMs: number, effects: Effect[]): void {
  let left = FED_IN_VAIN;
  for (const job of [...state.dispatch.ending].slice(0, ENDING_FED)) {
    if (copiesLeft(job) <= 0) continue;
    for (const cluster of waitingClusters(state, job)) {
      const inVain: Worker[] = [];
      for (const worker of cluster.waiting) {
        if (left-- === 0) break;
        const effect = copyLate(state, worker, nowMs);
        if (effect) give(state, worker, effect, effects);
        else inVain.push(worker);
      }
      for (const worker of inVain) state.waiting.requeue(worker);
      if (left <= 0) return;
    }
  }
}

/** At every tick, after all others: those that break promises and had their fill. */
export function feedFull(state: State, nowMs: number, effects: Effect[]): void {
  for (const worker of [...state.resting]) {
    state.resting.delete(worker);
    if (state.waiting.has(worker)) tryOne(state, worker, nowMs, effects);
  }
}

/** Returns how many more may be asked in vain. */
function feedJob(state: State, job: Job, vain: number, nowMs: number, effects: Effect[]): number {
  let left = vain;
  if (job.state !== "running") return left;
  for (const cluster of waitingClusters(state, job)) {
    const inVain: Worker[] = [];
    for (const worker of inOrder(cluster, job)) {
      if (left === 0 || !hasWork(job)) break;
      if (isUnreliable(worker)) {
        state.resting.add(worker);
        continue;
      }
      if (tryOne(state, worker, nowMs, effects)) continue;
      inVain.push(worker);
      left--;
    }
    // Those not looked at come first next time.
    for (const worker of inVain) state.waiting.requeue(worker);
    if (left === 0 || !hasWork(job)) break;
  }
  if (hasWork(job) && state.waiting.size > 0) state.dispatch.unfed.add(job);
  return left;
}

/** Where tasks are scarcer than workers, those whom the requester prefers come first; the others by how long they wait. */
function inOrder({ waiting }: Cluster, job: Job): Iterable<Worker> {
  const key = job.needs?.ranking.key;
  if (key === undefined || waiting.size === 1) return waiting;
  const first: Worker[] = [];
  for (const worker of waiting) if (first.push(worker) === ORDERED) break;
  const bandOf = (worker: Worker) => worker.bands.get(key) ?? UNRANKED;
  return first.sort((a, b) => bandOf(a) - bandOf(b));
}

function waitingClusters(state: State, { dispatch: { clusters } }: Job): Cluster[] {
  const { clusters: waiting } = state.waiting;
  return clusters.size < waiting.size
    ? [...clusters].filter(({ waiting: workers }) => workers.size > 0)
    : [...waiting].filter((cluster) => clusters.has(cluster));
}

function tryOne(state: State, worker: Worker, nowMs: number, effects: Effect[]): boolean {
  const effect = place(state, worker, nowMs);
  if (effect.type !== "lease") return false;
  give(state, worker, effect, effects);
  return true;
}

function give(state: State, worker: Worker, effect: Effect, effects: Effect[]): void {
  state.waiting.delete(worker);
  effects.push(effect);
}
