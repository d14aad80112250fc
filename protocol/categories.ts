// Categories of jobs: how much of a defined reference machine's time a job takes, with how much memory and data. A
// requester names one, a pool prices it, and a job that overruns it is stopped. docs/categories.md says how and why.
import { SuperEdgeError } from "./errors.ts";

export const CATEGORIES = ["XXS", "XS", "S", "M", "L", "XL"] as const;
export type Category = (typeof CATEGORIES)[number];

export type Engine = "wgsl" | "wasm";

/**
 * 10⁹ operations a second of the reference kernels (kernels/reference), as measured on a machine. Absent where there is
 * no such engine, or its kernel failed.
 */
export interface Speeds {
  /** GPU, multiplications and additions of f32. */
  f32?: number | undefined;
  /** GPU, operations on 32-bit integers. */
  i32?: number | undefined;
  /** One core, WebAssembly, half f64 and half 32-bit integers. */
  wasm?: number | undefined;
}

/**
 * The reference machine. Its core does 10 Gop/s of the WebAssembly kernel, as a server's or laptop's core of the 2020s
 * does; its GPU 1,000 GFLOP/s of f32 and 500 Gop/s of 32-bit integers, as one inside a laptop's processor.
 */
export const REFERENCE_SPEEDS = { wasm: 10, f32: 1000, i32: 500 } as const;

/** Of a whole job, each of its tasks computed once, on the reference machine: seconds. */
const SECONDS: Readonly<Record<Category, number>> = { XXS: 30, XS: 300, S: 1200, M: 3600, L: 10_800, XL: 36_000 };

const MIB = 2 ** 20;
/** Of one task, bytes. The least for the GPU are what every WebGPU device binds as one buffer. */
const MEMORY: Readonly<Record<Engine, Readonly<Record<Category, number>>>> = {
  wasm: { XXS: 64 * MIB, XS: 128 * MIB, S: 256 * MIB, M: 512 * MIB, L: 1024 * MIB, XL: 2048 * MIB },
  wgsl: { XXS: 128 * MIB, XS: 256 * MIB, S: 512 * MIB, M: 1024 * MIB, L: 2048 * MIB, XL: 4096 * MIB },
};
/** Input and output together, a reference second: 4 Mbit/s, what a home connection gives without becoming the limit. */
const DATA_BYTES_PER_SECOND = MIB / 2;

export interface CategoryLimits {
  /** Of the reference machine, for the whole job. */
  seconds: number;
  /** Of one task. */
  memoryBytes: number;
  /** All input blobs once and all output once. */
  dataBytes: number;
}

export const limitsOf = (category: Category, engine: Engine): CategoryLimits => ({
  seconds: SECONDS[category],
  memoryBytes: MEMORY[engine][category],
  dataBytes: SECONDS[category] * DATA_BYTES_PER_SECOND,
});

export interface Measured {
  engine: Engine;
  /** Of the reference machine, for the whole job: see `machineFactor`. */
  referenceSeconds: number;
  memoryBytes: number;
  dataBytes: number;
}

/** The least category a job fits in. Throws `bad-job` for what is no size, `too-large` for what is beyond XL. */
export function categoryOf({ engine, ...job }: Measured): Category {
  for (const [name, value] of Object.entries(job))
    if (!(Number.isFinite(value) && value >= 0))
      throw new SuperEdgeError("bad-job", `${name}: expected a number of at least 0, found ${value}`);
  for (const category of CATEGORIES) if (!exceeded(job, limitsOf(category, engine))) return category;
  const name = exceeded(job, limitsOf("XL", engine))!;
  throw new SuperEdgeError(
    "too-large",
    `${WORDS[name]}: category XL ends at ${limitsOf("XL", engine)[LIMIT[name]]}, found ${job[name]}; cut the job into several`,
  );
}

const WORDS = {
  referenceSeconds: "reference seconds of the job",
  memoryBytes: "bytes of memory of a task",
  dataBytes: "bytes of input and output",
} as const;
const LIMIT = { referenceSeconds: "seconds", memoryBytes: "memoryBytes", dataBytes: "dataBytes" } as const;

function exceeded(job: Omit<Measured, "engine">, limits: CategoryLimits): keyof typeof LIMIT | undefined {
  if (job.referenceSeconds > limits.seconds) return "referenceSeconds";
  if (job.memoryBytes > limits.memoryBytes) return "memoryBytes";
  if (job.dataBytes > limits.dataBytes) return "dataBytes";
  return undefined;
}

/**
 * Reference seconds in a second of a machine with these speeds. Of a GPU's two the slower counts, in proportion to the
 * reference: a kernel mixes floats and integers in proportions nobody has told. Undefined if it was not measured.
 */
export function machineFactor(engine: Engine, speeds: Speeds): number | undefined {
  const kinds = engine === "wasm" ? (["wasm"] as const) : (["f32", "i32"] as const);
  const factors = kinds.flatMap((kind) => {
    const speed = speeds[kind];
    return speed !== undefined && speed > 0 ? [speed / REFERENCE_SPEEDS[kind]] : [];
  });
  return factors.length > 0 ? Math.min(...factors) : undefined;
}

/** What a job of a category costs at a pool's price, computed once: from where the category begins to where it ends. */
export function priceRange(category: Category, weiPerReferenceSecond: bigint): { leastWei: bigint; mostWei: bigint } {
  const before = CATEGORIES[CATEGORIES.indexOf(category) - 1];
  return {
    leastWei: before ? BigInt(SECONDS[before]) * weiPerReferenceSecond : 0n,
    mostWei: BigInt(SECONDS[category]) * weiPerReferenceSecond,
  };
}
