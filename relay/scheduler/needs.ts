// What a job needs of a machine and how it would like them ordered, made ready when the job is taken up: evaluated once
// for each cluster of workers that look alike, and for bands, never for a lease.
import { classAdOf, namesIn, parseJobExpression } from "../../protocol/adExpressions.ts";
import { type Attributes, jobAttributes } from "../../protocol/ads.ts";
import { type Ad, compile, Real, type Value } from "../../protocol/classad/index.ts";
import type { Ranking } from "./bands.ts";
import { preferenceKey, weightsOf } from "./preferences.ts";

export interface Needs {
  /** Names of machine attributes on which `admits` depends. */
  mentions: readonly string[];
  /** Whether the machine will do. Its engine is looked at besides. */
  admits: (machine: Attributes) => boolean;
  ranking: Ranking;
}

type JobAd = Parameters<typeof jobAttributes>[0] & {
  /** Different for every job with a `rank`. */
  id: string;
};

/** Throws `bad-job` if an expression does not parse. */
export function needsOf(job: JobAd): Needs {
  const { spec, engine, id } = job;
  const my = classAdOf(jobAttributes(job));
  const { minScore, preference } = spec;
  const mentions = new Set(minScore === undefined ? [] : ["Score"]);
  const hasScore = ({ Score }: Attributes) =>
    minScore === undefined || (typeof Score === "number" && Score >= minScore);
  let admits = hasScore;
  if (spec.requirements !== undefined) {
    const expression = parseJobExpression("requirements", spec.requirements);
    for (const name of namesIn(expression).attributes) mentions.add(name);
    const { evaluate } = compile(expression);
    admits = (machine) => hasScore(machine) && isTrue(evaluate({ my, target: machineAd(machine) }));
  }
  return { mentions: [...mentions], admits, ranking: rankingOf() };

  function rankingOf(): Ranking {
    if (spec.rank === undefined) return { key: preferenceKey(engine, preference), engine, by: weightsOf(preference) };
    const { evaluate } = compile(parseJobExpression("rank", spec.rank));
    const by = (machine: Attributes) => numberOf(evaluate({ my, target: machineAd(machine) }));
    return { key: `rank ${id}`, engine, by };
  }
}

/** Attributes do not change: those that a worker has now are an object until others take its place. */
const machineAds = new WeakMap<Attributes, Ad>();

function machineAd(machine: Attributes): Ad {
  let ad = machineAds.get(machine);
  if (!ad) {
    ad = classAdOf(machine);
    machineAds.set(machine, ad);
  }
  return ad;
}

/** As requirements are read in HTCondor: TRUE, or an integer other than 0. UNDEFINED and ERROR are no. */
const isTrue = (value: Value): boolean =>
  value === true || ((typeof value === "number" || typeof value === "bigint") && Number(value) !== 0);

/** As a rank is read in HTCondor: what is no number is 0. */
function numberOf(value: Value): number {
  if (value instanceof Real) return Number.isNaN(value.value) ? 0 : value.value;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? Number(value) : 0;
}
