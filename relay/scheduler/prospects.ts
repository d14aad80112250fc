// What a job would meet in the pool as it is: who could do it, and how often each of its tasks would be computed.
import type { Law } from "../../protocol/api.ts";
import type { Address } from "../../protocol/ids.ts";
import { isCertified, MAX_CONTRIBUTIONS, weightOf } from "../../protocol/poco.ts";
import { expectedRedundancy, type Rules } from "./credibility.ts";
import type { Worker } from "./state.ts";

export interface Prospects {
  connected: number;
  /** Connected, and admitted by the job. */
  eligible: Worker[];
  owners: Set<Address>;
}

/** Goes through the workers; yields after each `SLICE` of them, so that the relay can serve others in between. */
export function* prospectsOf(
  workers: Iterable<Worker>,
  admits: (worker: Worker) => boolean,
): Generator<void, Prospects> {
  const found: Prospects = { connected: 0, eligible: [], owners: new Set() };
  let seen = 0;
  for (const worker of workers) {
    if (++seen % SLICE === 0) yield;
    if (!worker.connected || worker.banned) continue;
    found.connected++;
    if (!admits(worker)) continue;
    found.eligible.push(worker);
    found.owners.add(worker.owner);
  }
  return found;
}
const SLICE = 500;

export interface Redundancy {
  /** Contributions for one certified task with these workers, if nobody errs. */
  expected: number;
  /** The same if all were newcomers. */
  newcomers: number;
}

interface Terms {
  law: Law;
  trust: number;
  replicas: number;
  tasks: number;
}

/** By the middle worker of those that are eligible; by newcomers where there are none. */
export function redundancyOf(terms: Terms, eligible: readonly Worker[], rules: Rules): Redundancy {
  const { law, trust, replicas, tasks } = terms;
  if (law === "poco") {
    const score = middle(eligible, (worker) => worker.score);
    return { expected: pocoGroup(terms, score), newcomers: pocoGroup(terms, 0) };
  }
  const of = (history: number) =>
    expectedRedundancy({ trust, replicas, tasksPerWorker: tasks / Math.max(1, eligible.length), history }, rules)
      .redundancy;
  return { expected: of(middle(eligible, ({ standing }) => standing.history)), newcomers: of(0) };
}

/** How many equals that agree satisfy the integer rule. */
function pocoGroup({ trust, replicas }: Pick<Terms, "trust" | "replicas">, score: number): number {
  const weight = BigInt(weightOf(score));
  let count = replicas;
  for (; count < MAX_CONTRIBUTIONS; count++)
    if (isCertified(weight ** BigInt(count), 1n + weight ** BigInt(count), trust)) break;
  return count;
}

/** The lower median, of so many spread evenly where there are more; 0 of nothing. */
function middle(workers: readonly Worker[], figureOf: (worker: Worker) => number): number {
  const count = Math.min(workers.length, MEDIAN_OF);
  const values = Array.from({ length: count }, (_, i) => figureOf(workers[Math.floor((i * workers.length) / count)]!));
  values.sort((a, b) => a - b);
  return values[(count - 1) >> 1] ?? 0;
}
const MEDIAN_OF = 1000;

/** In words, why a job cannot go on with the workers that are here; undefined if it can. `needed`: different owners. */
export function whatIsMissing(
  { engine, isPicky, isBound }: { engine: string; isPicky: boolean; isBound: boolean },
  needed: number,
  { owners, connected }: { owners: number; connected: number },
): string | undefined {
  if (owners >= needed) return undefined;
  const [run, meet] = needed === 1 ? ["runs", "meets"] : ["run", "meet"];
  const who = needed === 1 ? "a worker" : `workers of ${needed} different owners`;
  const does = isPicky ? `${run} ${engine} and ${meet} the job's requirements` : `${run} ${engine}`;
  const found = owners === 0 ? "none" : `${owners} such owner${owners === 1 ? "" : "s"}`;
  const together = isBound ? " in one numeric class" : "";
  return `needs ${who} that ${does}${together}, found ${found} among ${connected} connected`;
}
