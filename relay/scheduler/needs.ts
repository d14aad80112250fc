// What a job needs of a machine and how it would like them ordered, made ready when the job is taken up: evaluated once
// for each cluster of workers that look alike, and for bands, never for a lease.
import { classAdOf, namesIn, parseJobExpression } from "../../protocol/adExpressions.ts";
import { type Attributes, type AttributeValue, jobAttributes } from "../../protocol/ads.ts";
import { type Ad, compile, Real, type Value } from "../../protocol/classad/index.ts";
import type { Ranking } from "./bands.ts";
import { preferenceKey, weightsOf } from "./preferences.ts";

/**
 * Of what an evaluation may take at most: it is made for every cluster, or every machine and second, on the relay's own
 * thread. Forty times what a typical one takes; one that wants more is ERROR, and so no.
 */
const SHARE = 0.05;

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
  const conditions = [...gpuConditions(job.requirements)];
  if (minScore !== undefined)
    conditions.push({ name: "Score", holds: (score) => typeof score === "number" && score >= minScore });
  const mentions = new Set(conditions.map(({ name }) => name));
  const hasAll = (machine: Attributes) => conditions.every(({ name, holds }) => holds(machine[name]));
  let admits = hasAll;
  if (spec.requirements !== undefined) {
    const expression = parseJobExpression("requirements", spec.requirements);
    for (const name of namesIn(expression).attributes) mentions.add(name);
    const { evaluate } = compile(expression);
    admits = (machine) => hasAll(machine) && isTrue(evaluate({ my, target: machineAd(machine), share: SHARE }));
  }
  return { mentions: [...mentions], admits, ranking: rankingOf() };

  function rankingOf(): Ranking {
    if (spec.rank === undefined) return { key: preferenceKey(engine, preference), engine, by: weightsOf(preference) };
    const { evaluate } = compile(parseJobExpression("rank", spec.rank));
    const by = (machine: Attributes) => numberOf(evaluate({ my, target: machineAd(machine), share: SHARE }));
    return { key: `rank ${id}`, engine, by };
  }
}

interface Condition {
  /** Of a machine attribute. */
  name: string;
  holds: (value: AttributeValue | undefined) => boolean;
}

const MIB = 2 ** 20;
/** WebGPU's limits that machines tell of, and the unit in which they do. */
const TOLD_LIMITS: Readonly<Record<string, { name: string; unit: number }>> = {
  maxBufferSize: { name: "GpuMaxBufferMiB", unit: MIB },
  maxStorageBufferBindingSize: { name: "GpuMaxStorageBindingMiB", unit: MIB },
  maxComputeWorkgroupStorageSize: { name: "GpuWorkgroupBytes", unit: 1 },
  maxComputeInvocationsPerWorkgroup: { name: "GpuWorkgroupInvocations", unit: 1 },
  maxStorageBuffersPerShaderStage: { name: "GpuStorageBuffers", unit: 1 },
};

/** What the manifest asks for. A machine that does not tell is not held back: its executor looks again. */
function* gpuConditions({ features = [], limits = {} }: JobAd["requirements"] & object = {}): Generator<Condition> {
  if (features.length > 0)
    yield {
      name: "GpuFeatures",
      holds: (told) => !Array.isArray(told) || features.every((feature) => told.includes(feature)),
    };
  for (const [limit, least] of Object.entries(limits)) {
    const told = Object.hasOwn(TOLD_LIMITS, limit) ? TOLD_LIMITS[limit] : undefined;
    if (told) yield { name: told.name, holds: (most) => typeof most !== "number" || most * told.unit >= least };
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
