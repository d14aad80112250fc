import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Figure, PreparedJob, Presentation } from "../builtin.ts";
import { manifest } from "./manifest.ts";
import { addRecord, emptyRecord, type PathRecord, readRecord } from "./record.ts";

/** Adds up the records that are known, in the order of items, so that the sums come out the same for everyone. */
export function combine({ items }: PreparedJob, output: Uint8Array, isKnown: (item: number) => boolean = () => true) {
  if (output.byteLength !== items * manifest.output.itemBytes)
    throw new SuperEdgeError(
      "bad-job",
      `expected ${items * manifest.output.itemBytes} bytes of records, found ${output.byteLength}`,
    );
  const total = emptyRecord();
  for (let item = 0; item < items; item++) if (isKnown(item)) addRecord(total, readRecord(output, item));
  return total;
}

const STYLES = ["European call", "Asian call", "Up-and-out call"];

/** Price with its standard error, value at risk, and the distribution of returns over the risk horizon. */
export function present(job: PreparedJob, output: Uint8Array, isKnown?: (item: number) => boolean): Presentation {
  const total = combine(job, output, isKnown);
  const { style, horizon_days, volatility, spot, return_range } = job.params as Record<string, number>;
  const range = return_range!;
  const edges = Array.from(
    { length: total.bins.length + 1 },
    (_, i) => 100 * range * ((2 * i) / total.bins.length - 1),
  );
  const counts = [...total.bins];
  const lines = counts.map((count, i) => `${edges[i]},${edges[i + 1]},${count}`);
  return {
    kind: "distribution",
    title: `${STYLES[style!]} and risk of holding for ${horizon_days} days`,
    figures: total.pairs === 0 ? [] : figures(total, range, spot!, volatility!),
    histogram: { label: `Return over ${horizon_days} days, %`, edges, counts },
    csv: `return_from_percent,return_to_percent,paths\n${lines.join("\n")}\n`,
  };
}

function figures(total: PathRecord, range: number, spot: number, volatility: number): Figure[] {
  const { pairs, sum, squares, exercised, paths, returnSum, returnSquares, worst } = total;
  const price = sum / pairs;
  const priceVariance = Math.max(0, squares / pairs - price * price) / Math.max(1, pairs - 1);
  const mean = returnSum / paths;
  const meanVariance = Math.max(0, returnSquares / paths - mean * mean) / Math.max(1, paths - 1);
  return [
    { label: "Option price", value: price, standardError: Math.sqrt(priceVariance), unit: "index points" },
    { label: "Paths that paid", value: (100 * exercised) / (2 * pairs), unit: "%" },
    { label: "Value at risk, 95 %", value: -100 * quantile(total, range, 0.05), unit: "%" },
    { label: "Value at risk, 99 %", value: -100 * quantile(total, range, 0.01), unit: "%" },
    { label: "Mean return", value: 100 * mean, standardError: 100 * Math.sqrt(meanVariance), unit: "%" },
    { label: "Worst path", value: 100 * worst, unit: "%" },
    { label: "Volatility a year", value: 100 * volatility, unit: "%" },
    { label: "Last close", value: spot, unit: "index points" },
  ];
}

/** The return that a share `p` of the paths falls below, linear inside a bin. */
export function quantile({ bins, paths }: PathRecord, range: number, p: number): number {
  const width = (2 * range) / bins.length;
  let below = 0;
  for (const [bin, count] of bins.entries()) {
    if (below + count >= p * paths && count > 0) return -range + width * (bin + (p * paths - below) / count);
    below += count;
  }
  return range;
}
