import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ad, adSchema, jobAttributes, MACHINE_ATTRIBUTES, machineAttributes } from "../../protocol/ads.ts";
import { type JobSpec, jobSpecSchema } from "../../protocol/api.ts";
import { toAddress, toCid } from "../../protocol/ids.ts";
import { jobHash } from "../../protocol/job.ts";
import { parseAs } from "../../protocol/parse.ts";

const who = toAddress(`0x${"ab".repeat(20)}`);
const relayKnows = { worker: who, owner: who, pool: who, score: 3, credibility: 0.98765, sessionAgeSeconds: 1000 };
const oldAd: Ad = { engines: ["wasm"], cores: 4, hidden: false, peers: true };
const fullAd: Required<Ad> = {
  engines: ["wgsl", "wasm"],
  cores: 8,
  adapter: {
    vendor: "nvidia",
    architecture: "ampere",
    isFallback: false,
    maxBufferBytes: 2 ** 31,
    maxStorageBindingBytes: 2 ** 30,
    workgroupBytes: 32768,
    workgroupInvocations: 1024,
    storageBuffers: 10,
    features: ["shader-f16"],
  },
  hidden: false,
  peers: true,
  numericClass: "c1a55",
  gflops: { f32: 12345.6, i32: 6001, wasm: 1.234 },
  memoryMiB: 8192,
  downMbps: 10,
  onBattery: false,
  region: "EU",
};
const spec: JobSpec = {
  app: toCid("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"),
  params: { seed: 7, scale: 0.5 },
  inputs: [],
  items: 1000,
  itemsPerTask: 10,
  law: "poco",
  trust: 2,
  replicas: 2,
};
const fullSpec: Required<JobSpec> = {
  ...spec,
  requirements: "HasWgsl && GflopsF32 > 100",
  rank: "Score",
  preference: "fastest",
  category: "S",
  minScore: 5,
  deadlineSeconds: 3600,
  completion: 0.9,
  part: { firstTask: 20, tasks: 30 },
};

/** Names in the first column of the table under a heading of docs/matchmaking.md. */
function documented(heading: string): string[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/matchmaking.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith(heading))!;
  return [...section.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]!);
}

describe("a machine's ad", () => {
  it("is accepted from pages that know nothing of its newer parts", () => {
    expect(parseAs(adSchema, oldAd)).toEqual(oldAd);
  });

  it("is accepted with everything in it", () => {
    expect(parseAs(adSchema, fullAd)).toEqual(fullAd);
  });

  const refused: [string, object][] = [
    ["a part nobody knows", { colour: "red" }],
    ["a rate that is no number", { gflops: { f32: Number.NaN } }],
    ["a rate beyond any machine", { gflops: { wasm: 1e7 } }],
    ["a negative bandwidth", { downMbps: -1 }],
    ["a region that is an essay", { region: "x".repeat(41) }],
    ["a class that is an essay", { numericClass: "x".repeat(81) }],
  ];
  for (const [what, change] of refused)
    it(`is refused with ${what}`, () => {
      expect(() => parseAs(adSchema, { ...oldAd, ...change })).toThrow();
    });

  it("becomes the attributes that are documented, and no others", () => {
    expect(Object.keys(machineAttributes(fullAd, relayKnows)).sort()).toEqual(
      documented("A machine's attributes").sort(),
    );
    expect([...MACHINE_ATTRIBUTES].sort()).toEqual(documented("A machine's attributes").sort());
  });

  it("leaves out what the machine does not tell", () => {
    const attributes = machineAttributes(oldAd, relayKnows);
    expect(Object.keys(attributes)).not.toContain("OnBattery");
    expect(Object.keys(attributes)).not.toContain("GpuVendor");
    expect(Object.values(attributes)).not.toContain(undefined);
  });

  it("puts machines that hardly differ into one class", () => {
    const other = { ...fullAd, gflops: { f32: 12401, i32: 5960, wasm: 1.19 } };
    expect(machineAttributes(other, { ...relayKnows, sessionAgeSeconds: 3599 })).toEqual(
      machineAttributes(fullAd, { ...relayKnows, sessionAgeSeconds: 900 }),
    );
  });
});

describe("a job's spec", () => {
  it("becomes the attributes that are documented, and no others", () => {
    const job = {
      spec: fullSpec,
      engine: "wgsl",
      requester: who,
      name: "squares",
      priceWei: 10n ** 16n,
    } as const;
    const attributes = jobAttributes(job);
    expect(Object.keys(attributes).sort()).toEqual(documented("A job's attributes").sort());
  });

  it("keeps the hash it always had if it uses nothing new, said or unsaid", () => {
    const before = "0x210ae76879cf94a6c841cbf39d9dfa179e0f608a10bbd9a87462084a29591cf0";
    expect(jobHash(spec)).toBe(before);
    expect(jobHash(parseAs(jobSpecSchema, spec))).toBe(before);
    expect(jobHash({ ...spec, requirements: undefined, completion: undefined })).toBe(before);
  });

  it("binds everything new that it uses", () => {
    const hashes = new Set([jobHash(spec)]);
    const added = ["requirements", "rank", "preference", "minScore", "deadlineSeconds", "completion"] as const;
    for (const name of added) hashes.add(jobHash({ ...spec, [name]: fullSpec[name] }));
    expect(hashes.size).toBe(added.length + 1);
  });

  const refused: [string, object][] = [
    ["requirements of more than 2 KiB", { requirements: "é".repeat(1025) }],
    ["an unknown preset", { preference: "best" }],
    ["weights that are all 0", { preference: { cost: 0 } }],
    ["an unknown criterion", { preference: { beauty: 1 } }],
    ["certainty above 1", { completion: 1.01 }],
    ["a deadline beyond 30 days", { deadlineSeconds: 31 * 24 * 3600 }],
  ];
  for (const [what, change] of refused)
    it(`is refused with ${what}`, () => {
      expect(() => parseAs(jobSpecSchema, { ...spec, ...change })).toThrow();
      expect(parseAs(jobSpecSchema, fullSpec)).toEqual(fullSpec);
    });
});
