// What is known of a task that has been leased. Millions are open at a time, so what every task has lies in one small object
// of one shape, and what few have in a second one that is made when it is first needed: an optional field costs its 8 bytes
// in every task, and one that is added later makes of each order of adding a shape of its own, which is slow to read.
import type { Bytes32, TaskKey } from "../../protocol/ids.ts";
import type { Check } from "./checks.ts";
import { NO_CONTRIBUTIONS } from "./contribution.ts";
import type { Held } from "./holding.ts";
import type { Proof } from "./proofs.ts";
import type { Contribution, Job, Worker } from "./state.ts";

/** What few tasks have. */
class Rare {
  hold: { worker: Worker; entry: Held } | undefined;
  audited: Worker | undefined;
  refereeing = false;
  verdict: Bytes32 | undefined;
  check: Check | undefined;
  attempts = 1;
  lot: { worker: Worker; untilMs: number; proof: Proof } | undefined;
  taken: Proof | undefined;
  disputants: Worker[] | undefined;
  uploading: { worker: Contribution["worker"]; tried: Set<Contribution["worker"]> } | undefined;
}

/** Read by all that have none of it. */
const NOTHING: Readonly<Rare> = Object.freeze(new Rare());

export class Task {
  readonly job: Job;
  /** Of its items. */
  readonly index: number;
  /** In its job's order; −1 for a check. */
  readonly position: number;
  /** In `job.again`. */
  queued = false;
  /** Decided, or no longer wanted: what still arrives about it changes nothing. */
  closed = false;
  /** Found by its key (see names.ts). */
  isTold = false;
  /** Contributions, in any state, that would settle it as far as is known. */
  target: number;
  /** Contributions that must agree, whoever made them. */
  least: number;
  /** At most one an owner. Lapsed ones are removed. Shared with other tasks of a lease: replaced, never changed. */
  contributions: readonly Contribution[] = NO_CONTRIBUTIONS;
  #key: TaskKey | undefined;
  #rare: Readonly<Rare> = NOTHING;

  constructor(job: Job, index: number, position: number, target: number, least: number) {
    this.job = job;
    this.index = index;
    this.position = position;
    this.target = target;
    this.least = least;
  }

  /** It is no work: task `index` was certified before, and comes again under a key of its own. */
  static check(job: Job, index: number, key: TaskKey, check: Check): Task {
    const task = new Task(job, index, -1, 1, 1);
    task.#key = key;
    task.#own.check = check;
    return task;
  }

  /** Made when it is first asked for. */
  get key(): TaskKey {
    this.#key ??= this.job.keyOf(this.index);
    return this.#key;
  }

  get #own(): Rare {
    if (this.#rare === NOTHING) this.#rare = new Rare();
    return this.#rare;
  }

  /** It is no work but a check: `index` was certified before. */
  get check(): Check | undefined {
    return this.#rare.check;
  }

  /** It waits until this worker has passed more checks. */
  get hold(): Rare["hold"] {
    return this.#rare.hold;
  }
  set hold(hold) {
    if (hold !== this.#rare.hold) this.#own.hold = hold;
  }

  /** It is done once more to check this worker. */
  get audited(): Rare["audited"] {
    return this.#rare.audited;
  }
  set audited(worker) {
    if (worker !== this.#rare.audited) this.#own.audited = worker;
  }

  /** The pool's own machine is at it; what it said. */
  get refereeing(): boolean {
    return this.#rare.refereeing;
  }
  set refereeing(isAtIt) {
    if (isAtIt !== this.#rare.refereeing) this.#own.refereeing = isAtIt;
  }
  get verdict(): Rare["verdict"] {
    return this.#rare.verdict;
  }
  set verdict(digest) {
    if (digest !== this.#rare.verdict) this.#own.verdict = digest;
  }

  /** Times it was begun. */
  get attempts(): number {
    return this.#rare.attempts;
  }
  set attempts(times) {
    if (times !== this.#rare.attempts) this.#own.attempts = times;
  }

  /** Who was drawn to do it next, and has until then to ask. */
  get lot(): Rare["lot"] {
    return this.#rare.lot;
  }
  set lot(lot) {
    if (lot !== this.#rare.lot) this.#own.lot = lot;
  }

  /** Of the lot that is being leased. */
  get taken(): Rare["taken"] {
    return this.#rare.taken;
  }
  set taken(proof) {
    if (proof !== this.#rare.taken) this.#own.taken = proof;
  }

  /** Workers whose results differ here, until it is decided. */
  get disputants(): Rare["disputants"] {
    return this.#rare.disputants;
  }
  set disputants(workers) {
    if (workers !== this.#rare.disputants) this.#own.disputants = workers;
  }

  /** The output is large: this winner is asked for it, when it is there; those tried did not send it in time. */
  get uploading(): Rare["uploading"] {
    return this.#rare.uploading;
  }
  set uploading(uploading) {
    if (uploading !== this.#rare.uploading) this.#own.uploading = uploading;
  }
}
