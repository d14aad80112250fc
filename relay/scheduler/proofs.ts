// What speaks for a worker counts in the order in which it was asked for, not in which it came: the friends of a machine
// that answers at once, without computing, would otherwise confirm it long before an honest machine could contradict.
import { passed } from "./credibility.ts";
import type { Contribution, State, Worker } from "./state.ts";

/**
 * Two workers meet over a task: one was drawn to confirm the other's result. For either it is a proof to come; `weight` is
 * known once it has: 0 if it was none.
 */
export interface Proof {
  weight?: number;
}

/** Its result waits to be confirmed. */
export function awaitProof(c: Contribution): void {
  if (c.proof || c.counted) return;
  c.proof = {};
  c.who?.proofs.push(c.proof);
}

/** It was drawn to confirm somebody else's. */
export function owe(worker: Worker): Proof {
  const proof: Proof = {};
  worker.proofs.push(proof);
  return proof;
}

/** It will not come to that. */
export function waive(state: State, worker: Worker, proof: Proof): void {
  proof.weight ??= 0;
  drain(state, worker);
}

/** The result was confirmed by so much, or will not be. Returns whether the worker has passed something by it. */
export function prove(state: State, worker: Worker, c: Contribution, weight: number): boolean {
  if (!c.proof) return count(state, worker, weight);
  c.proof.weight ??= weight;
  return drain(state, worker);
}

function drain(state: State, worker: Worker): boolean {
  let hasPassed = false;
  while (worker.proofs[0]?.weight !== undefined)
    if (count(state, worker, worker.proofs.shift()!.weight!)) hasPassed = true;
  return hasPassed;
}

function count(state: State, worker: Worker, weight: number): boolean {
  if (weight <= 0) return false;
  passed(worker.standing, weight, state.rules);
  if (worker.held.size > 0) state.improved.add(worker);
  return true;
}
