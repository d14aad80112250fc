// Monte Carlo of a call option on an index, and of the index's own risk. One item is PATHS paths, in pairs; its result is a
// record of sums and counts (kernels/option-pricing/record.ts names the fields), so that records add up.
//
// Option: geometric Brownian motion under the risk-neutral measure, dS/S = (r − d) dt + σ dW, in daily steps (one step to
// maturity for a European call, whose payoff knows no path); pairs are antithetic: z and −z.
// Risk: sums of daily log returns drawn with replacement from those that were observed.

import { exp, normalQuantile } from "./math";
import { nextBelow, nextUnit, seed } from "./random";

const PAIRS: u32 = 2048;
const BINS: u32 = 256;
const HEAD: u32 = 8;
const YEAR_DAYS: f64 = 252.0;

const EUROPEAN: u32 = 0;
const ASIAN: u32 = 1;

/** Error codes of `run`. */
const NO_RETURNS: i32 = 1;
const WRONG_OUTPUT: i32 = 2;

export function alloc(bytes: i32): i32 {
  return <i32>heap.alloc(<usize>bytes);
}

@inline
function param(args: usize, index: u32): f64 {
  return load<f64>(<usize>load<u32>(args) + <usize>(8 * index));
}

export function run(args: i32): i32 {
  const block = <usize>args;
  // {paramsPtr, inputCount, [ptr, bytes] × 1, first, count, outPtr, outBytes}
  const returns = <usize>load<u32>(block, 8);
  const returnCount = load<u32>(block, 12) / 8;
  const first = load<u32>(block, 16);
  const count = load<u32>(block, 20);
  const out = <usize>load<u32>(block, 24);
  if (returnCount == 0) return NO_RETURNS;
  if (load<u32>(block, 28) != count * 8 * (HEAD + BINS)) return WRONG_OUTPUT;
  for (let i: u32 = 0; i < count; i++) {
    computeItem(block, first + i, returns, returnCount, out + <usize>(i * 8 * (HEAD + BINS)));
  }
  return 0;
}

function computeItem(args: usize, item: u32, returns: usize, returnCount: u32, record: usize): void {
  const style = <u32>param(args, 0);
  const spot = param(args, 10);
  const strike = (spot * param(args, 1)) / 100.0;
  const barrier = (spot * param(args, 2)) / 100.0;
  const days = <u32>param(args, 3);
  const rate = param(args, 4) / 100.0;
  const dividend = param(args, 5) / 100.0;
  const horizon = <u32>param(args, 6);
  const name = <u32>param(args, 9);
  const volatility = param(args, 11);
  const range = param(args, 12);

  const steps: u32 = style == EUROPEAN ? 1 : days;
  const stepYears = <f64>days / <f64>steps / YEAR_DAYS;
  const drift = (rate - dividend - 0.5 * volatility * volatility) * stepYears;
  const diffusion = volatility * Math.sqrt(stepYears);
  const discount = exp((-rate * <f64>days) / YEAR_DAYS);

  memory.fill(record, 0, <usize>(8 * (HEAD + BINS)));
  let sum: f64 = 0;
  let squares: f64 = 0;
  let exercised: f64 = 0;
  let returnSum: f64 = 0;
  let returnSquares: f64 = 0;
  let worst: f64 = range;

  for (let pair: u32 = 0; pair < PAIRS; pair++) {
    seed(name, item, pair);

    let logA: f64 = 0;
    let logB: f64 = 0;
    let totalA: f64 = 0;
    let totalB: f64 = 0;
    let priceA: f64 = spot;
    let priceB: f64 = spot;
    let aliveA = true;
    let aliveB = true;
    for (let step: u32 = 0; step < steps; step++) {
      const shock = diffusion * normalQuantile(nextUnit());
      logA += drift + shock;
      logB += drift - shock;
      priceA = spot * exp(logA);
      priceB = spot * exp(logB);
      totalA += priceA;
      totalB += priceB;
      if (priceA >= barrier) aliveA = false;
      if (priceB >= barrier) aliveB = false;
    }
    if (style == ASIAN) {
      priceA = totalA / <f64>steps;
      priceB = totalB / <f64>steps;
    }
    const open = style <= ASIAN;
    const payoffA = (open || aliveA) && priceA > strike ? priceA - strike : 0.0;
    const payoffB = (open || aliveB) && priceB > strike ? priceB - strike : 0.0;
    if (payoffA > 0) exercised += 1;
    if (payoffB > 0) exercised += 1;
    const value = 0.5 * discount * (payoffA + payoffB);
    sum += value;
    squares += value * value;

    for (let path = 0; path < 2; path++) {
      let total: f64 = 0;
      for (let day: u32 = 0; day < horizon; day++) {
        total += load<f64>(returns + <usize>(8 * nextBelow(returnCount)));
      }
      const change = exp(total) - 1.0;
      returnSum += change;
      returnSquares += change * change;
      if (change < worst) worst = change;
      const place = ((change + range) / (2.0 * range)) * <f64>BINS;
      const bin: u32 = place < 0 ? 0 : place >= <f64>BINS ? BINS - 1 : <u32>place;
      const at = record + <usize>(8 * (HEAD + bin));
      store<f64>(at, load<f64>(at) + 1.0);
    }
  }

  store<f64>(record, <f64>PAIRS, 0);
  store<f64>(record, sum, 8);
  store<f64>(record, squares, 16);
  store<f64>(record, exercised, 24);
  store<f64>(record, <f64>(2 * PAIRS), 32);
  store<f64>(record, returnSum, 40);
  store<f64>(record, returnSquares, 48);
  store<f64>(record, worst, 56);
}
