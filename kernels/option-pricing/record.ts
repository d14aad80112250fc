import { BINS, HEAD } from "./manifest.ts";

/** What an item's paths, or all of them, amount to. Sums add up, `worst` is the least. */
export interface PathRecord {
  /** Antithetic pairs. */
  pairs: number;
  /** Of the pairs' mean discounted payoffs, index points. */
  sum: number;
  squares: number;
  /** Paths that paid. */
  exercised: number;
  /** Risk paths, and their returns as fractions. */
  paths: number;
  returnSum: number;
  returnSquares: number;
  worst: number;
  /** Risk paths by return, from −range to +range; what lies beyond is in the outermost. */
  bins: Float64Array;
}

export const emptyRecord = (): PathRecord => ({
  pairs: 0,
  sum: 0,
  squares: 0,
  exercised: 0,
  paths: 0,
  returnSum: 0,
  returnSquares: 0,
  worst: Number.POSITIVE_INFINITY,
  bins: new Float64Array(BINS),
});

const RECORD_BYTES = 8 * (HEAD + BINS);

export function readRecord(output: Uint8Array, item: number): PathRecord {
  const view = new DataView(output.buffer, output.byteOffset + item * RECORD_BYTES, RECORD_BYTES);
  const at = (i: number) => view.getFloat64(8 * i, true);
  return {
    pairs: at(0),
    sum: at(1),
    squares: at(2),
    exercised: at(3),
    paths: at(4),
    returnSum: at(5),
    returnSquares: at(6),
    worst: at(7),
    bins: Float64Array.from({ length: BINS }, (_, bin) => at(HEAD + bin)),
  };
}

export function writeRecord(record: PathRecord): Uint8Array<ArrayBuffer> {
  const { pairs, sum, squares, exercised, paths, returnSum, returnSquares, worst, bins } = record;
  const view = new DataView(new ArrayBuffer(RECORD_BYTES));
  const numbers = [pairs, sum, squares, exercised, paths, returnSum, returnSquares, worst, ...bins];
  for (const [i, number] of numbers.entries()) view.setFloat64(8 * i, number, true);
  return new Uint8Array(view.buffer);
}

export function addRecord(total: PathRecord, part: PathRecord): void {
  total.pairs += part.pairs;
  total.sum += part.sum;
  total.squares += part.squares;
  total.exercised += part.exercised;
  total.paths += part.paths;
  total.returnSum += part.returnSum;
  total.returnSquares += part.returnSquares;
  total.worst = Math.min(total.worst, part.worst);
  for (let bin = 0; bin < BINS; bin++) total.bins[bin]! += part.bins[bin]!;
}
