// The end of a job hangs on its slowest machines. From nine tenths done, or when nothing is left to hand out, the tasks
// that are expected to finish last are copied to workers that have nothing better to do and are expected to be sooner:
//
//   in hand ──────────────●           expected long after the others: the last first
//   in hand ──●· · · · · ·?           should be back by now: the longer it is overdue, the longer it is likely to be
//   copy      ──────●                 whoever commits first is enough; the other, if it comes too, is a replica more
//
// A task has two copies at most at one time, and a job's copies are at most a twentieth of its contributions.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import { MAX_CONTRIBUTIONS } from "../../protocol/poco.ts";
import { Heap } from "./heap.ts";
import { mayJoin } from "./numericClass.ts";
import { type Expected, expectedTask } from "./pace.ts";
import type { Contribution, Job, State, Task, Worker } from "./state.ts";
import { isStranger } from "./strangers.ts";
import { hasWork } from "./work.ts";

const NEARLY_DONE = 0.9;
const MOST_COPIES = 2;
const EXTRA_WORK = 0.05;
/** A copy must be expected this much sooner than what it copies, as a factor of its own time. */
const MARGIN = 1.2;
/** Of the average time of a task, what a copy may be expected to take. */
const FAST = 1.1;
/** A worker must be expected to stay until its copy is done, this surely. */
const STAYS = 0.8;
/** Tasks looked at for one worker, at each end. */
const LOOKED_AT = 64;
/**
 * Copies are chosen among no more open tasks than this, of those that a job's copies could be of: by then the quick ones
 * are done, and what is left are the late. A bound on what is looked at once a job, and on memory.
 */
const MOST_IN_HAND = 65_536;
const CHOSEN_AMONG = 4;
const FEW_IN_HAND = 256;
/** Of a machine of which nothing is known but that it holds the task, milliseconds. */
const UNKNOWN_TASK_MS = 60_000;
/** More of a worker's results than this share may have failed to come, before it is no longer safe. */
const LAPSES = 0.1;

interface InHand {
  task: Task;
  contribution: Contribution;
  expectedMs: number;
}

/** Tasks in hand when the end began or leased since, by when they are expected; some are long committed. */
export class Tail {
  readonly job: Job;
  readonly last = new Heap<InHand>((entry) => -entry.expectedMs);
  readonly overdue = new Heap<InHand>((entry) => entry.expectedMs);
  /** Have all the copies they may have: put back when one of those comes to nothing. */
  readonly full = new Set<Task>();

  constructor(job: Job) {
    this.job = job;
  }
}

export const isEnding = (job: Job): boolean => !hasWork(job) || job.certified >= NEARLY_DONE * job.tasks;

/**
 * Of the contributions that tasks begin with: as many as certified ones had, where proven workers need fewer than newcomers.
 * Those that checks add do not count.
 */
function budgetOf({ tasks, replicas, firstReplicas, dispatch: { done } }: Job): number {
  const each = done.tasks > 0 ? done.contributions / done.tasks : replicas;
  return Math.floor(EXTRA_WORK * tasks * Math.min(firstReplicas, each));
}

/** Copies a job may still make. */
export const copiesLeft = (job: Job): number => budgetOf(job) - job.dispatch.copies;

const mostInHand = (job: Job): number => Math.min(MOST_IN_HAND, Math.max(FEW_IN_HAND, CHOSEN_AMONG * copiesLeft(job)));

/** Up to `most` copies for a worker that found nothing else in the job. */
export function copiesFor(state: State, job: Job, worker: Worker, most: number, nowMs: number): Task[] {
  if (job.state !== "running" || !isEnding(job) || copiesLeft(job) <= 0) return [];
  // Only who has shown how fast it is.
  const own = worker.itemMs.has(job.app) ? expectedTask(state, job, worker) : undefined;
  // Who answers without computing gets no more copies than who computes: one lease of them in the time a task takes.
  if (nowMs - worker.dispatch.copiedMs < (expectedTask(state, job)?.meanMs ?? 0)) return [];
  if (!own || !isFast(state, job, own) || !isSafe(state, worker, own, nowMs)) return [];
  if (!job.dispatch.tail && job.open.size > mostInHand(job)) return [];
  const tail = job.dispatch.tail ?? begin(state, job);
  const copies: Task[] = [];
  // Each of those that wait should get some, or one would do one after the other what many could do at once.
  const share = Math.ceil(job.open.size / (1 + state.waiting.size));
  while (copies.length < Math.min(most, share, MAX_BATCH_TASKS) && copiesLeft(job) > 0) {
    // One after the other: the last of them is done when all are.
    const doneMs = nowMs + MARGIN * own.meanMs * (copies.length + 1);
    const task = choose(tail, (each) => !copies.includes(each) && isFor(each, worker), doneMs, nowMs, own);
    if (!task) break;
    job.dispatch.copies++;
    copies.push(task);
  }
  if (copies.length > 0) worker.dispatch.copiedMs = nowMs;
  return copies;
}

/** About as fast as the others, at least. */
const isFast = (state: State, job: Job, own: Expected): boolean =>
  own.meanMs <= FAST * (expectedTask(state, job)?.meanMs ?? own.meanMs);

/** Neither suspected nor known to drop what it takes, and likely to stay long enough. */
function isSafe(state: State, { suspicion, standing, lapsed, good, dispatch }: Worker, own: Expected, nowMs: number) {
  return (
    suspicion === 0 &&
    standing.disputes === 0 &&
    lapsed <= 1 + LAPSES * good &&
    state.dispatch.sessions.staysFor(nowMs - dispatch.joinedMs, own.meanMs) >= STAYS
  );
}

/** Once a job: everything in hand is looked at. */
function begin(state: State, job: Job): Tail {
  const tail = new Tail(job);
  job.dispatch.tail = tail;
  for (const task of job.open.values())
    for (const c of task.contributions) if (c.state === "leased") take(state, tail, task, c);
  return tail;
}

/** Leased after the end began. */
export function noteLease(state: State, job: Job, tasks: readonly Task[]): void {
  const { tail } = job.dispatch;
  if (!tail) return;
  for (const task of tasks) if (!putBack(state, tail, task)) take(state, tail, task, task.contributions.at(-1)!);
}

/** A lease of the task came to nothing. */
export function noteReturn(state: State, task: Task): void {
  const { tail } = task.job.dispatch;
  if (tail) putBack(state, tail, task);
}

function putBack(state: State, tail: Tail, task: Task): boolean {
  if (!tail.full.delete(task)) return false;
  for (const c of task.contributions) if (c.state === "leased") take(state, tail, task, c);
  return true;
}

function take(state: State, tail: Tail, task: Task, contribution: Contribution): void {
  const worker = contribution.who;
  if (!worker || task.check) return;
  const taskMs = expectedTask(state, task.job, worker)?.meanMs ?? UNKNOWN_TASK_MS;
  const entry = { task, contribution, expectedMs: contribution.leasedMs + taskMs * Math.max(1, worker.leased.size) };
  tail.last.push(entry);
  tail.overdue.push(entry);
}

const isInHand = ({ task, contribution }: InHand): boolean =>
  contribution.state === "leased" &&
  // Of a decided task contributions stay as they were.
  task.job.open.get(task.position) === task &&
  task.contributions.includes(contribution);

type Fits = (task: Task) => boolean;

/** Whoever asks: fewer copies than it may have, and nobody is sought for it anyway. Every copy may come, and be counted. */
const mayBeCopied = (task: Task): boolean =>
  task.contributions.length < Math.min(task.target + MOST_COPIES, MAX_CONTRIBUTIONS) && !task.queued && !task.lot;

const isFor = (task: Task, worker: Worker): boolean => isStranger(task, worker) && mayJoin(task, worker);

function choose(tail: Tail, fits: Fits, doneMs: number, nowMs: number, own: Expected): Task | undefined {
  const { job } = tail;
  const left = copiesLeft(job);
  // Overdue for as long again as it is already, and one deviation: then a copy that is sooner pays.
  const isLate = ({ expectedMs }: InHand) => nowMs - expectedMs > own.devMs && 2 * nowMs - expectedMs > doneMs;
  // Those that are not late yet wait until all that is open could be copied: spent before, copies would be gone when the
  // very last tasks need them. For those, half of the copies is kept.
  const isLast = job.open.size <= left;
  const late = isLast || 2 * left > budgetOf(job) ? find(tail, tail.overdue, fits, isLate) : undefined;
  return late ?? (isLast ? find(tail, tail.last, fits, ({ expectedMs }) => expectedMs > doneMs) : undefined);
}

function find(tail: Tail, heap: Heap<InHand>, fits: Fits, pays: (entry: InHand) => boolean): Task | undefined {
  const passedOver: InHand[] = [];
  let found: Task | undefined;
  while (passedOver.length < LOOKED_AT) {
    const entry = heap.first;
    if (!entry) break;
    const isGone = !isInHand(entry);
    if (isGone || !mayBeCopied(entry.task)) {
      tail.last.delete(entry);
      tail.overdue.delete(entry);
      if (!isGone) tail.full.add(entry.task);
      continue;
    }
    if (!pays(entry)) break;
    heap.delete(entry);
    passedOver.push(entry);
    if (!fits(entry.task)) continue;
    found = entry.task;
    break;
  }
  for (const entry of passedOver) heap.push(entry);
  return found;
}
