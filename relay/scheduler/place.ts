// Which tasks a worker gets next.
import { restsOnOne } from "../../protocol/api.ts";
import { closeCheck, nextCheck, oweCheck } from "./checks.ts";
import { clusterOf, running } from "./clusters.ts";
import { leaseTo, ownRecord } from "./contribution.ts";
import type { Effect } from "./events.ts";
import { deadlineFor, LEASE_MS, leaseSize, MAX_LEASED } from "./leaseSize.ts";
import { jobOfLots } from "./lots.ts";
import { type Expected, expectedTask } from "./pace.ts";
import { isForBetter } from "./preferred.ts";
import { isUnreliable, trustedWith } from "./promises.ts";
import type { Job, State, Task, Worker } from "./state.ts";
import type { Line } from "./stride.ts";
import { copiesFor, isEnding, noteLease } from "./tail.ts";
import { aim } from "./task.ts";
import { hasWork, pick } from "./work.ts";

/** A worker goes on with a job whose code and inputs it has as long as its turn is no further away than this. */
const LEVEL_MS = 2 * LEASE_MS;
/** Jobs a worker is known to have the inputs of. */
const REMEMBERED_JOBS = 4;
/** Jobs at their end looked at for one worker. */
const ENDING_LOOKED_AT = 8;
/** What a task counts for in its job's share when nobody knows how long it takes, milliseconds. */
const UNKNOWN_TASK_MS = 1_000;

/** Gives `worker` one lease, or says why there is none. */
export function place(state: State, worker: Worker, nowMs: number): Effect {
  if (worker.leased.size >= MAX_LEASED) {
    state.dispatch.changed.add(worker);
    return { type: "idle", worker, reason: `Commit first: ${worker.leased.size} tasks are leased to this worker.` };
  }
  const open = worker.leased.size + worker.unrevealed;
  if (isUnreliable(worker) && open >= trustedWith(worker)) {
    state.resting.add(worker);
    return {
      type: "idle",
      worker,
      reason: "Many tasks of this worker have lapsed: it gets more when it shows results.",
    };
  }
  const effect = drawn(state, worker, nowMs) ?? goOn(state, worker, nowMs) ?? nextInTurn(state, worker, nowMs);
  return effect.type === "lease" ? effect : (copyLate(state, worker, nowMs) ?? effect);
}

/** What the worker was drawn for comes first, with other tasks of the same job around it. */
function drawn(state: State, worker: Worker, nowMs: number): Effect | undefined {
  const job = jobOfLots(state, worker, nowMs);
  return job && leaseOf(state, job, worker, nowMs);
}

/** Fast-worker memory: more of what the worker has already, while shares are nearly level. */
function goOn(state: State, worker: Worker, nowMs: number): Effect | undefined {
  const { recent } = worker.dispatch;
  if (recent.length === 0) return undefined;
  const cluster = clusterOf(state, worker);
  const first = cluster.offers.first();
  if (!first) return undefined;
  for (const job of recent) {
    if (job.state !== "running" || !hasWork(job) || !job.dispatch.clusters.has(cluster)) continue;
    const { requester } = job.dispatch;
    const sibling = cluster.offers.lineOf(requester)?.jobs.first();
    if (requester.pass > first.pass + LEVEL_MS || !sibling || job.pass > sibling.pass + LEVEL_MS) continue;
    const effect = leaseOf(state, job, worker, nowMs);
    if (effect) return effect;
  }
  return undefined;
}

function nextInTurn(state: State, worker: Worker, nowMs: number): Effect {
  const cluster = clusterOf(state, worker);
  const { offers } = cluster;
  let reason: string | undefined;
  const aside: { line: Line; jobs: Job[]; isSpent: boolean }[] = [];
  let effect: Effect | undefined;
  for (let line = offers.first(); line && !effect; line = offers.first()) {
    const passedOver: Job[] = [];
    for (let job = line.jobs.first(); job; job = line.jobs.first()) {
      if (job.state !== "running" || !hasWork(job)) {
        offers.drop(line);
        if (job.state !== "running") continue;
        job.dispatch.dry.push(cluster);
        state.dispatch.ending.add(job);
        continue;
      }
      effect = leaseOf(state, job, worker, nowMs);
      if (effect) break;
      reason = worker.failed.has(job.id)
        ? "A job is waiting, but its kernel failed on this machine."
        : "Every waiting task already has a replica of yours, or is being worked on.";
      passedOver.push(line.jobs.take()!);
    }
    if (passedOver.length === 0) continue;
    // While others are looked at, a line that has nothing for this worker must not come up again.
    const isSpent = !effect;
    if (isSpent) offers.setAside();
    aside.push({ line, jobs: passedOver, isSpent });
  }
  for (const { line, jobs, isSpent } of aside) {
    for (const job of jobs) {
      line.jobs.push(job);
      state.dispatch.unfed.add(job);
      if (isEnding(job)) state.dispatch.ending.add(job);
    }
    if (isSpent) offers.giveBack(line);
  }
  return effect ?? { type: "idle", worker, reason: reason ?? reasonFor(state, worker) };
}

/** Jobs looked at for something to say. */
const NAMED = 16;

function reasonFor(state: State, { dispatch: { cluster } }: Worker): string {
  let looked = 0;
  for (const job of running(state)) {
    if (looked++ === NAMED) break;
    if (!hasWork(job) || job.dispatch.clusters.has(cluster!)) continue;
    return cluster!.engines.has(job.engine)
      ? "A job is waiting, but this machine is not what it asks for."
      : `A job is waiting, but it needs ${job.engine}, which this machine does not offer.`;
  }
  return "No job is waiting for workers now.";
}

function leaseOf(state: State, job: Job, worker: Worker, nowMs: number): Effect | undefined {
  if (worker.failed.has(job.id) || isForBetter(state, job, worker, nowMs)) return undefined;
  const expected = expectedTask(state, job, worker);
  const most = Math.min(leaseSize(state, job, worker, expected, nowMs), trustedWith(worker));
  // Checks take the place of work: on top of it, who asks for one task and gets two would know that one is a check.
  const checks = drawChecks(state, job, worker, most);
  const room = most - checks.length;
  const tasks = room > 0 ? pick(state, job, worker, room, nowMs) : [];
  if (tasks.length > 0 || (room === 0 && checks.length > 0))
    return lease(state, job, worker, checks.length === 0 ? tasks : [...tasks, ...checks], expected, nowMs);
  for (const check of checks) {
    oweCheck(worker, check);
    closeCheck(state, check);
  }
  return undefined;
}

/** For a lease of `most` tasks. What is owed comes alone: a worker that asks in vain again and again must not owe ever more. */
function drawChecks(state: State, job: Job, worker: Worker, most: number): Task[] {
  const checks: Task[] = [];
  if (!job.audit) return checks;
  for (let slots = Math.min(most, job.owed.get(worker.address)?.length ?? most); slots > 0; slots--) {
    const check = nextCheck(state, job, worker);
    if (check) checks.push(check);
  }
  return checks;
}

/** Copies of late tasks, for a worker for whom there is nothing else. */
export function copyLate(state: State, worker: Worker, nowMs: number): Effect | undefined {
  const cluster = clusterOf(state, worker);
  const { ending } = state.dispatch;
  let looked = 0;
  for (const job of ending) {
    if (looked++ === ENDING_LOOKED_AT) break;
    // Who was looked at goes to the end of the line, or out of it.
    ending.delete(job);
    if (job.state !== "running") continue;
    ending.add(job);
    if (!job.dispatch.clusters.has(cluster) || worker.failed.has(job.id)) continue;
    const tasks = copiesFor(state, job, worker, Math.min(worker.wants, MAX_LEASED - worker.leased.size), nowMs);
    if (tasks.length > 0) return lease(state, job, worker, tasks, expectedTask(state, job, worker), nowMs);
  }
  return undefined;
}

function lease(
  state: State,
  job: Job,
  worker: Worker,
  tasks: Task[],
  expected: Expected | undefined,
  nowMs: number,
): Effect {
  if (restsOnOne(job)) shuffle(state, tasks);
  const deadlineMs = nowMs + deadlineFor(job, worker, expected, tasks.length);
  const contribution = leaseTo(worker, nowMs, deadlineMs, tasks.length > 1);
  const alone = [contribution];
  for (const task of tasks) {
    task.contributions = task.contributions.length === 0 ? alone : [...task.contributions, contribution];
    if (task.taken) {
      ownRecord(task, contribution).proof = task.taken;
      task.taken = undefined;
    }
    aim(state, task);
  }
  worker.leased.addAll(tasks);
  state.deadlines.add(deadlineMs, tasks);
  noteLease(state, job, tasks);
  const work = tasks.length * (expected?.meanMs ?? UNKNOWN_TASK_MS);
  job.pass += work;
  job.dispatch.requester.pass += work;
  remember(worker, job);
  return { type: "lease", worker, job, tasks, deadlineMs };
}

/** What is new, what confirms somebody and what checks the worker come in no order that would tell them apart. */
function shuffle(state: State, tasks: Task[]): void {
  for (let left = tasks.length; left > 1; left--) {
    const drawn = Math.floor(state.random() * left);
    [tasks[left - 1], tasks[drawn]] = [tasks[drawn]!, tasks[left - 1]!];
  }
}

function remember({ dispatch }: Worker, job: Job): void {
  const { recent } = dispatch;
  if (recent[0] === job) return;
  const at = recent.indexOf(job);
  if (at > 0) recent.splice(at, 1);
  else if (recent.length === REMEMBERED_JOBS) recent.pop();
  recent.unshift(job);
}
