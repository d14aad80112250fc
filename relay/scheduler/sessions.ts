// How long a volunteer stays. Sessions of volunteers age backwards: who has stayed long stays on, who has just come may go
// at once. A Weibull law with shape below 1 says so; 0.5 lies in the middle of what was measured of volunteers and peers
// (0.34 to 0.66: SETI@home, BitTorrent). The scale is learnt: for a known shape k, the likeliest one is
//
//   scale^k = Σ length^k over all sessions, ended or not, / sessions ended
//
// and old sessions are forgotten exponentially.

const SHAPE = 0.5;
/** Before anything is known: six minutes, as if seen this often. */
const PRIOR_SCALE_MS = 360_000;
const PRIOR_SESSIONS = 20;
/** Sessions after which an old one counts half. */
const HALF_LIFE = 2_000;
const FORGET = 0.5 ** (1 / HALF_LIFE);
/** Many that leave together left for one reason, and say no more than a few: a share of those who are there, per second. */
const BURST_SHARE = 0.01;
const BURST_MS = 1_000;

export class Sessions {
  #lengths = PRIOR_SESSIONS * PRIOR_SCALE_MS ** SHAPE;
  #ended = PRIOR_SESSIONS;
  #burstMs = 0;
  #burst = 0;

  /** `present`: workers that are there. */
  end(lengthMs: number, nowMs: number, present: number): void {
    if (nowMs - this.#burstMs >= BURST_MS) {
      this.#burstMs = nowMs;
      this.#burst = 0;
    }
    const isBurst = ++this.#burst > Math.max(3, BURST_SHARE * present);
    this.#lengths = FORGET * this.#lengths + Math.max(0, lengthMs) ** SHAPE;
    this.#ended = FORGET * this.#ended + (isBurst ? 0 : 1);
  }

  get scaleMs(): number {
    return (this.#lengths / this.#ended) ** (1 / SHAPE);
  }

  /** The time for which a worker that has been there for `ageMs` stays with probability `sure`. */
  stayMs(ageMs: number, sure: number): number {
    const { scaleMs } = this;
    const age = Math.max(0, ageMs);
    return scaleMs * ((age / scaleMs) ** SHAPE - Math.log(sure)) ** (1 / SHAPE) - age;
  }

  /** Probability that a worker that has been there for `ageMs` stays `ms` more. */
  staysFor(ageMs: number, ms: number): number {
    const { scaleMs } = this;
    const age = Math.max(0, ageMs);
    return Math.exp((age / scaleMs) ** SHAPE - ((age + ms) / scaleMs) ** SHAPE);
  }
}
