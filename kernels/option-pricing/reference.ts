// The kernel in plain TypeScript: the same operations in the same order, equal bit for bit. It judges the WASM module.
import type { PreparedJob } from "../builtin.ts";
import { exp, normalQuantile } from "./ieeeMath.ts";
import { BINS, PATHS_PER_ITEM, YEAR_DAYS } from "./manifest.ts";
import { emptyRecord, type PathRecord, writeRecord } from "./record.ts";

const EUROPEAN = 0;
const ASIAN = 1;
const BARRIER = 2;

/** sfc32, 32 bits at a time. */
function randomStream(seed: number, item: number, pair: number): () => number {
  let a = seed | 0;
  let b = item | 0;
  let c = pair | 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

export function referenceItem({ params, inputs }: Omit<PreparedJob, "items">, item: number): PathRecord {
  const bytes = inputs[0]!;
  const returns = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const spot = params.spot!;
  const strike = (spot * params.strike_percent!) / 100;
  const barrier = (spot * params.barrier_percent!) / 100;
  const days = params.maturity_days!;
  const rate = params.rate_percent! / 100;
  const dividend = params.dividend_percent! / 100;
  const volatility = params.volatility!;
  const range = params.return_range!;

  const steps = params.style === EUROPEAN ? 1 : days;
  const stepYears = days / steps / YEAR_DAYS;
  const drift = (rate - dividend - 0.5 * volatility * volatility) * stepYears;
  const diffusion = volatility * Math.sqrt(stepYears);
  const discount = exp((-rate * days) / YEAR_DAYS);

  const payoff = (shocks: readonly number[], sign: 1 | -1): number => {
    let log = 0;
    let price = spot;
    let total = 0;
    let alive = true;
    for (const shock of shocks) {
      log += drift + sign * shock;
      price = spot * exp(log);
      total += price;
      if (price >= barrier) alive = false;
    }
    const settled = params.style === ASIAN ? total / steps : price;
    return settled > strike && (alive || params.style !== BARRIER) ? settled - strike : 0;
  };

  const record = emptyRecord();
  record.worst = range;
  for (let pair = 0; pair < PATHS_PER_ITEM / 2; pair++) {
    const next = randomStream(params.seed!, item, pair);
    const shocks = Array.from({ length: steps }, () => diffusion * normalQuantile((next() + 0.5) / 2 ** 32));
    const payoffs = [payoff(shocks, 1), payoff(shocks, -1)] as const;
    record.exercised += payoffs.filter((paid) => paid > 0).length;
    const value = 0.5 * discount * (payoffs[0] + payoffs[1]);
    record.pairs += 1;
    record.sum += value;
    record.squares += value * value;

    for (let path = 0; path < 2; path++) {
      let total = 0;
      for (let day = 0; day < params.horizon_days!; day++)
        total += returns[Math.floor((next() * returns.length) / 2 ** 32)]!;
      const change = exp(total) - 1;
      record.paths += 1;
      record.returnSum += change;
      record.returnSquares += change * change;
      record.worst = Math.min(record.worst, change);
      const place = Math.floor(((change + range) / (2 * range)) * BINS);
      record.bins[Math.max(0, Math.min(BINS - 1, place))]! += 1;
    }
  }
  return record;
}

/** The bytes of items `first` to `first + count - 1`. */
export function referenceBytes(job: Omit<PreparedJob, "items">, first: number, count: number): Uint8Array<ArrayBuffer> {
  const records = Array.from({ length: count }, (_, i) => writeRecord(referenceItem(job, first + i)));
  const bytes = new Uint8Array(records.reduce((total, record) => total + record.length, 0));
  for (const [i, record] of records.entries()) bytes.set(record, i * record.length);
  return bytes;
}
