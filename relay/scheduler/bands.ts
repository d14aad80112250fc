// Puts workers into bands, 0 the best quarter to 3 the last, once for every preference that a running job has. It goes
// round by round, a few workers at a time, away from the moment of a lease:
//
//   gather who is connected ─▶ draw a reference ─▶ band everybody against it ─▶ (again)
//
// PROMETHEE II compares everybody with everybody. With more than MAX_REFERENCE workers of an engine each is compared with
// a reference instead: every so-manieth worker, in the order in which they were gathered. Net flows are means over those
// compared with, so a reference of 1,024 gives them to within about 0.04; up to that number they are exact.
import type { Attributes } from "../../protocol/ads.ts";
import { FUNCTIONS, scoresOf, type WorkerRecord } from "./criteria.ts";
import { Yardstick } from "./yardstick.ts";

export const MAX_REFERENCE = 1024;
/** Rankings kept at once. Workers have no band under those beyond: neither sought nor shunned for it. */
const MAX_RANKINGS = 64;
const BANDS = 4;

type Engine = "wgsl" | "wasm";

/** What ranking reads of a worker, and the bands that it writes. */
export interface RankedWorker extends Omit<WorkerRecord, "credibility"> {
  connected: boolean;
  banned: boolean;
  engines: ReadonlySet<string>;
  bands: Map<string, number>;
}

/** One order of workers that is wanted. */
export interface Ranking {
  key: string;
  engine: Engine;
  /** Weights of the five criteria, or a requester's own measure of a machine: more is better. */
  by: readonly number[] | ((machine: Attributes) => number);
}

interface Ruler {
  yardstick: Yardstick;
  /** Least flow of each band but the last, for each ranking. */
  cuts: { ranking: Ranking; least: number[] }[];
}

/** Keys are of the engine and the preference; see preferences.ts. */
export class Bands<W extends RankedWorker> {
  readonly #credibilityOf: (worker: W) => number;
  #round: Generator<void, void> | undefined;
  #rulers = new Map<Engine, Ruler>();

  constructor(credibilityOf: (worker: W) => number) {
    this.#credibilityOf = credibilityOf;
  }

  /**
   * Goes on with the round, or starts the next. `most`: steps of this call, of which a round has two a worker; 2,000 take
   * about 3 ms. Workers may come and go between calls.
   */
  advance(workers: ReadonlyMap<unknown, W>, rankings: () => Iterable<Ranking>, most: number): void {
    this.#round ??= this.#rank(workers, rankings());
    for (let i = 0; i < most; i++) {
      if (!this.#round.next().done) continue;
      this.#round = undefined;
      return;
    }
  }

  /** Bands a worker that has just come by the rulers of the last round. */
  place(worker: W): void {
    for (const [engine, ruler] of this.#rulers)
      if (worker.engines.has(engine)) band(worker, this.#scores(worker, engine), ruler);
  }

  *#rank(workers: ReadonlyMap<unknown, W>, wanted: Iterable<Ranking>): Generator<void, void> {
    const rankings = distinct(wanted);
    const rulers = new Map<Engine, Ruler>();
    for (const engine of new Set([...rankings.values()].map((ranking) => ranking.engine))) {
      const present: W[] = [];
      for (const worker of workers.values()) {
        if (worker.connected && !worker.banned && worker.engines.has(engine)) present.push(worker);
        yield;
      }
      const reference = sample(present, MAX_REFERENCE);
      const own = [...rankings.values()].filter((ranking) => ranking.engine === engine);
      const ruler = yield* makeRuler(
        reference.map((worker) => ({ worker, scores: this.#scores(worker, engine) })),
        own,
      );
      rulers.set(engine, ruler);
      for (const worker of present) {
        for (const key of worker.bands.keys()) if (!rankings.has(key)) worker.bands.delete(key);
        band(worker, this.#scores(worker, engine), ruler);
        yield;
      }
    }
    this.#rulers = rulers;
  }

  #scores(worker: W, engine: Engine): number[] {
    const { good, bad, lapsed, attributes } = worker;
    return scoresOf({ good, bad, lapsed, attributes, credibility: this.#credibilityOf(worker) }, engine);
  }
}

function distinct(wanted: Iterable<Ranking>): Map<string, Ranking> {
  const rankings = new Map<string, Ranking>();
  for (const ranking of wanted) {
    if (rankings.size === MAX_RANKINGS) break;
    if (!rankings.has(ranking.key)) rankings.set(ranking.key, ranking);
  }
  return rankings;
}

/** At most `most` of the list, evenly spread over it. */
function sample<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}

/** A ranking at a time: each sorts the reference anew. */
function* makeRuler(
  reference: { worker: RankedWorker; scores: number[] }[],
  rankings: Ranking[],
): Generator<void, Ruler> {
  const yardstick = new Yardstick(
    reference.map(({ scores }) => scores),
    FUNCTIONS,
  );
  const flows = reference.map(({ scores }) => yardstick.flows(scores));
  const cuts: Ruler["cuts"] = [];
  for (const ranking of rankings) {
    const ordered = reference.map(({ worker }, i) => measure(ranking, flows[i]!, worker)).sort((a, b) => b - a);
    const least = Array.from(
      { length: BANDS - 1 },
      (_, k) => ordered[Math.ceil(((k + 1) * ordered.length) / BANDS) - 1] ?? 0,
    );
    cuts.push({ ranking, least });
    yield;
  }
  return { yardstick, cuts };
}

function band(worker: RankedWorker, scores: number[], { yardstick, cuts }: Ruler): void {
  const flows = yardstick.flows(scores);
  for (const { ranking, least } of cuts) {
    const value = measure(ranking, flows, worker);
    const found = least.findIndex((cut) => value >= cut);
    worker.bands.set(ranking.key, found < 0 ? BANDS - 1 : found);
  }
}

/** Net flow, up to the sum of the weights, which is the same for all; or what the requester measures. */
function measure({ by }: Ranking, flows: readonly number[], worker: RankedWorker): number {
  if (typeof by === "function") return by(worker.attributes);
  let value = 0;
  for (let j = 0; j < by.length; j++) value += by[j]! * flows[j]!;
  return value;
}
