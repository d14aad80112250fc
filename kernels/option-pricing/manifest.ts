import type { Param, WasmManifest } from "../kernel.ts";

/** Paths of an item, in antithetic pairs: long enough that an item outweighs its record. */
export const PATHS_PER_ITEM = 4096;
/** Bins of the return histogram: VaR is read off it to a small part of a bin. */
export const BINS = 256;
/** Numbers of a record before its bins; `record.ts` names them. */
export const HEAD = 8;
/** Trading days of a year, as volatility is quoted. */
export const YEAR_DAYS = 252;
/** Of the module's memory, as `tools/build-kernels.ts` sets it. */
const MEMORY_BYTES = 16 * 1024 * 1024;
export const MAX_RETURNS = 100_000;

// The kernel reads its parameters by their place in this list.
const params: Param[] = [
  {
    name: "style",
    type: "u32",
    default: 1,
    min: 0,
    max: 2,
    title: "Style",
    description:
      "0: European call. 1: Asian call on the daily average. 2: call that dies above the barrier (daily closes).",
    step: 1,
  },
  {
    name: "strike_percent",
    type: "f64",
    default: 100,
    min: 1,
    max: 1000,
    title: "Strike",
    description: "Of the last close.",
    unit: "%",
  },
  {
    name: "barrier_percent",
    type: "f64",
    default: 130,
    min: 1,
    max: 10_000,
    title: "Barrier",
    description: "Of the last close; for style 2.",
    unit: "%",
  },
  {
    name: "maturity_days",
    type: "u32",
    default: 252,
    min: 1,
    max: 2520,
    title: "Maturity",
    description: "Trading days until the option is exercised.",
    unit: "days",
  },
  {
    name: "rate_percent",
    type: "f64",
    default: 2,
    min: -10,
    max: 50,
    title: "Interest",
    description: "Riskless rate a year, continuously compounded.",
    unit: "%",
  },
  {
    name: "dividend_percent",
    type: "f64",
    default: 1.5,
    min: 0,
    max: 50,
    title: "Dividends",
    description: "Yield a year, continuously compounded.",
    unit: "%",
  },
  {
    name: "horizon_days",
    type: "u32",
    default: 10,
    min: 1,
    max: 252,
    title: "Risk horizon",
    description: "Trading days over which the value at risk is asked.",
    unit: "days",
  },
  {
    name: "window_days",
    type: "u32",
    default: 1260,
    min: 20,
    max: MAX_RETURNS,
    title: "History",
    description: "Daily returns, latest first, that volatility and risk are estimated from.",
    unit: "days",
  },
  {
    name: "paths",
    type: "u32",
    default: 2 ** 18,
    min: PATHS_PER_ITEM,
    max: 2 ** 32 - 1,
    title: "Paths",
    description: `Simulated paths, rounded up to a multiple of ${PATHS_PER_ITEM}.`,
  },
  {
    name: "seed",
    type: "u32",
    default: 1,
    min: 0,
    max: 2 ** 32 - 1,
    title: "Seed",
    description: "Another seed, another sample.",
  },
  {
    name: "spot",
    type: "f64",
    default: 1,
    min: 1e-9,
    max: 1e12,
    title: "Spot",
    description: "The last close.",
    unit: "index points",
    derived: true,
  },
  {
    name: "volatility",
    type: "f64",
    default: 0.2,
    min: 1e-6,
    max: 1000,
    title: "Volatility",
    description: "Standard deviation of a year's log return, from the history.",
    derived: true,
  },
  {
    name: "return_range",
    type: "f64",
    default: 0.5,
    min: 1e-9,
    max: 1e6,
    title: "Range",
    description: "The histogram of returns goes from minus this to plus this.",
    derived: true,
  },
];

export const manifest: WasmManifest = {
  name: "option-pricing",
  version: "1.0.0",
  title: "Option pricing",
  description:
    "Prices a call option on a stock index by Monte Carlo, its volatility estimated from real daily closes, and tells how much a holder of the index may lose in the coming days, by drawing from what really happened.",
  licence: "Apache-2.0",
  engine: "wasm",
  params,
  inputs: [
    {
      name: "returns",
      title: "Daily returns",
      description: "Natural logarithms of the ratios of successive closes, 64-bit floats, oldest first.",
      maxBytes: 8 * MAX_RETURNS,
    },
  ],
  // One record an item; records add up to the record of all paths.
  output: { type: "f64", itemBytes: 8 * (HEAD + BINS) },
  compare: { kind: "exact" },
  memoryBytes: MEMORY_BYTES,
  cost: `items * ${PATHS_PER_ITEM} * (maturity_days * min(style, 1) + horizon_days + 1)`,
};
