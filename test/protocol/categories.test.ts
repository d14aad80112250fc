import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JobSpec, jobSpecSchema } from "../../protocol/api.ts";
import {
  CATEGORIES,
  categoryOf,
  type Engine,
  limitsOf,
  type Measured,
  machineFactor,
  priceRange,
  REFERENCE_SPEEDS,
} from "../../protocol/categories.ts";
import { jobHash } from "../../protocol/job.ts";
import { parseAs } from "../../protocol/parse.ts";

const job = (change: Partial<Measured> = {}): Measured => ({
  engine: "wasm",
  referenceSeconds: 1,
  memoryBytes: 1,
  dataBytes: 1,
  ...change,
});
const engine = fc.constantFrom<Engine>("wasm", "wgsl");
const rank = (measured: Measured) => CATEGORIES.indexOf(categoryOf(measured));

describe("a category", () => {
  test("reaches up to its limits and not beyond them", () => {
    for (const engine of ["wasm", "wgsl"] as const)
      for (const [i, category] of CATEGORIES.entries()) {
        const { seconds, memoryBytes, dataBytes } = limitsOf(category, engine);
        const atLimits = job({ engine, referenceSeconds: seconds, memoryBytes, dataBytes });
        expect(categoryOf(atLimits)).toBe(category);
        const beyond = [
          { referenceSeconds: seconds * (1 + 1e-9) },
          { memoryBytes: memoryBytes + 1 },
          { dataBytes: dataBytes + 1 },
        ];
        for (const more of beyond) {
          if (category === "XL") expect(() => categoryOf({ ...atLimits, ...more })).toThrow("category XL ends at");
          else expect(categoryOf({ ...atLimits, ...more })).toBe(CATEGORIES[i + 1]);
        }
      }
    expect(CATEGORIES.map((category) => limitsOf(category, "wasm").seconds)).toEqual([
      30, 300, 1200, 3600, 10_800, 36_000,
    ]);
  });

  test("never shrinks when a job grows", () => {
    const size = fc.record({
      engine,
      referenceSeconds: fc.double({ min: 0, max: 36_000, noNaN: true }),
      memoryBytes: fc.nat(2 ** 31),
      dataBytes: fc.double({ min: 0, max: 18e9, noNaN: true }),
    });
    fc.assert(
      fc.property(
        size,
        fc.constantFrom("referenceSeconds", "memoryBytes", "dataBytes"),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (large, part, share) => {
          expect(rank({ ...large, [part]: (large[part as keyof Measured] as number) * share })).toBeLessThanOrEqual(
            rank(large),
          );
        },
      ),
    );
  });

  test("is refused for what is no size", () => {
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY])
      expect(() => categoryOf(job({ referenceSeconds: wrong }))).toThrow(
        `referenceSeconds: expected a number of at least 0, found ${wrong}`,
      );
  });

  test("costs what lies between the one before it and its end", () => {
    expect(priceRange("XXS", 10n)).toEqual({ leastWei: 0n, mostWei: 300n });
    expect(priceRange("XS", 10n)).toEqual({ leastWei: 300n, mostWei: 3000n });
    for (const [i, category] of CATEGORIES.entries())
      if (i > 0) expect(priceRange(category, 7n).leastWei).toBe(priceRange(CATEGORIES[i - 1]!, 7n).mostWei);
  });
});

describe("a machine", () => {
  test("like the reference counts a second as a second, and one twice as fast as two", () => {
    for (const engine of ["wasm", "wgsl"] as const) {
      expect(machineFactor(engine, REFERENCE_SPEEDS)).toBe(1);
      expect(machineFactor(engine, { wasm: 20, f32: 2000, i32: 1000 })).toBe(2);
    }
  });

  test("is as fast as the slower of its GPU's speeds, and not measured if there is none", () => {
    expect(machineFactor("wgsl", { f32: 60_000, i32: 1000 })).toBe(2);
    expect(machineFactor("wgsl", { f32: 3000 })).toBe(3);
    expect(machineFactor("wgsl", { wasm: 5 })).toBeUndefined();
    expect(machineFactor("wasm", { f32: 5, wasm: 0 })).toBeUndefined();
  });
});

describe("a job's spec", () => {
  const spec: JobSpec = {
    app: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    params: {},
    inputs: [],
    items: 1,
    itemsPerTask: 1,
    law: "poco",
    trust: 2,
    replicas: 2,
  } as unknown as JobSpec;

  test("that names no category is hashed as it was before there were any", () => {
    // Computed by the version before categories.
    expect(jobHash(spec)).toBe("0xfbcc3d6bd57029c76c44dc3ea8ac498e82807c6f6de31ab94f4a8bd8f64dd47b");
    expect(jobHash({ ...spec, category: undefined })).toBe(jobHash(spec));
    expect(jobHash({ ...spec, category: "S" })).not.toBe(jobHash(spec));
  });

  test("names one that there is", () => {
    expect(parseAs(jobSpecSchema, { ...spec, category: "XL" }).category).toBe("XL");
    expect(() => parseAs(jobSpecSchema, { ...spec, category: "XXL" })).toThrow("category");
  });
});
