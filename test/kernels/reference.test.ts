import { describe, expect, test } from "vitest";
import { agreement } from "../../kernels/agreement.ts";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Bound } from "../../kernels/execute/program.ts";
import { type Manifest, parseManifest, parseParams } from "../../kernels/kernel.ts";
import { loadReference } from "../../kernels/load.ts";
import {
  F32_ITEM_OPS,
  F32_ROUNDS,
  f32Manifest,
  I32_ITEM_OPS,
  I32_ROUNDS,
  i32Manifest,
  WASM_ITEM_OPS,
  WASM_ROUNDS,
  wasmManifest,
} from "../../kernels/reference/manifests.ts";
import { measureGpu, measureWasm, speedOf } from "../../kernels/reference/measure.ts";
import { type Counted, referenceF32, referenceI32, referenceWasm } from "../../kernels/reference/reference.ts";
import { openGpu } from "./openGpu.ts";

const code = await loadReference();
const device = await openGpu();
const params = (manifest: Manifest) => parseParams(manifest, {});
const { scale, factor } = params(wasmManifest) as { scale: number; factor: number };

/** More than a dispatch holds, so that the second one's items are there too. */
const BEYOND_ONE_DISPATCH = 16_384 + 1;

const kernels: {
  name: string;
  manifest: Manifest;
  load: () => Promise<Bound>;
  itemOps: number;
  reference: (item: number) => Counted;
  read: (output: Uint8Array<ArrayBuffer>) => ArrayLike<number>;
  write: (values: number[]) => Uint8Array;
}[] = [
  {
    name: "f32",
    manifest: f32Manifest,
    load: async () => (await loadWgsl(device, f32Manifest, code.f32)).bind(params(f32Manifest), []),
    itemOps: F32_ITEM_OPS,
    reference: (item) => referenceF32(item, scale),
    read: (output) => new Float32Array(output.buffer),
    write: (values) => new Uint8Array(Float32Array.from(values).buffer),
  },
  {
    name: "i32",
    manifest: i32Manifest,
    load: async () => (await loadWgsl(device, i32Manifest, code.i32)).bind(params(i32Manifest), []),
    itemOps: I32_ITEM_OPS,
    reference: (item) => referenceI32(item, factor),
    read: (output) => new Uint32Array(output.buffer),
    write: (values) => new Uint8Array(Uint32Array.from(values).buffer),
  },
  {
    name: "wasm",
    manifest: wasmManifest,
    load: async () => (await loadWasm(wasmManifest, code.wasm)).bind(params(wasmManifest), []),
    itemOps: WASM_ITEM_OPS,
    reference: (item) => referenceWasm(item, scale, factor),
    read: (output) => new Float64Array(output.buffer),
    write: (values) => new Uint8Array(Float64Array.from(values).buffer),
  },
];

describe.each(kernels)(
  "the reference kernel for $name",
  ({ name, manifest, load, itemOps, reference, read, write }) => {
    test("does as many operations as are counted for it", () => {
      for (const item of [0, 1, 1023, 70_000]) expect(reference(item).operations).toBe(itemOps);
    });

    test("computes what the plain reference computes, in any range", async () => {
      const bound = await load();
      for (const { first, count } of [
        { first: 0, count: 5 },
        { first: 1020, count: 70 },
      ]) {
        const expected = write(Array.from({ length: count }, (_, i) => reference(first + i).value));
        const { compare, output } = manifest;
        expect(agreement(compare, output.type, await bound.run({ first, count }), expected)).toBe(true);
      }
      bound.dispose();
    });

    test("keeps to a manifest that parses", () => {
      expect(() => parseManifest(JSON.parse(JSON.stringify(manifest)))).not.toThrow();
    });

    test.runIf(name !== "wasm")("computes the items of a second dispatch", async () => {
      const bound = await load();
      const items = read(await bound.run({ first: 0, count: BEYOND_ONE_DISPATCH }));
      const last = BEYOND_ONE_DISPATCH - 1;
      const [found, expected] = [items[last]!, reference(last).value];
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-5 * Math.abs(expected));
      bound.dispose();
    });
  },
);

test("the shaders loop as often as their counts say", () => {
  expect(code.f32).toContain(`const ROUNDS = ${F32_ROUNDS}u;`);
  expect(code.i32).toContain(`const ROUNDS = ${I32_ROUNDS}u;`);
  expect(WASM_ITEM_OPS).toBe(16 * WASM_ROUNDS + 5);
});

describe("measuring", () => {
  test("tells the three speeds of this machine", async () => {
    const speeds = { ...(await measureGpu(device, code)), ...(await measureWasm(code.wasm)) };
    expect(Object.keys(speeds).sort()).toEqual(["f32", "i32", "wasm"]);
    for (const speed of Object.values(speeds)) {
      expect(speed).toBeGreaterThan(0);
      expect(speed).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  /** A machine of so many Gop/s whose runs take `delayMs` more, and are known to be over at multiples of `pollMs`. */
  function machine(gops: number, { delayMs = 0, pollMs = 0 } = {}) {
    let nowMs = 0;
    let runs = 0;
    const bound = {
      async run({ count }: { count: number }) {
        runs++;
        const endMs = nowMs + delayMs + (count * F32_ITEM_OPS) / gops / 1e6;
        nowMs = pollMs > 0 ? Math.ceil(endMs / pollMs) * pollMs : endMs;
        return new Uint8Array();
      },
    };
    return { bound, nowMs: () => nowMs, runs: () => runs };
  }

  test("finds any machine's speed, in little time", async () => {
    for (const gops of [0.5, 6, 100, 1000, 20_000]) {
      const { bound, nowMs, runs } = machine(gops);
      expect((await speedOf(bound, F32_ITEM_OPS, 64, { nowMs })) / gops).toBeCloseTo(1, 6);
      expect(runs()).toBeLessThan(16);
      if (gops >= 6) expect(nowMs()).toBeLessThan(150);
    }
  });

  test("takes off what every run takes", async () => {
    for (const gops of [6, 100, 1000]) {
      const { bound, nowMs } = machine(gops, { delayMs: 30 });
      expect((await speedOf(bound, F32_ITEM_OPS, 64, { nowMs })) / gops).toBeCloseTo(1, 6);
    }
  });

  test("is not fooled by a browser that looks only every 100 ms whether a run is over", async () => {
    for (const gops of [1, 3, 10, 30, 100, 300]) {
      const { bound, nowMs } = machine(gops, { pollMs: 100 });
      const found = await speedOf(bound, F32_ITEM_OPS, 64, { nowMs });
      expect(found / gops).toBeGreaterThan(0.5);
      expect(found / gops).toBeLessThan(2);
      expect(nowMs()).toBeLessThan(3000);
    }
    // Too fast to be told from infinitely fast: a figure that is certainly reached.
    const { bound, nowMs } = machine(20_000, { pollMs: 100 });
    expect(await speedOf(bound, F32_ITEM_OPS, 64, { nowMs })).toBeCloseTo((2 ** 18 * F32_ITEM_OPS) / 100 / 1e6, 6);
  });

  test("rests between runs as it is told", async () => {
    const busy: number[] = [];
    let resting = false;
    const pace = async (busyMs: number) => {
      expect(resting).toBe(false);
      resting = true;
      busy.push(busyMs);
      await Promise.resolve();
      resting = false;
    };
    // A clock moved by looking at it alone: runs take 2 ms, 8 ms, 32 ms …
    let ms = 1;
    await measureWasm(code.wasm, { pace, nowMs: () => (ms *= 2) });
    expect(busy.length).toBeGreaterThan(2);
    expect(busy).toEqual(busy.map((_, run) => 2 * 4 ** run));
  });

  test("leaves out what a broken kernel would have told, and says why", async () => {
    const failures: string[] = [];
    const failed = (why: string) => failures.push(why);
    const speeds = await measureGpu(device, { ...code, f32: "this is no shader" }, { failed });
    expect(Object.keys(speeds)).toEqual(["i32"]);
    expect(failures).toEqual(["kernel-compile"]);
    expect(await measureWasm(new Uint8Array([1, 2, 3]), { failed })).toEqual({});
    expect(failures).toEqual(["kernel-compile", "kernel-compile"]);
  });

  test("tells nothing of a lost device, and does not fail", async () => {
    const lost = await openGpu();
    lost.destroy();
    const failures: string[] = [];
    const failed = (why: string) => failures.push(why);
    expect(await measureGpu(lost, code, { failed })).toEqual({});
    expect(failures).toEqual(["device-lost", "device-lost"]);
  });
});
