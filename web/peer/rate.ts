/** A bucket of bytes that fills at a rate: what is spent above it has to wait. Time comes in as an argument. */
export class Rate {
  readonly #bytesPerSecond: number;
  readonly #burstBytes: number;
  #bytes: number;
  #atMs: number;

  constructor(bytesPerSecond: number, burstBytes: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#burstBytes = burstBytes;
    this.#bytes = burstBytes;
    this.#atMs = nowMs;
  }

  /** Spends `bytes`, at most the burst, and returns 0; or spends nothing and returns the milliseconds to wait. */
  take(bytes: number, nowMs: number): number {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    this.#bytes = Math.min(
      this.#burstBytes,
      this.#bytes + (Math.max(0, nowMs - this.#atMs) * this.#bytesPerSecond) / 1000,
    );
    this.#atMs = nowMs;
    if (this.#bytes >= bytes) {
      this.#bytes -= bytes;
      return 0;
    }
    return ((bytes - this.#bytes) * 1000) / this.#bytesPerSecond;
  }
}
