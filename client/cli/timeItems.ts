// How long a job's items take on this machine, from a sample of them.
import type { Bound } from "../../kernels/execute/program.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";

/** A timed range: long enough that starting it costs nothing beside it, milliseconds. */
const RANGE_MS = 250;
/** All timed ranges together, milliseconds. */
const SAMPLE_MS = 2000;
const FEWEST_RANGES = 3;
/** A job is run again until its runs have taken so long together, milliseconds, or so often. */
const SHORTEST_MS = 50;
const MOST_ROUNDS = 1000;
/** The golden ratio's fraction: multiples of it are spread evenly, whatever their number. */
const SPREAD = 0.618_033_988_749_895;

export interface Timed {
  items: number;
  /** Of these items. */
  seconds: number;
}

export interface Timing {
  /** Of the job. */
  items: number;
  /** A range begins with so many. */
  fewest: number;
  /** And has no more. */
  most: number;
  /** A clock, milliseconds. */
  nowMs: () => number;
}

/**
 * Runs ranges spread over the job, because items differ, after one in its middle that warms up. Ranges grow until one takes a quarter
 * of a second, or the kernel has no memory for a larger one. Throws what `run` throws.
 */
export async function timeItems(bound: Bound, { items, fewest, most, nowMs }: Timing): Promise<Timed> {
  const time = async (index: number, length: number) => {
    const first = Math.floor(((0.5 + index * SPREAD) % 1) * (items - length + 1));
    const startMs = nowMs();
    await bound.run({ first, count: length });
    return nowMs() - startMs;
  };
  const longest = Math.min(items, most);
  let length = Math.min(fewest, longest);
  let tookMs = await time(0, length);
  // What is made at the first run counts for nothing beside a long one.
  if (tookMs < RANGE_MS) tookMs = await time(0, length);
  try {
    while (tookMs < RANGE_MS && length < longest) {
      const longer = Math.min(longest, 2 * length);
      tookMs = await time(0, longer);
      length = longer;
    }
  } catch (error) {
    if (!(error instanceof SuperEdgeError && error.code === "kernel-memory")) throw error;
  }
  if (length === items) {
    // All of them may take less than the clock can tell.
    let rounds = 1;
    for (; tookMs < SHORTEST_MS && rounds < MOST_ROUNDS; rounds++) tookMs += await time(0, length);
    return { items, seconds: tookMs / rounds / 1000 };
  }
  const timed = { items: 0, seconds: 0 };
  for (let index = 1; index <= FEWEST_RANGES || timed.seconds * 1000 < SAMPLE_MS; index++) {
    timed.seconds += (await time(index, length)) / 1000;
    timed.items += length;
    if (timed.items >= items) break;
  }
  return timed;
}
