import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../../client/cli/categorize.ts";
import type { Machine } from "../../../client/cli/measure.ts";
import { timeItems } from "../../../client/cli/timeItems.ts";
import type { Bound, Range } from "../../../kernels/execute/program.ts";
import { limitsOf } from "../../../protocol/categories.ts";
import { SuperEdgeError } from "../../../protocol/errors.ts";
import { compileSquares, squares } from "../../relay/squares.ts";

const main = join(import.meta.dirname, "../../../tools/cli/main.ts");
const run = promisify(execFile);

async function categorize(...args: string[]): Promise<string> {
  return (await run(process.execPath, [main, "categorize", ...args])).stdout;
}
async function refusal(...args: string[]): Promise<{ status: number; said: string }> {
  try {
    await run(process.execPath, [main, "categorize", ...args]);
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { status: code, said: stderr.trim() };
  }
  throw new Error("expected a refusal, found none");
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "superedge-app-"));
  await writeFile(join(folder, "manifest.json"), JSON.stringify(squares));
  await writeFile(join(folder, "kernel.wasm"), await compileSquares());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("superedge categorize", () => {
  test("measures a built-in app on its sample and names its category", async () => {
    const report = JSON.parse(await categorize("option-pricing", "--json")) as Report;
    expect(report).toMatchObject({
      app: { name: "option-pricing", engine: "wasm" },
      items: 64,
      category: "XXS",
      limits: { seconds: 30 },
      size: { memoryBytes: 2 ** 24, outputBytes: 64 * 8 * 264 },
    });
    const { sample, factor, referenceSeconds, speeds, price } = report;
    expect(referenceSeconds).toBeCloseTo((64 * sample.seconds * factor) / sample.items, 6);
    expect(factor).toBeCloseTo(speeds.wasm! / 10, 6);
    // Some 1.6 s on the reference machine; this machine may be anything within a factor of ten.
    expect(referenceSeconds).toBeGreaterThan(0.16);
    expect(referenceSeconds).toBeLessThan(16);
    expect(Number(price.estimate) / 1e16).toBeCloseTo(referenceSeconds, 4);
    expect(price.most).toBe(String(30n * 10n ** 16n));
  });

  test("says the same in words, with the job's own parameters and price", async () => {
    const text = await categorize("option-pricing", "--params", '{"paths": 16384, "style": 0}', "--price", "2");
    expect(text).toMatch(/^Option pricing \(option-pricing 1\.0\.0\), wasm, 4 items\n/);
    expect(text).toMatch(/work +[\d.e-]+ reference seconds/);
    expect(text).toMatch(/category +XXS \(up to 30 reference seconds, 64 MiB a task, 15 MiB of data\)/);
    expect(text).toContain("category XXS: 0 to 60 ECT");
    expect(text).toContain("at 2 ECT a reference second");
  });

  test("measures a part, and says what the whole will be", async () => {
    const ask = ["option-pricing", "--params", '{"paths": 8192, "style": 0}', "--json"];
    const part = JSON.parse(await categorize(...ask)) as Report;
    const whole = JSON.parse(await categorize(...ask, "--items", "20000")) as Report;
    expect([part.items, whole.items, whole.sample.items]).toEqual([2, 20_000, 2]);
    expect(whole.size.outputBytes).toBe(10_000 * part.size.outputBytes);
    expect(whole.referenceSeconds / part.referenceSeconds / 10_000).toBeGreaterThan(0.1);
    expect(whole.referenceSeconds / part.referenceSeconds / 10_000).toBeLessThan(10);
  });

  test("measures somebody's own app from its folder, and sizes its tasks", async () => {
    const ask = [folder, "--params", '{"offset": 3}', "--json"];
    const report = JSON.parse(await categorize(...ask, "--items", "1000000")) as Report;
    expect(report).toMatchObject({ app: { name: "squares" }, items: 1e6, category: "XXS" });
    expect(report.itemsPerTask).toBeGreaterThan(1000);
    const { category, limits, size } = JSON.parse(await categorize(...ask, "--items", "200000000")) as Report;
    // 800 MB of output: its time would be XXS, its data is that of M.
    expect(category).toBe("M");
    expect(size.outputBytes).toBeLessThanOrEqual(limits.dataBytes);
    expect(size.outputBytes).toBeGreaterThan(limitsOf("S", "wasm").dataBytes);
  });

  test("says what is wrong, in one line", async () => {
    const manifest = join(folder, "manifest.json");
    const broken = join(folder, "broken.json");
    await writeFile(broken, "{");
    const cases: [string[], number, string][] = [
      [[], 2, "expected one app, found 0"],
      [["nothing-here"], 2, "or one of protein-search, render, option-pricing; found no nothing-here"],
      [["kernels/render"], 2, "the built-in app is called by its name, render"],
      [[manifest], 2, "expected --items N"],
      [[manifest, "--items", "0"], 2, "--items: expected a whole number of at least 1, found 0"],
      [[manifest, "--items", "8", "--input", manifest], 2, "the app reads nothing, found one more"],
      [[manifest, "--items", "8", "--code", "no.wasm"], 2, "expected the kernel's code in no.wasm, found none"],
      [[manifest, "--items", "8", "--code", manifest], 1, "expected magic word"],
      [[manifest, "--items", "8", "--params", "offset=3"], 2, "--params: expected a JSON object"],
      [[manifest, "--items", "8", "--params", '{"offset": -1}'], 1, "params.offset: expected u32, found -1"],
      [[manifest, "--items", "8", "--price", "cheap"], 2, "--price: expected an amount of ECT like 0.01, found cheap"],
      [[manifest, "--items", "4294967296"], 1, "--items: expected at most 4294967295"],
      [[broken], 1, "broken.json: expected JSON"],
      [["option-pricing", "--input", "prices=gone.csv"], 2, "gone.csv: expected a file (ENOENT)"],
      [["render", "--params", '{"samples": 0}'], 1, "params.samples: expected 16 to 65536, found 0"],
    ];
    for (const [args, status, words] of cases) {
      const found = await refusal(...args);
      expect(found.said, args.join(" ")).toContain(words);
      expect(found, args.join(" ")).toMatchObject({ status });
      expect(found.said.split("\n"), args.join(" ")).toHaveLength(1);
    }
  });
});

test("superedge measure tells this machine's speeds, factors and class", async () => {
  const { stdout } = await run(process.execPath, [main, "measure", "--json"]);
  const { speeds, factors, numericClass } = JSON.parse(stdout) as Machine;
  for (const kind of ["wasm", "f32", "i32"] as const) expect(speeds[kind]).toBeGreaterThan(0.001);
  expect(factors.wasm).toBeCloseTo(speeds.wasm! / 10, 9);
  expect(factors.wgsl).toBeCloseTo(Math.min(speeds.f32! / 1000, speeds.i32! / 500), 9);
  expect(numericClass).toMatch(/^dawn-node-[0-9a-f]{16}$/);
  const words = (await run(process.execPath, [main, "measure"])).stdout;
  expect(words).toMatch(/^one core +[\d.]+ Gop\/s \(the reference machine: 10\), [\d.]+ reference seconds a second\n/);
});

describe("timing a job's items", () => {
  /** Item i takes `itemMs(i)` of the clock; more than `most` at once are refused. */
  function stage(itemMs: (item: number) => number, most = Number.POSITIVE_INFINITY) {
    let nowMs = 0;
    const ranges: Range[] = [];
    const bound: Bound = {
      async run({ first, count }) {
        if (count > most) throw new SuperEdgeError("kernel-memory", "too many items");
        ranges.push({ first, count });
        for (let item = first; item < first + count; item++) nowMs += itemMs(item);
        return new Uint8Array();
      },
      dispose() {},
    };
    return { bound, ranges, nowMs: () => nowMs };
  }

  test("finds what an item takes, however long the job and its ranges", async () => {
    const sizes = fc.record({
      items: fc.integer({ min: 1, max: 5000 }),
      fewest: fc.integer({ min: 1, max: 100 }),
      most: fc.integer({ min: 1, max: 5000 }),
      itemMs: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ items, fewest, most, itemMs }) => {
        const { bound, ranges, nowMs } = stage(() => itemMs);
        const timed = await timeItems(bound, { items, fewest, most, nowMs });
        expect((1000 * timed.seconds) / timed.items / itemMs).toBeCloseTo(1, 6);
        for (const { first, count } of ranges) {
          expect(count).toBeLessThanOrEqual(most);
          expect(first + count).toBeLessThanOrEqual(items);
        }
      }),
    );
  });

  test("looks all over a job whose items grow", async () => {
    const { bound, nowMs } = stage((item) => item / 100);
    const timed = await timeItems(bound, { items: 10_000, fewest: 1, most: 10_000, nowMs });
    expect((1000 * timed.seconds) / timed.items).toBeGreaterThan(50 * 0.8);
    expect((1000 * timed.seconds) / timed.items).toBeLessThan(50 * 1.2);
  });

  test("keeps to ranges that the kernel has memory for", async () => {
    const { bound, ranges, nowMs } = stage(() => 1, 50);
    const timed = await timeItems(bound, { items: 10_000, fewest: 1, most: 10_000, nowMs });
    expect(timed.seconds / timed.items).toBeCloseTo(0.001, 9);
    expect(Math.max(...ranges.map(({ count }) => count))).toBe(32);
  });
});
