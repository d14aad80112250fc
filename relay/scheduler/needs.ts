// What a job needs of a machine and how it would like them ordered, made ready when the job is taken up: evaluated once
// for each cluster of workers that look alike, and for bands, never for a lease.
import type { Attributes } from "../../protocol/ads.ts";
import type { JobSpec } from "../../protocol/api.ts";
import type { Ranking } from "./bands.ts";
import { preferenceKey, weightsOf } from "./preferences.ts";

export interface Needs {
  /** Names of machine attributes on which `admits` depends. */
  mentions: readonly string[];
  /** Whether the machine will do. Its engine is looked at besides. */
  admits: (machine: Attributes) => boolean;
  ranking: Ranking;
}

type Wishes = Pick<JobSpec, "preference" | "minScore">;

export function needsOf({ preference, minScore }: Wishes, engine: "wgsl" | "wasm"): Needs {
  return {
    mentions: minScore === undefined ? [] : ["Score"],
    admits: ({ Score }) => minScore === undefined || (typeof Score === "number" && Score >= minScore),
    ranking: { key: preferenceKey(engine, preference), engine, by: weightsOf(preference) },
  };
}
