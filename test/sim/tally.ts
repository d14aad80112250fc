// What is counted while a simulation runs. Of a task nothing is kept once it is certified but these counts.
//
//   leased ──▶ committed ──▶ agreed | rejected | surplus | lapsed | check passed | check failed | open at the end
//      └─────▶ returned (handed back, or its volunteer went) | revoked | in hand at the end

/** Points of the completion curve. */
const CURVE_POINTS = 200;

export class Tally {
  leased = 0;
  committed = 0;
  returned = 0;
  revoked = 0;
  agreed = 0;
  rejected = 0;
  surplus = 0;
  lapsed = 0;
  checksPassed = 0;
  checksFailed = 0;

  certified = 0;
  wrong = 0;
  wrongAlone = 0;
  /** Certified tasks two of whose contributions were of one owner, subnet or cohort: there must be none. */
  meetings = 0;
  mismatches = 0;
  referees = 0;
  /** Right results that were rejected, and honest machines' results, right or wrong, that were. */
  rightRejected = 0;
  honestRejected = 0;
  honestBans = 0;
  badBans = 0;
  /** Names under which anybody has come, and under which a lie was told. */
  identities = 0;
  badIdentities = 0;
  liars = 0;
  lies = 0;
  /** Contributions that banned bad identities had made, in sum. */
  untilBan = 0;
  endMs = 0;
  stopped: string | undefined;

  readonly #tasks: number;
  /** Time at which a share i / CURVE_POINTS of the tasks was certified. */
  readonly curveMs = new Float64Array(CURVE_POINTS + 1);
  #point = 1;

  constructor(tasks: number) {
    this.#tasks = tasks;
  }

  certify(nowMs: number, isWrong: boolean): void {
    this.certified++;
    if (isWrong) this.wrong++;
    this.endMs = nowMs;
    while (this.#point <= CURVE_POINTS && this.certified * CURVE_POINTS >= this.#point * this.#tasks)
      this.curveMs[this.#point++] = nowMs;
  }

  /** When this share of the tasks had been certified, milliseconds; of a multiple of half a per cent. */
  timeOf(share: number): number {
    return this.curveMs[Math.round(share * CURVE_POINTS)]!;
  }
}
