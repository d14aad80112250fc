// A key costs nothing to make, and every key seen is remembered: so their number is bounded, by address and in all.

/** Keys never seen before that one address may bring an hour: a school behind one address, with room. */
const AN_ADDRESS_AN_HOUR = 1_000;
/** And all addresses together. */
const ALL_AN_HOUR = 50_000;
const HOUR_MS = 3_600_000;

export class Newcomers {
  #byAddress = new Map<string, number>();
  #all = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** Counts one, or refuses it. */
  admit(address: string, nowMs: number): boolean {
    if (nowMs - this.#sinceMs > HOUR_MS) {
      this.#byAddress = new Map();
      this.#all = 0;
      this.#sinceMs = nowMs;
    }
    const brought = this.#byAddress.get(address) ?? 0;
    if (brought >= AN_ADDRESS_AN_HOUR || this.#all >= ALL_AN_HOUR) return false;
    this.#byAddress.set(address, brought + 1);
    this.#all++;
    return true;
  }
}
