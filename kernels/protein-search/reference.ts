// The plainest Smith–Waterman that could be right, with Gotoh's affine gaps; on one core a few hundred million cells a
// second. It judges the GPU kernel, and the demo checks every score with it.
//
//   H(i,j) = max(0, H(i−1,j−1) + s(q_i, t_j), E(i,j), F(i,j))
//   E(i,j) = max(E(i,j−1) − extend, H(i,j−1) − open − extend)     a gap in the query
//   F(i,j) = max(F(i−1,j) − extend, H(i−1,j) − open − extend)     a gap in the target
//   score  = the largest H
import type { PreparedJob } from "../builtin.ts";
import { BLOSUM62, RESIDUES } from "./blosum62.ts";
import { unpackSequences } from "./sequences.ts";

export interface Gaps {
  open: number;
  extend: number;
}

/** The best local alignment's score of two proteins given as residue codes. */
export function alignmentScore(query: Uint8Array, target: Uint8Array, { open, extend }: Gaps): number {
  const above = new Int32Array(target.length); // H of the row before
  const down = new Int32Array(target.length).fill(-open); // F for this row; below zero it never matters
  let best = 0;
  for (const residue of query) {
    const row = residue * RESIDUES;
    let diagonal = 0;
    let right = -open; // E for this cell
    for (let j = 0; j < target.length; j++) {
      let h = diagonal + BLOSUM62[row + target[j]!]!;
      if (h < 0) h = 0;
      if (h < right) h = right;
      const f = down[j]!;
      if (h < f) h = f;
      diagonal = above[j]!;
      above[j] = h;
      if (h > best) best = h;
      const opened = h - open - extend;
      right = Math.max(right - extend, opened);
      down[j] = Math.max(f - extend, opened);
    }
  }
  return best;
}

/** Scores of items `first` to `first + count - 1` of a prepared job, of all by default. */
export function referenceScores({ params, inputs, items }: PreparedJob, first = 0, count = items - first): Int32Array {
  const queries = unpackSequences(inputs[0]!).proteins;
  const targets = unpackSequences(inputs[1]!).proteins;
  const gaps = { open: params.gap_open!, extend: params.gap_extend! };
  return Int32Array.from({ length: count }, (_, i) => {
    const query = queries[Math.floor((first + i) / targets.length)]!;
    return alignmentScore(query.residues, targets[(first + i) % targets.length]!.residues, gaps);
  });
}
