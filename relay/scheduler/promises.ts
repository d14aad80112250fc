// Workers that commit and do not show what they committed cost the requester time, and nobody can tell why they do: they are
// not blamed, but given less at a time until they keep what they promise.
import { MAX_BATCH_TASKS } from "../../protocol/limits.ts";
import type { Worker } from "./state.ts";

/** One broken promise weighs like so many kept ones. */
const WEIGHT = 3;
/** Broken promises, weighed, that halve what a worker is given. */
const HALVING = 12;
/** It halves no further. */
const MOST = HALVING * Math.log2(MAX_BATCH_TASKS);

/** A commitment was not shown in time. */
export function broke(worker: Worker): void {
  worker.broken = Math.min(MOST, worker.broken + WEIGHT);
}

/** A commitment was shown. */
export function kept(worker: Worker | undefined): void {
  if (!worker) return;
  worker.broken = Math.max(0, worker.broken - 1);
  worker.unrevealed = Math.max(0, worker.unrevealed - 1);
}

/** Tasks a worker may have leased or committed and not shown: all that a batch holds, and less for who breaks promises. */
export const trustedWith = (worker: Worker): number =>
  Math.max(1, MAX_BATCH_TASKS >> Math.floor(worker.broken / HALVING));

/** Whether it has broken many lately. */
export const isUnreliable = (worker: Worker): boolean => worker.broken >= HALVING;
