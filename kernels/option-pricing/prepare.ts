import { SuperEdgeError } from "../../protocol/errors.ts";
import type { FileAsk, Prepared } from "../builtin.ts";
import { parseParams } from "../kernel.ts";
import { log } from "./ieeeMath.ts";
import { manifest, PATHS_PER_ITEM, YEAR_DAYS } from "./manifest.ts";
import { parsePrices } from "./prices.ts";

export const files: FileAsk[] = [
  {
    name: "prices",
    title: "Daily prices",
    description: "CSV with a header and a column close or adjclose, oldest day first.",
    accept: ".csv,.txt",
    optional: false,
    sample: "data/sp500.csv",
  },
];

/** Daily steps of a task: a tenth of a second on one core. */
const TASK_STEPS = 2e6;
/** The histogram's half-width in standard deviations of the horizon's return: fat tails included. */
const RANGE_DEVIATIONS = 8;

/** Turns prices into log returns and estimates their volatility. Throws `bad-job` with the line. */
export function prepare(
  given: Readonly<Record<string, Uint8Array>>,
  choices: Readonly<Record<string, number>>,
): Prepared {
  if (!given.prices) throw new SuperEdgeError("bad-job", "expected a file of prices, found none");
  const prices = parsePrices(given.prices, "prices");
  const asked = parseParams(manifest, choices);
  const window = prices.slice(-asked.window_days! - 1);
  const returns = Float64Array.from({ length: window.length - 1 }, (_, i) => log(window[i + 1]! / window[i]!));
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, returns.length - 1);
  const volatility = Math.sqrt(variance * YEAR_DAYS);
  if (!(volatility > 0)) throw new SuperEdgeError("bad-job", "expected prices that change, found none in the history");
  const steps = PATHS_PER_ITEM * ((asked.style === 0 ? 1 : asked.maturity_days!) + asked.horizon_days!);
  const items = Math.ceil(asked.paths! / PATHS_PER_ITEM);
  return {
    params: parseParams(manifest, {
      ...choices,
      spot: window.at(-1)!,
      volatility,
      return_range: RANGE_DEVIATIONS * Math.sqrt(variance * asked.horizon_days!),
    }),
    inputs: [new Uint8Array(returns.buffer)],
    items,
    itemsPerTask: Math.max(1, Math.min(items, Math.round(TASK_STEPS / steps))),
  };
}
