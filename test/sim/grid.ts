// The simulation: machines, liars and a network around the relay's own scheduler. What happens to the scheduler are the
// same events as in relay/loop.ts, what it wants done are the same effects; only time and sockets are pretended.
//
//   on ──▶ request ──lease──▶ finish (commit) ──asked──▶ reveal
//    ▲        ▲                  │ more in hand: finish again
//    │        └──────────────────┘
//    └── off: what was in hand is lost
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import { MAX_BATCH_TASKS, MAX_BATCH_WORK_MS } from "../../protocol/limits.ts";
import { scoreAfter } from "../../protocol/poco.ts";
import { defaultRules } from "../../relay/scheduler/credibility.ts";
import type { Effect, Event } from "../../relay/scheduler/events.ts";
import { ORDER_KEY_WORDS, secretOrder } from "../../relay/scheduler/order.ts";
import type { Contribution, Job, State, Task } from "../../relay/scheduler/state.ts";
import { emptyState, step } from "../../relay/scheduler/step.ts";
import { Answers, isRight } from "./answers.ts";
import { baselines } from "./baselines.ts";
import { Clock } from "./clock.ts";
import { makeJob, makeName, type Name } from "./people.ts";
import { Population } from "./population.ts";
import { draw, hash32, normal, sfc32 } from "./random.ts";
import type { Policy, Scenario } from "./scenario.ts";
import { Tally } from "./tally.ts";

const KIND = {
  on: 0,
  off: 1,
  request: 2,
  finish: 3,
  reveal: 4,
  tick: 5,
  tab: 6,
  gone: 7,
  departure: 8,
  refusal: 9,
  verdict: 10,
};
const STREAM = { commitment: 21, length: 22, silent: 23, departure: 24, scheduler: 25, boinc: 26, order: 27 };

/** Beginnings of commitments: they break ties, so they are in no order anybody could choose. */
const SALTS = 4096;
const SALT_LENGTH = 3;
/** Who refuses a lease asks again after this, milliseconds. */
const REFUSAL_MS = 10_000;
const FREE_TASK_MS = 1;

const OUTPUT = new Uint8Array([1]);
const EMPTY: Task[] = [];

export class Grid {
  readonly tally: Tally;
  readonly state: State;
  readonly job: Job;
  readonly population: Population;
  readonly clock = new Clock();
  /** Sees every effect before it is performed; for tests. */
  watch: ((effect: Effect) => void) | undefined;

  readonly #scenario: Scenario;
  readonly #answers: Answers;
  readonly #names: (Name | undefined)[];
  /** Leased and not committed; the first `#chunk` of them are being computed. */
  readonly #hands: Task[][];
  readonly #chunk: Int32Array;
  /** Until then a machine computes its chunk. */
  readonly #busyUntil: Float64Array;
  /** Raised whenever what was planned for a machine no longer holds. */
  readonly #plan: Int32Array;
  readonly #session: Int32Array;
  readonly #tabsSeen: Int32Array;
  /** How many times slower than shown; 0: on battery, it pauses. */
  readonly #slowness: Float64Array;
  readonly #isOn: Uint8Array;
  readonly #hasAsked: Uint8Array;
  /** Answers a machine has given, under any name. */
  readonly #given: Int32Array;
  /** Reveals on their way, by number; those asked of one machine at one moment travel together. */
  readonly #reveals: Task[][] = [];
  readonly #freeReveals: number[] = [];
  readonly #openReveal: Int32Array;
  readonly #openRevealAt: Float64Array;
  readonly #salts: string[] = [];
  readonly #seeds: Record<"length" | "silent" | "departure", number>;
  /** Tasks the referee is at, oldest first. */
  readonly #refereed: Task[] = [];
  /** The task certified last. */
  #decided: Task | undefined;
  #nextSalt = 0;
  #nextName = 1;

  constructor(scenario: Scenario, policy: Policy, seed: number) {
    this.#scenario = scenario;
    const n = scenario.volunteers.count;
    this.population = new Population(scenario, seed);
    this.#answers = new Answers(scenario, this.population, seed);
    this.tally = new Tally(scenario.job.tasks);
    const { saboteurs } = { ...defaultRules, ...scenario.rules };
    this.state = emptyState({
      random: sfc32(seed, STREAM.scheduler),
      rules: scenario.rules,
      laws: baselines(hash32(seed, STREAM.boinc, 0), saboteurs),
    });
    const key = Uint32Array.from({ length: ORDER_KEY_WORDS }, (_, word) => hash32(seed, STREAM.order, word));
    this.job = makeJob(scenario, policy, this.state.laws[policy]!, secretOrder(scenario.job.tasks, key));
    this.#names = new Array<undefined>(n).fill(undefined);
    this.#hands = new Array<Task[]>(n).fill(EMPTY);
    this.#chunk = new Int32Array(n);
    this.#busyUntil = new Float64Array(n);
    this.#plan = new Int32Array(n);
    this.#session = new Int32Array(n);
    this.#tabsSeen = new Int32Array(n);
    this.#slowness = new Float64Array(n).fill(1);
    this.#isOn = new Uint8Array(n);
    this.#hasAsked = new Uint8Array(n);
    this.#given = new Int32Array(n);
    this.#openReveal = new Int32Array(n);
    this.#openRevealAt = new Float64Array(n).fill(-1);
    this.#seeds = {
      length: hash32(seed, STREAM.length, 0),
      silent: hash32(seed, STREAM.silent, 0),
      departure: hash32(seed, STREAM.departure, 0),
    };
    const salt = sfc32(seed, STREAM.commitment);
    const salts = 16 ** SALT_LENGTH;
    for (let i = 0; i < SALTS; i++)
      this.#salts.push(
        Math.floor(salt() * salts)
          .toString(16)
          .padStart(SALT_LENGTH, "0"),
      );
  }

  run(): Tally {
    const { clock, tally } = this;
    const { tickMs, maxHours, volunteers } = this.#scenario;
    this.#send({ type: "jobAdded", job: this.job });
    for (let i = 0; i < this.population.size; i++) {
      const { isOn, leftMs } = this.population.phase(i);
      // Not all in the same moment: the relay is up for a second before they have all found it.
      if (!isOn) clock.add(leftMs, KIND.on, i, 0);
      else {
        clock.add(1000 * draw(this.#seeds.length, i, -1), KIND.on, i, 0);
        if (this.population.comesAndGoes) clock.add(leftMs, KIND.off, i, 1);
      }
    }
    clock.add(tickMs, KIND.tick, 0, 0);
    volunteers.departures.forEach(({ atSeconds }, k) => {
      clock.add(1000 * atSeconds, KIND.departure, 0, k);
    });
    const endMs = maxHours * 3_600_000;
    while (this.job.state === "running" && clock.next() && clock.nowMs <= endMs) this.#happen();
    if (this.job.state === "running") tally.stopped = "time is up";
    return tally;
  }

  #happen(): void {
    const { kind, who, data, nowMs } = this.clock;
    switch (kind) {
      case KIND.on:
        return this.#comeOn(who);
      case KIND.off:
        if (data === this.#session[who] && this.#isOn[who]) this.#goOff(who);
        return;
      case KIND.request:
        if (data === this.#session[who] && this.#isOn[who]) this.#request(who);
        return;
      case KIND.finish:
        if (data === this.#plan[who]) this.#finish(who);
        return;
      case KIND.reveal:
        return this.#reveal(who, data);
      case KIND.tick:
        this.clock.add(nowMs + this.#scenario.tickMs, KIND.tick, 0, 0);
        return this.#send({ type: "ticked" });
      case KIND.tab:
        if (data === this.#session[who] && this.#isOn[who]) this.#changeTab(who);
        return;
      case KIND.gone:
        if (data === this.#session[who]) this.#notice(who);
        return;
      case KIND.departure:
        return this.#depart(data);
      case KIND.verdict:
        return this.#send({ type: "refereed", task: this.#refereed.shift()!, digest: this.#answers.truth });
      case KIND.refusal:
        if (data === this.#session[who] && this.#isOn[who]) this.#refuse(who);
        return;
    }
  }

  #send(event: Event): void {
    const effects = step(this.state, event, this.clock.nowMs);
    for (const effect of effects) this.#perform(effect);
  }

  /** What has neither come to an end nor can any more: for the books. */
  left(): { inHand: number; open: number } {
    let inHand = 0;
    for (const hand of this.#hands) inHand += hand.length;
    let open = 0;
    for (const { pending } of this.state.workers.values()) open += pending.size;
    return { inHand, open };
  }

  // ── a volunteer's life ──────────────────────────────────────────────────────────────────────────────────────────

  #comeOn(i: number): void {
    // The relay may not yet have noticed that it went.
    if (this.#names[i]?.connected) this.#notice(i);
    this.#isOn[i] = 1;
    const session = ++this.#session[i]!;
    const { clock, population } = this;
    if (session > 1 && population.comesAndGoes)
      clock.add(clock.nowMs + population.sessionMs(i, session), KIND.off, i, session);
    const name = this.#names[i] ?? this.#newName(i);
    this.#names[i] = name;
    name.connected = true;
    this.#slowness[i] = 1;
    this.#send({ type: "workerJoined", worker: name });
    if (population.tabsChange) this.#changeTab(i);
    this.#ask(i, clock.nowMs);
  }

  #newName(i: number): Name {
    const isFirst = this.#given[i] === 0 && this.#session[i]! <= 1;
    this.tally.identities++;
    if (this.population.isBad[i]) this.tally.badIdentities++;
    return makeName(this.population, i, this.#nextName++, isFirst, this.#scenario.volunteers.score);
  }

  #goOff(i: number): void {
    const { churnUntil, silentShare, silentSeconds } = this.#scenario.volunteers;
    if (this.tally.certified >= churnUntil * this.job.tasks && churnUntil < 1) return;
    const { clock } = this;
    const session = this.#session[i]!;
    this.#isOn[i] = 0;
    this.#plan[i]!++;
    if (draw(this.#seeds.silent, i, session) < silentShare)
      clock.add(clock.nowMs + 1000 * silentSeconds, KIND.gone, i, session);
    else this.#notice(i);
    if (!this.population.comesAndGoes) return;
    clock.add(clock.nowMs + this.population.pauseMs(i, session, clock.nowMs), KIND.on, i, 0);
  }

  /** The relay learns that a volunteer has gone. */
  #notice(i: number): void {
    const name = this.#names[i];
    if (!name?.connected) return;
    this.#drop(i);
    this.#send({ type: "workerLeft", worker: name.address });
  }

  /** What a machine had in hand goes back. */
  #drop(i: number): Task[] {
    const tasks = this.#hands[i]!;
    this.tally.returned += tasks.length;
    this.#hands[i] = EMPTY;
    this.#chunk[i] = 0;
    this.#hasAsked[i] = 0;
    this.#plan[i]!++;
    return tasks;
  }

  #depart(k: number): void {
    const { share } = this.#scenario.volunteers.departures[k]!;
    for (let i = 0; i < this.population.size; i++)
      if (this.#isOn[i] && draw(this.#seeds.departure, i, k) < share) this.#goOff(i);
  }

  #changeTab(i: number): void {
    const { clock, population } = this;
    const { state, ms } = population.tabState(i, this.#tabsSeen[i]!++);
    clock.add(clock.nowMs + ms, KIND.tab, i, this.#session[i]!);
    const before = this.#slowness[i]!;
    const hiddenBy = this.#scenario.volunteers.hidden?.slowdown ?? 1;
    const after = state === "on battery" ? 0 : state === "hidden" ? hiddenBy : 1;
    this.#slowness[i] = after;
    if (after === before) return;
    if (after === 0) {
      const tasks = this.#drop(i);
      if (tasks.length > 0) this.#send({ type: "handedBack", worker: this.#names[i]!.address, tasks });
    } else if (before === 0) this.#ask(i, clock.nowMs);
    else if (this.#chunk[i]! > 0) {
      // What is left of the chunk takes longer, or less long, from now on.
      const left = Math.max(0, this.#busyUntil[i]! - clock.nowMs) * (after / before);
      this.#planFinish(i, clock.nowMs + left);
    }
  }

  // ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #ask(i: number, atMs: number): void {
    if (this.#hasAsked[i]) return;
    this.#hasAsked[i] = 1;
    this.clock.add(atMs + this.population.roundTripMs[i]! / 2, KIND.request, i, this.#session[i]!);
  }

  #request(i: number): void {
    const name = this.#names[i];
    if (!name || name.banned || this.#slowness[i] === 0) return;
    this.#send({ type: "workRequested", worker: name.address, tasks: MAX_BATCH_TASKS });
  }

  #receive(i: number, tasks: Task[]): void {
    this.#hasAsked[i] = 0;
    this.tally.leased += tasks.length;
    const isIdle = this.#hands[i]!.length === 0;
    this.#hands[i] = isIdle ? tasks.slice() : this.#hands[i]!.concat(tasks);
    if (!isIdle) return;
    const { nowMs } = this.clock;
    if (this.population.isBad[i] && this.#scenario.adversary!.behaviour === "refuse")
      return this.clock.add(nowMs + REFUSAL_MS, KIND.refusal, i, this.#session[i]!);
    this.#busyUntil[i] = nowMs + this.population.roundTripMs[i]! / 2;
    this.#compute(i);
  }

  #refuse(i: number): void {
    const tasks = this.#drop(i);
    this.#send({ type: "handedBack", worker: this.#names[i]!.address, tasks });
    this.#ask(i, this.clock.nowMs);
  }

  /** Starts on the next chunk of what is in hand: a commit covers so many tasks, and so much time, at most. */
  #compute(i: number): void {
    const hand = this.#hands[i]!;
    const startMs = this.#busyUntil[i]!;
    let ms = 0;
    let chunk = 0;
    let last = 0;
    while (chunk < hand.length && chunk < MAX_BATCH_TASKS && ms < MAX_BATCH_WORK_MS) {
      last = this.#lengthMs(i, hand[chunk]!);
      ms += last;
      chunk++;
    }
    this.#chunk[i] = chunk;
    this.#planFinish(i, startMs + ms);
    // The next lease is asked for while there is one task left behind the one at work.
    if (hand.length - chunk <= 1) this.#ask(i, Math.max(this.clock.nowMs, startMs + ms - 2 * last));
  }

  #lengthMs(i: number, task: Task): number {
    if (this.#answers.isFree(i, task.index)) return FREE_TASK_MS;
    const { taskSigma } = this.#scenario.job;
    const seed = this.#seeds.length;
    const length =
      taskSigma === 0 ? 1 : Math.exp(taskSigma * normal(draw(seed, task.index, 0), draw(seed, task.index, 1)));
    const isSlow = this.population.isBad[i] === 1 && this.#scenario.adversary!.behaviour === "slow";
    return this.population.taskMs[i]! * length * this.#slowness[i]! * (isSlow ? this.#scenario.adversary!.slowdown : 1);
  }

  #planFinish(i: number, atMs: number): void {
    this.#busyUntil[i] = atMs;
    this.clock.add(atMs + this.population.roundTripMs[i]! / 2, KIND.finish, i, ++this.#plan[i]!);
  }

  /** A commit arrives at the relay; the machine goes on with what it has. */
  #finish(i: number): void {
    const name = this.#names[i]!;
    const chunk = this.#hands[i]!.slice(0, this.#chunk[i]);
    const rest = this.#hands[i]!.slice(this.#chunk[i]);
    this.#hands[i] = rest.length > 0 ? rest : EMPTY;
    this.#chunk[i] = 0;
    const tasks = chunk.map((task) => ({ task, commitment: this.#commit(i, name, task) }));
    this.tally.committed += tasks.length;
    if (rest.length > 0) this.#compute(i);
    if (tasks.length === 0) return;
    this.#send({ type: "committed", worker: name.address, tasks, busyMs: tasks.length * this.population.taskMs[i]! });
    const { tasksPerIdentity } = this.#scenario.volunteers;
    if (tasksPerIdentity > 0 && name.contributions >= tasksPerIdentity) this.#leaveForGood(i, this.clock.nowMs);
    else this.#ask(i, this.clock.nowMs);
  }

  /** A salt, and behind it the digest, unless it is what this machine would honestly have. */
  #commit(i: number, name: Name, task: Task): Bytes32 {
    const digest = this.#answers.of(i, this.#given[i]!++, name, {
      content: task.index,
      isCheck: task.check !== undefined,
      isFresh: task.check === undefined && task.contributions.length === 1,
    });
    name.contributions++;
    this.#nextSalt = (this.#nextSalt + 1) % SALTS;
    const salt = this.#salts[this.#nextSalt]!;
    if (isRight(digest)) return salt as Bytes32;
    if (this.population.isBad[i]) {
      this.tally.lies++;
      if (name.lies++ === 0) this.tally.liars++;
    }
    return (salt + digest) as Bytes32;
  }

  #digestOf(i: number, { commitment }: Contribution): Bytes32 {
    if (commitment!.length > SALT_LENGTH) return commitment!.slice(SALT_LENGTH) as Bytes32;
    return this.#answers.right(i);
  }

  #reveal(i: number, number: number): void {
    const tasks = this.#reveals[number]!;
    this.#reveals[number] = EMPTY;
    this.#freeReveals.push(number);
    const name = this.#names[i];
    if (!name || !this.#isOn[i]) return;
    for (const task of tasks) {
      const contribution = contributionOf(task, name.address);
      if (contribution?.state !== "asked") continue;
      const digest = this.#digestOf(i, contribution);
      this.#send({ type: "revealed", worker: name.address, task, digest, output: OUTPUT });
    }
  }

  // ── what the scheduler wants done ───────────────────────────────────────────────────────────────────────────────

  #perform(effect: Effect): void {
    this.watch?.(effect);
    const { tally } = this;
    switch (effect.type) {
      case "lease":
        return this.#receive((effect.worker as Name).machine, effect.tasks);
      case "askReveal":
        return this.#askReveal(effect.worker, effect.tasks);
      case "revoke":
        return this.#revoke(effect.worker, effect.tasks);
      case "lapsed":
        // Of a task that has just been decided without it: it was one more than needed.
        if (this.#decided === effect.task) tally.surplus++;
        else tally.lapsed++;
        return;
      case "held":
        // As in the relay: what waits long keeps no output in memory.
        for (const c of effect.task.contributions) c.output = undefined;
        return;
      case "certified":
        return this.#certified(effect);
      case "checked":
        return this.#checked(effect);
      case "askReferee":
        // The pool's own machine is a median one, and does the task twice.
        tally.referees++;
        this.#refereed.push(effect.task);
        return this.clock.add(this.clock.nowMs + 2000 * this.#scenario.job.taskSeconds, KIND.verdict, 0, 0);
      case "mismatch":
        tally.mismatches++;
        return;
      case "banned":
        return this.#banned(effect.worker as Name);
      case "jobStopped":
        tally.stopped = effect.message;
        return;
      case "askUpload":
      case "idle":
      case "workerChanged":
      case "jobDone":
      case "acquitted":
        return;
    }
  }

  #askReveal(address: Address, tasks: Task[]): void {
    const i = (contributionOf(tasks[0]!, address)!.who as Name).machine;
    if (this.#names[i]?.address !== address) return;
    if (this.population.isBad[i] && this.#scenario.adversary!.behaviour === "withhold") return;
    const { nowMs } = this.clock;
    if (this.#openRevealAt[i] === nowMs) {
      this.#reveals[this.#openReveal[i]!]!.push(...tasks);
      return;
    }
    const number = this.#freeReveals.pop() ?? this.#reveals.length;
    this.#reveals[number] = [...tasks];
    this.#openReveal[i] = number;
    this.#openRevealAt[i] = nowMs;
    this.clock.add(nowMs + this.population.roundTripMs[i]!, KIND.reveal, i, number);
  }

  #revoke(address: Address, tasks: Task[]): void {
    const i = (this.state.workers.get(address) as Name).machine;
    if (this.#names[i]?.address !== address) return;
    const hand = this.#hands[i]!;
    const left = hand.filter((task) => !tasks.includes(task));
    if (left.length === hand.length) return;
    this.tally.revoked += hand.length - left.length;
    const atWork = hand.slice(0, this.#chunk[i]).filter((task) => !tasks.includes(task)).length;
    this.#hands[i] = left.length > 0 ? left : EMPTY;
    this.#chunk[i] = atWork;
    if (atWork > 0 || this.#chunk[i] === undefined) return;
    // All it was computing is no longer wanted.
    this.#plan[i]!++;
    this.#busyUntil[i] = this.clock.nowMs;
    if (left.length > 0) this.#compute(i);
    else if (this.#isOn[i]) this.#ask(i, this.clock.nowMs);
  }

  #certified({ task, canonical, agreeing, rejected }: Extract<Effect, { type: "certified" }>): void {
    const { tally, clock } = this;
    const isWrong = !isRight(canonical.digest!);
    tally.certify(clock.nowMs, isWrong);
    if (isWrong && agreeing.length === 1) tally.wrongAlone++;
    if (task.contributions.length > 1 && !areStrangers(task.contributions)) tally.meetings++;
    tally.agreed += agreeing.length;
    tally.rejected += rejected.length;
    this.#decided = task;
    for (const c of agreeing) this.#judged(c, true);
    for (const c of rejected) {
      this.#judged(c, false);
      if (isRight(c.digest!)) tally.rightRejected++;
      const i = (c.who as Name).machine;
      if (this.population.isBad[i] === 0) tally.honestRejected++;
      else this.#doubted(i, c.worker);
    }
  }

  #checked({ contribution, passed }: Extract<Effect, { type: "checked" }>): void {
    if (passed) this.tally.checksPassed++;
    else this.tally.checksFailed++;
    const i = (contribution.who as Name).machine;
    // A liar is not told, but may guess from what it gets next.
    if (!passed && this.population.isBad[i]) this.#doubted(i, contribution.worker);
  }

  /** The score on chain moves as the contract would move it, at once instead of after an epoch. */
  #judged(contribution: Contribution, agreed: boolean): void {
    const name = contribution.who as Name;
    name.score = scoreAfter(name.score, agreed ? 1 : 0, agreed ? 0 : 1);
    name.validInARow = agreed ? name.validInARow + 1 : 0;
  }

  #banned(name: Name): void {
    const i = name.machine;
    if (this.population.isBad[i]) {
      this.tally.badBans++;
      this.tally.untilBan += name.contributions;
    } else this.tally.honestBans++;
    if (this.#names[i] !== name) return;
    const { adversary } = this.#scenario;
    const comesBack = this.population.isBad[i] === 1 && adversary?.reregister;
    this.#leaveForGood(i, comesBack ? this.clock.nowMs + 1000 * adversary.reregister!.afterSeconds : undefined);
  }

  /** A liar that was found wrong in something may think its name spoilt. */
  #doubted(i: number, address: Address): void {
    const again = this.#scenario.adversary?.reregister;
    if (again?.when === "doubt" && this.#names[i]?.address === address)
      this.#leaveForGood(i, this.clock.nowMs + 1000 * again.afterSeconds);
  }

  /** The name is given up; at `backMs` the machine comes under another. */
  #leaveForGood(i: number, backMs: number | undefined): void {
    this.#notice(i);
    this.#names[i] = undefined;
    this.#isOn[i] = 0;
    // Nothing planned for the old name holds, its session's end included.
    this.#session[i]!++;
    if (backMs !== undefined) this.clock.add(backMs, KIND.on, i, 0);
  }
}

const contributionOf = (task: Task, worker: Address): Contribution | undefined =>
  task.contributions.find((c) => c.worker === worker);

function areStrangers(contributions: readonly Contribution[]): boolean {
  return contributions.every((a, i) =>
    contributions
      .slice(i + 1)
      .every((b) => a.owner !== b.owner && a.subnet !== b.subnet && (a.cohort === "" || a.cohort !== b.cohort)),
  );
}
