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
  const down = new Int32Array(target.length); // F for this row; at zero or below it never matters
  let best = 0;
  for (const residue of query) {
    const row = residue * RESIDUES;
    let diagonal = 0;
    let right = 0; // E for this cell
    for (let j = 0; j < target.length; j++) {
      // `| 0` keeps the engine in 32-bit integers: a quarter faster.
      let h = (diagonal + BLOSUM62[row + target[j]!]!) | 0;
      const f = down[j]!;
      if (h < 0) h = 0;
      if (h < right) h = right;
      if (h < f) h = f;
      if (h > best) best = h;
      diagonal = above[j]!;
      above[j] = h;
      const opened = (h - open - extend) | 0;
      right = (right - extend) | 0;
      if (right < opened) right = opened;
      const extended = (f - extend) | 0;
      down[j] = Math.max(extended, opened);
    }
  }
  return best;
}

/**
 * Scores of items `first` to `first + count - 1` of a prepared job, of all by default. Where queries and targets are the
 * same file each pair is computed once: a score does not depend on which of the two is the query.
 */
export function referenceScores({ params, inputs, items }: PreparedJob, first = 0, count = items - first): Int32Array {
  const queries = unpackSequences(inputs[0]!).proteins;
  const targets = unpackSequences(inputs[1]!).proteins;
  const gaps = { open: params.gap_open!, extend: params.gap_extend! };
  const symmetric = inputs[0] === inputs[1];
  const scores = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const query = Math.floor((first + i) / targets.length);
    const target = (first + i) % targets.length;
    const mirrored = target * targets.length + query - first;
    scores[i] =
      symmetric && mirrored >= 0 && mirrored < i
        ? scores[mirrored]!
        : alignmentScore(queries[query]!.residues, targets[target]!.residues, gaps);
  }
  return scores;
}
