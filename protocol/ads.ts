// Ads: what a worker says of its machine and a job of its needs, and the ClassAd attributes both become. A requester's
// `requirements` and `rank` are written against these names; docs/matchmaking.md explains each, and a test holds the two
// together. Nothing a machine says of itself is believed for payment: it only steers placement.
import * as v from "valibot";
import type { JobSpec } from "./api.ts";
import { tasksOf } from "./api.ts";
import type { Address } from "./ids.ts";
import { text, uint } from "./schemas.ts";

export const engineSchema = v.picklist(["wgsl", "wasm"]);

/** Measured: 10^9 operations a second. A million is far beyond any one machine. */
const rate = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1_000_000));

/** What kind of machine a worker says it is. What was added after version 1 is optional: older pages leave it out. */
export const adSchema = v.strictObject({
  /** Engines that started on this machine. */
  engines: v.pipe(v.array(engineSchema), v.maxLength(4)),
  /** Logical processors the worker may use. */
  cores: uint(4096),
  /** The GPU as WebGPU tells it; absent where there is none. */
  adapter: v.optional(
    v.strictObject({
      vendor: text(100),
      architecture: text(100),
      /** A software driver. */
      isFallback: v.boolean(),
      maxBufferBytes: uint(),
      maxStorageBindingBytes: uint(),
      /** Bytes of workgroup memory, invocations of a workgroup, storage buffers of a stage: what kernels run into. */
      workgroupBytes: v.optional(uint()),
      workgroupInvocations: v.optional(uint()),
      storageBuffers: v.optional(uint()),
      features: v.pipe(v.array(text(60)), v.maxLength(64)),
    }),
  ),
  /** The tab is hidden: timers are slow and its late heartbeats are no failure. */
  hidden: v.boolean(),
  /** It fetches blobs from and gives blobs to other workers. */
  peers: v.boolean(),
  /** Hash of what the numeric probe gave: machines of one class round floats alike. */
  numericClass: v.optional(text(80)),
  /** Of the benchmark kernels: f32 and i32 on the GPU, wasm on one core. */
  gflops: v.optional(v.strictObject({ f32: v.optional(rate), i32: v.optional(rate), wasm: v.optional(rate) })),
  /** As the browser tells it; browsers round it and stop at 8 GiB. */
  memoryMiB: v.optional(uint(16 * 1024 * 1024)),
  /** Downstream, Mbit/s, as the browser estimates it. */
  downMbps: v.optional(rate),
  onBattery: v.optional(v.boolean()),
  /** Only if the volunteer chose to tell: as it wrote it, e.g. "EU" or "DE". */
  region: v.optional(text(40)),
});
export type Ad = v.InferOutput<typeof adSchema>;

/** What ClassAd expressions can be asked of: integers and reals are both numbers here. */
export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What the relay knows of a worker and no page is asked for. */
export interface RelayKnows {
  worker: Address;
  owner: Address;
  pool: Address;
  /** On chain. */
  score: number;
  /** The relay's own estimate that the next result is right, 0..1. */
  credibility: number;
  sessionAgeSeconds: number;
}

/** Steps at which a session's age is told: finer ones would make every worker a class of its own. */
const AGE_STEPS_SECONDS = [0, 60, 300, 900, 3600, 4 * 3600, 24 * 3600] as const;

/** A machine's ad as ClassAd attributes. What is not known is absent, and so UNDEFINED to an expression. */
export function machineAttributes(ad: Ad, relay: RelayKnows): Attributes {
  const { adapter, gflops } = ad;
  return present({
    MyType: "Machine",
    Name: relay.worker,
    Owner: relay.owner,
    Pool: relay.pool,
    Score: relay.score,
    Credibility: round(relay.credibility, 3),
    SessionAgeSeconds: AGE_STEPS_SECONDS.findLast((step) => step <= relay.sessionAgeSeconds) ?? 0,
    Engines: ad.engines,
    HasWgsl: ad.engines.includes("wgsl"),
    HasWasm: ad.engines.includes("wasm"),
    Cores: ad.cores,
    MemoryMiB: ad.memoryMiB,
    DownMbps: rounded(ad.downMbps),
    Hidden: ad.hidden,
    OnBattery: ad.onBattery,
    Peers: ad.peers,
    Region: ad.region,
    NumericClass: ad.numericClass,
    GflopsF32: rounded(gflops?.f32),
    GflopsI32: rounded(gflops?.i32),
    GflopsWasm: rounded(gflops?.wasm),
    GpuVendor: adapter?.vendor,
    GpuArchitecture: adapter?.architecture,
    GpuIsSoftware: adapter?.isFallback,
    GpuFeatures: adapter?.features,
    GpuMaxBufferMiB: adapter && Math.floor(adapter.maxBufferBytes / 2 ** 20),
    GpuMaxStorageBindingMiB: adapter && Math.floor(adapter.maxStorageBindingBytes / 2 ** 20),
    GpuWorkgroupBytes: adapter?.workgroupBytes,
    GpuWorkgroupInvocations: adapter?.workgroupInvocations,
    GpuStorageBuffers: adapter?.storageBuffers,
  });
}

/** All names that a machine's attributes may have. */
export const MACHINE_ATTRIBUTES: readonly string[] = [
  "MyType",
  "Name",
  "Owner",
  "Pool",
  "Score",
  "Credibility",
  "SessionAgeSeconds",
  "Engines",
  "HasWgsl",
  "HasWasm",
  "Cores",
  "MemoryMiB",
  "DownMbps",
  "Hidden",
  "OnBattery",
  "Peers",
  "Region",
  "NumericClass",
  "GflopsF32",
  "GflopsI32",
  "GflopsWasm",
  "GpuVendor",
  "GpuArchitecture",
  "GpuIsSoftware",
  "GpuFeatures",
  "GpuMaxBufferMiB",
  "GpuMaxStorageBindingMiB",
  "GpuWorkgroupBytes",
  "GpuWorkgroupInvocations",
  "GpuStorageBuffers",
];

/** A job's side of the match: TARGET to a machine, MY to its own requirements. */
export function jobAttributes(job: {
  spec: Omit<JobSpec, "params" | "inputs">;
  engine: "wgsl" | "wasm";
  /** Absent before it is submitted. */
  requester?: Address | undefined;
  /** Of the app. */
  name: string;
  /** What its manifest asks of a GPU. */
  requirements?: { features?: readonly string[]; limits?: Readonly<Record<string, number>> } | undefined;
  /** For one certified task; absent where nobody has named one yet. */
  priceWei?: bigint | undefined;
}): Attributes {
  const { spec } = job;
  return present({
    MyType: "Job",
    App: spec.app,
    AppName: job.name,
    Engine: job.engine,
    Features: job.requirements?.features ?? [],
    Requester: job.requester,
    Law: spec.law,
    Trust: spec.trust,
    Replicas: spec.replicas,
    Tasks: tasksOf(spec),
    ItemsPerTask: spec.itemsPerTask,
    PriceEct: job.priceWei === undefined ? undefined : Number(job.priceWei) / 1e18,
    MinScore: spec.minScore,
    DeadlineSeconds: spec.deadlineSeconds,
    Completion: spec.completion,
    Category: spec.category,
  });
}

/** Two digits: what a benchmark can tell, and few enough values to put machines into classes. */
const rounded = (value: number | undefined) => (value === undefined ? undefined : Number(value.toPrecision(2)));
const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;

function present(attributes: Record<string, AttributeValue | undefined>): Attributes {
  for (const name of Object.keys(attributes)) if (attributes[name] === undefined) delete attributes[name];
  return attributes as Attributes;
}
