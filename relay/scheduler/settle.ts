// What becomes of a task after any change: ask for reveals, decide, wait, want another replica; and what a decision means
// for the workers.
import type { ErrorCode } from "../../protocol/errors.ts";
import { MAX_CONTRIBUTIONS } from "../../protocol/poco.ts";
import { bestGroup, isSampled } from "./belief.ts";
import { charge, overrun } from "./category.ts";
import { type Check, closeCheck, isKernelUnsteady, learn, recheck } from "./checks.ts";
import { retire } from "./clusters.ts";
import { failed, oddsOf, passed } from "./credibility.ts";
import type { Effect, Event } from "./events.ts";
import { offerAgain } from "./feed.ts";
import { freshLeft } from "./freshLeft.ts";
import { hold, nextDue, unhold } from "./holding.ts";
import { wantAnother } from "./lots.ts";
import { broke } from "./promises.ts";
import { prove } from "./proofs.ts";
import type { Contribution, Job, State, Task, Worker } from "./state.ts";
import { isLiar, nextSuspicion } from "./suspicion.ts";
import { aim, closeTask } from "./task.ts";

/** Time a worker has to show a digest it committed, or to send a large output, milliseconds. */
export const REVEAL_MS = 15_000;
/** The same for a worker whose connection is gone: time to come back after an interruption, milliseconds. */
export const GONE_MS = 6_000;
export const UPLOAD_MS = 60_000;
/** Results that disagree before the pool runs the task itself. */
const REFEREE_AFTER = 3;
/** Times that a task is begun anew with other workers. */
const MAX_ATTEMPTS = 3;

/** Looks at a task after any change. */
export function settle(state: State, task: Task, nowMs: number, effects: Effect[]): void {
  if (task.check) return settleCheck(state, task, task.check, nowMs, effects);
  // Another task of the same event may have stopped the job.
  if (task.job.state !== "running" || task.closed) return;
  const inHand = task.contributions.filter((c) => c.state !== "leased");
  if (task.hold) {
    // It waits for something else, unless a copy of it has come after all: that speaks for it, or against.
    if (inHand.every((c) => c.state === "revealed")) return;
    unhold(task);
  }
  // Who is still at work when enough have committed is not waited for: it was a copy of a late one, or is late itself.
  if (inHand.length < task.target) {
    wantAnother(state, task, nowMs);
    return;
  }
  const asked = inHand.filter((c) => c.state === "committed");
  if (isSampled(task) && asked.length > 0) {
    // What is believed and on its way here is not doubted for who comes late, unless it does not come.
    const { uploading } = task;
    if (uploading?.tried.has(uploading.worker)) return decide(state, task, nowMs, effects);
    if (uploading) return;
    // Leaves by which results are compared are drawn after the last commit, so who has shown some shows others now.
    asked.push(...revealedOf(task));
  }
  for (const c of asked) askReveal(state, task, c, nowMs, effects);
  if (inHand.length > 0 && inHand.every((c) => c.state === "revealed")) decide(state, task, nowMs, effects);
}

function askReveal(state: State, task: Task, c: Contribution, nowMs: number, effects: Effect[]): void {
  c.state = "asked";
  c.sample = undefined;
  c.deadlineMs = nowMs + (c.who?.connected ? REVEAL_MS : GONE_MS);
  state.deadlines.add(c.deadlineMs, task);
  effects.push({ type: "askReveal", worker: c.worker, tasks: [task] });
}

/** A check has one contribution or, if it was given back or has run out, none: then it is dropped. */
function settleCheck(state: State, task: Task, check: Check, nowMs: number, effects: Effect[]): void {
  const [c] = task.contributions;
  if (!c) return closeCheck(state, task);
  if (c.state === "committed") return askReveal(state, task, c, nowMs, effects);
  if (c.state !== "revealed") return;
  closeCheck(state, task);
  const isSame = c.digest === check.digest;
  if (task.job.isUnstable && !isSame) return void effects.push({ type: "lapsed", task, contribution: c });
  effects.push({ type: "checked", task, contribution: c, passed: isSame });
  if (check.self) return hearMachine(state, task, c, isSame, effects);
  const worker = c.who!;
  if (isSame) {
    passed(worker.standing, 1, state.rules);
    if (worker.held.size > 0) state.improved.add(worker);
  } else task.job.known = task.job.known.filter((known) => known.index !== task.index);
  judge(state, task.job, c, true, isSame, effects);
}

/** One machine that disagrees with itself may lie; when most do, of different owners, it is the kernel. */
function hearMachine(state: State, { job, index }: Task, c: Contribution, isSame: boolean, effects: Effect[]): void {
  job.rechecking.delete(c.worker);
  (isSame ? job.steady : job.unsteady).add(c.owner);
  if (job.state !== "running" || !isKernelUnsteady(state, job)) return;
  const message = `task ${index}: ${job.unsteady.size} machines, asked to do a task again, gave another result than before; the kernel is not deterministic`;
  quarantine(state, job, message, effects);
}

const revealedOf = (task: Task): Contribution[] => task.contributions.filter((c) => c.state === "revealed");

/** All that was committed is revealed. */
export function decide(state: State, task: Task, nowMs: number, effects: Effect[]): void {
  const { job } = task;
  if (task.refereeing) return;
  const revealed = revealedOf(task);
  noteDispute(task, revealed);
  if (!task.disputants) credit(state, revealed);
  const belief = state.laws[job.law]!.believe(state, task, revealed);
  switch (belief.state) {
    case "believed": {
      const { canonical, agreeing } = belief;
      if (agreeing.some((c) => c.inline && c.digest === canonical.digest))
        certify(state, task, canonical, agreeing, effects);
      else
        askUpload(
          state,
          task,
          agreeing.filter((c) => c.digest === canonical.digest),
          nowMs,
          effects,
        );
      return;
    }
    case "held": {
      const wasAudited = task.audited !== undefined;
      endAudit(task);
      // What was done once more at the end, and is not believed for all that, would wait for ever.
      const mayWait = !wasAudited || freshLeft(job) > 0;
      // Large outputs are not held: their workers would have to keep them in memory all the while.
      if (mayWait && job.held < state.rules.maxHeld && revealed.every((c) => c.inline)) {
        hold(task, belief.worker, belief.checks);
        offerAgain(state, job);
        effects.push({ type: "held", task });
        return;
      }
      return want(state, task, revealed, 1, nowMs, effects);
    }
    case "wanting":
      return want(state, task, revealed, belief.missing, nowMs, effects);
  }
}

function want(
  state: State,
  task: Task,
  revealed: Contribution[],
  missing: number,
  nowMs: number,
  effects: Effect[],
): void {
  const { job } = task;
  if (task.disputants) effects.push({ type: "mismatch", task, contributions: revealed });
  if (task.disputants && revealed.length >= REFEREE_AFTER && job.referee && !task.verdict) {
    // The answer comes as an event, and the task waits for it.
    if (!task.refereeing) effects.push({ type: "askReferee", task });
    task.refereeing = true;
    return;
  }
  if (revealed.length >= MAX_CONTRIBUTIONS) return startAnew(state, task, nowMs, effects);
  task.target = Math.min(MAX_CONTRIBUTIONS, revealed.length + missing);
  // One more may have committed meanwhile, as a copy, and is asked before anybody else is sought.
  settle(state, task, nowMs, effects);
}

/** As many as a task may have do not settle it: others try, and if they cannot either, the job is stopped. */
function startAnew(state: State, task: Task, nowMs: number, effects: Effect[]): void {
  const { job, contributions } = task;
  task.attempts = task.attempts + 1;
  if (task.attempts > MAX_ATTEMPTS) {
    const message = `task ${task.index}: ${contributions.length} machines gave results that do not agree, ${MAX_ATTEMPTS} times over; the kernel is not deterministic, or too few workers are honest`;
    return stopJob(state, job, "kernel-trap", message, effects);
  }
  endDispute(state, task);
  for (const c of [...contributions]) if (c.state !== "leased") lapse(state, task, c, effects);
  task.verdict = undefined;
  task.target = Math.max(job.firstReplicas, task.contributions.length);
  wantAnother(state, task, nowMs);
}

/** What the pool's own machine says of a disputed task; nothing if it could not run it. */
export function hearReferee(
  state: State,
  { task, digest, unstable }: Extract<Event, { type: "refereed" }>,
  nowMs: number,
  effects: Effect[],
): void {
  if (task.job.state !== "running") return;
  if (unstable !== undefined) return quarantine(state, task.job, unstable, effects);
  task.refereeing = false;
  if (task.closed) return;
  if (digest === undefined) task.job.referee = false;
  else task.verdict = digest;
  settle(state, task, nowMs, effects);
}

/** The kernel does not agree with itself: whoever was found wrong in this job may have been right. */
function quarantine(state: State, job: Job, message: string, effects: Effect[]): void {
  for (const [worker, mark] of job.marks) {
    worker.bad -= mark.bad;
    worker.suspicion = Math.max(0, worker.suspicion - mark.suspicion);
    worker.standing.history = Math.max(worker.standing.history, mark.history);
    if (!isLiar(worker.suspicion)) worker.banned = false;
    effects.push({ type: "workerChanged", worker });
  }
  job.isUnstable = true;
  effects.push({ type: "acquitted", job });
  stopJob(state, job, "kernel-nondeterministic", message, effects);
}

/** The first time that results differ, nobody concerned is believed alone until it is known who erred. */
function noteDispute(task: Task, revealed: readonly Contribution[]): void {
  if (task.disputants || revealed.length < 2) return;
  if (bestGroup(task.job, revealed).others.length === 0) return;
  task.disputants = revealed.map((c) => c.who!);
  for (const worker of task.disputants) worker.standing.disputes++;
  if (!task.job.referee) for (const c of revealed) recheck(task.job, c, task.index);
}

/** Agreement with strangers is a check passed, worth what the strangers are worth. */
function credit(state: State, agreeing: readonly Contribution[]): void {
  if (agreeing.length < 2 || agreeing.every((c) => c.counted)) return;
  const doubts = agreeing.map((c) => 1 / (1 + oddsOf(c.who!.standing, c, state.rules)));
  for (const [i, c] of agreeing.entries()) {
    if (c.counted) continue;
    c.counted = true;
    const allOthersBad = doubts.reduce((product, doubt, j) => (j === i ? product : product * doubt), 1);
    const worker = c.who!;
    if (prove(state, worker, c, 1 - allOthersBad)) call(state, c);
  }
}

/**
 * Looks again at what waits: results of workers that have passed checks since, and of those that were found wrong. One
 * decision may lead to the next, so this runs until nothing is left.
 */
export function followUp(state: State, nowMs: number, effects: Effect[]): void {
  while (state.improved.size + state.doubted.size > 0) {
    for (const task of state.doubted) {
      state.doubted.delete(task);
      if (task.closed || task.job.state !== "running" || !task.hold) continue;
      unhold(task);
      decide(state, task, nowMs, effects);
    }
    for (const worker of state.improved) {
      state.improved.delete(worker);
      for (let task = nextDue(worker); task; task = nextDue(worker)) decide(state, task, nowMs, effects);
    }
  }
}

/**
 * A large output is fetched once, from a winner that is there; if it does not come, from another. A winner whose
 * connection is gone is waited for if there is no other: it is asked when it comes back.
 */
function askUpload(state: State, task: Task, winners: Contribution[], nowMs: number, effects: Effect[]): void {
  const tried = task.uploading?.tried ?? new Set();
  const untried = winners.filter((c) => !tried.has(c.worker));
  const isHere = (c: Contribution) => c.who?.connected === true;
  const next = untried.find(isHere) ?? untried[0];
  if (!next) {
    // Nobody who could has sent it: the work must be done again, unless others agreed with an output of their own.
    task.uploading = undefined;
    for (const c of winners) lapse(state, task, c, effects);
    task.target = Math.max(task.job.firstReplicas, task.contributions.length + (isSampled(task) ? 0 : 1));
    return settle(state, task, nowMs, effects);
  }
  task.uploading = { worker: next.worker, tried };
  next.deadlineMs = nowMs + (isHere(next) ? UPLOAD_MS : GONE_MS);
  state.deadlines.add(next.deadlineMs, task);
  if (isHere(next)) effects.push({ type: "askUpload", worker: next.worker, task });
}

export function lapse(state: State, task: Task, contribution: Contribution, effects: Effect[]): void {
  task.contributions = task.contributions.filter((c) => c !== contribution);
  aim(state, task);
  const worker = contribution.who;
  if (worker) {
    worker.lapsed++;
    prove(state, worker, contribution, 0);
    if (contribution.state !== "revealed") {
      broke(worker);
      worker.unrevealed = Math.max(0, worker.unrevealed - 1);
    }
    worker.pending.delete(task);
    effects.push({ type: "workerChanged", worker });
  }
  effects.push({ type: "lapsed", task, contribution });
}

export function certify(
  state: State,
  task: Task,
  canonical: Contribution,
  agreeing: Contribution[],
  effects: Effect[],
): void {
  const revealed = revealedOf(task);
  const rejected = revealed.filter((c) => !agreeing.includes(c));
  const reason = state.laws[task.job.law]!.explain(state, task, agreeing, rejected);
  if (task.verdict) reason.referee = { agrees: task.verdict === canonical.digest };
  const late = task.contributions.filter((c) => c.state !== "revealed");
  close(state, task);
  task.job.certified++;
  task.job.dispatch.done.tasks++;
  task.job.dispatch.done.contributions += revealed.length;
  if (task.job.spending)
    charge(
      task.job.spending,
      agreeing.flatMap((c) => c.referenceSeconds ?? []),
    );
  effects.push({ type: "certified", task, canonical, agreeing, rejected, reason });
  for (const c of late) dismiss(state, task, c, effects);
  if (revealed.length > 1) credit(state, agreeing);
  learn(state, task, agreeing);
  for (const c of agreeing) judge(state, task.job, c, revealed.length > 1, true, effects);
  for (const c of rejected) judge(state, task.job, c, true, false, effects);
  finishIfDone(task.job, effects);
  stopIfOverrun(state, task.job, effects);
}

/** What is certified stays paid. */
function stopIfOverrun(state: State, job: Job, effects: Effect[]): void {
  const why = job.state === "running" && job.spending && overrun(job.spending, job.engine);
  if (why) stopJob(state, job, "category-overrun", why, effects);
}

function close(state: State, task: Task): void {
  endAudit(task);
  for (const c of task.contributions) call(state, c);
  closeTask(state, task);
  endDispute(state, task);
}

function endDispute(state: State, task: Task): void {
  for (const worker of task.disputants ?? []) {
    worker.standing.disputes--;
    if (worker.held.size > 0) state.improved.add(worker);
  }
  task.disputants = undefined;
}

/** Who waits because too much of it was undecided is looked at again. */
function call(state: State, c: Contribution): void {
  const worker = c.who;
  if (worker && state.waiting.has(worker)) state.called.add(worker);
}

function endAudit(task: Task): void {
  if (task.audited) {
    task.audited.standing.beingChecked--;
    task.job.audits--;
  }
  task.audited = undefined;
}

/** The task is decided without this contribution. */
function dismiss(state: State, task: Task, c: Contribution, effects: Effect[]): void {
  const worker = c.who;
  if (worker) prove(state, worker, c, 0);
  if (c.state !== "leased") {
    if (worker && c.state !== "revealed") worker.unrevealed = Math.max(0, worker.unrevealed - 1);
    return void effects.push({ type: "lapsed", task, contribution: c });
  }
  worker?.leased.delete(task);
  effects.push({ type: "revoke", worker: c.worker, tasks: [task] });
}

/** `compared`: somebody else did the same task. What nobody else did proves nothing about its worker. */
function judge(state: State, job: Job, c: Contribution, compared: boolean, agreed: boolean, effects: Effect[]): void {
  const worker = c.who;
  if (!worker) return;
  const { suspicion } = worker;
  if (agreed) worker.good++;
  else worker.bad++;
  if (compared) worker.suspicion = nextSuspicion(worker.suspicion, agreed);
  effects.push({ type: "workerChanged", worker });
  if (agreed) return;
  // What to give back if it turns out that the kernel was to blame.
  const mark = job.marks.get(worker) ?? { bad: 0, suspicion: 0, history: 0 };
  job.marks.set(worker, {
    bad: mark.bad + 1,
    suspicion: mark.suspicion + worker.suspicion - suspicion,
    history: Math.max(mark.history, worker.standing.history),
  });
  failed(worker.standing);
  worker.proofs.length = 0;
  // What it did before and nobody has confirmed is looked at again, without its word (backtracking).
  for (const task of worker.pending) if (task.hold) state.doubted.add(task);
  if (!worker.banned && isLiar(worker.suspicion)) ban(state, worker, effects);
}

function ban(state: State, worker: Worker, effects: Effect[]): void {
  worker.banned = true;
  state.waiting.delete(worker);
  effects.push({ type: "banned", worker });
}

export function finishIfDone(job: Job, effects: Effect[]): void {
  if (job.state !== "running" || job.certified < job.tasks) return;
  job.state = "done";
  retire(job);
  effects.push({ type: "jobDone", job });
}

export function stopJob(state: State, job: Job, code: ErrorCode, message: string, effects: Effect[]): void {
  job.state = "stopped";
  retire(job);
  for (const task of [...job.open.values()]) {
    close(state, task);
    for (const c of task.contributions) dismiss(state, task, c, effects);
  }
  job.again.clear();
  job.dispatch.returned.clear();
  effects.push({ type: "jobStopped", job, code, message });
}
