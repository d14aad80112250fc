// How many dispatches go into one submit. A submit should keep the GPU busy for about PIECE_MS: longer ones freeze the
// desktop and cannot be paced, shorter ones drown in the cost of submitting. How long a dispatch takes is known only by
// running it, so every entry of the plan keeps an estimate, corrected by each submit that it was part of.
import { PIECE_MS } from "./program.ts";

/** A submit's dispatches: 8 ms of the shortest ones (24 µs and up), and the uniform slots that are kept for it. */
export const MAX_DISPATCHES = 256;

export interface Pieces {
  /** Whether `pass` may join a piece that already holds `passes`. */
  fits(passes: readonly number[], pass: number): boolean;
  submitted(passes: readonly number[]): void;
  measured(passes: readonly number[], busyMs: number): void;
}

export function createPieces(): Pieces {
  const estimates = new Map<number, number>();
  let last = 1;
  const sum = (passes: readonly number[]) => passes.reduce((total, pass) => total + (estimates.get(pass) ?? 0), 0);
  return {
    fits(passes, pass) {
      if (passes.length === 0) return true;
      // A pass never measured goes alone: it may be the long one.
      if (!estimates.has(pass) || !estimates.has(passes[0]!)) return false;
      if (passes.length >= Math.min(MAX_DISPATCHES, 2 * last)) return false;
      return sum(passes) + estimates.get(pass)! <= PIECE_MS;
    },
    submitted(passes) {
      last = passes.length;
    },
    measured(passes, busyMs) {
      const expected = sum(passes);
      for (const pass of new Set(passes)) {
        const before = estimates.get(pass);
        const now = before && expected > 0 ? (before * busyMs) / expected : busyMs / passes.length;
        // Halfway to what was seen: one late answer must not shrink the following pieces to nothing.
        estimates.set(pass, before === undefined ? now : (before + now) / 2);
      }
    },
  };
}
