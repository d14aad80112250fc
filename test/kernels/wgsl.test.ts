import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Control } from "../../kernels/execute/program.ts";
import { parseManifest, type WgslManifest } from "../../kernels/kernel.ts";
import { bitonicSort, prefixSum, reduction } from "./foreignShaders.ts";
import { input, param, wasmManifest, wgslManifest } from "./manifests.ts";
import { openGpu } from "./openGpu.ts";

const device = await openGpu();

const bytesOf = (numbers: ArrayLike<number>) => new Uint8Array(Uint32Array.from(numbers).buffer);
const wordsOf = (bytes: Uint8Array<ArrayBuffer>) => [...new Uint32Array(bytes.buffer)];

async function runOnce(
  manifest: WgslManifest,
  code: string,
  { inputs = [], params = {}, first = 0, count = 1, control = {} as Control, on = device } = {},
) {
  const program = await loadWgsl(on, parseManifest(manifest), code);
  const bound = await program.bind(params, inputs);
  try {
    return await bound.run({ first, count }, control);
  } finally {
    bound.dispose();
    program.dispose();
  }
}

describe("a shader written elsewhere runs unmodified:", () => {
  const numbers = fc.uint32Array({ minLength: 1, maxLength: 3000 });
  const properties = { numRuns: 15 };

  test("a reduction in two entry points", async () => {
    const manifest = wgslManifest(
      {
        buffers: [{ name: "partial", bytes: "4 * ceil(bytes_numbers / 4 / 256)" }],
        bindings: [
          { group: 0, binding: 0, kind: "read-only-storage", source: { input: "numbers" } },
          { group: 0, binding: 1, kind: "storage", source: { buffer: "partial" } },
          { group: 1, binding: 0, kind: "storage", source: { output: true } },
        ],
        passes: [
          { entryPoint: "reduce", workgroups: ["ceil(bytes_numbers / 4 / 256)", 1, 1] },
          { entryPoint: "finish", workgroups: [1, 1, 1] },
        ],
      },
      { inputs: [input("numbers")] },
    );
    const program = await loadWgsl(device, parseManifest(manifest), reduction);
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const bound = await program.bind({}, [bytesOf(values)]);
        const sum = values.reduce((total, value) => (total + value) >>> 0, 0);
        expect(wordsOf(await bound.run({ first: 0, count: 1 }))).toEqual([sum]);
        bound.dispose();
      }),
      properties,
    );
  });

  test("a prefix sum whose buffers change places", async () => {
    const ends = (source: "here" | "there", destination: "here" | "there") =>
      [
        { group: 0, binding: 0, kind: "uniform", source: { uniform: "params" } },
        { group: 0, binding: 1, kind: "read-only-storage", source: { buffer: source } },
        { group: 0, binding: 2, kind: "storage", source: { buffer: destination } },
      ] as const;
    const workgroups: [string, number, number] = ["ceil(items / 64)", 1, 1];
    const manifest = wgslManifest(
      {
        buffers: [
          { name: "here", bytes: "4 * items", from: { input: "numbers", offset: 0 } },
          { name: "there", bytes: "4 * items" },
        ],
        // Two passes a round, so that the sums are back where they began; log4 of the length is rounds enough.
        uniforms: [
          {
            name: "params",
            fields: [
              { type: "u32", value: "pow2(2 * round)" },
              { type: "u32", value: "items" },
            ],
          },
          {
            name: "doubled",
            fields: [
              { type: "u32", value: "2 * pow2(2 * round)" },
              { type: "u32", value: "items" },
            ],
          },
          {
            name: "none",
            fields: [
              { type: "u32", value: "pow2(31)" },
              { type: "u32", value: "items" },
            ],
          },
        ],
        passes: [
          {
            rounds: "floor(log2(max(items - 1, 1)) / 2) + 1",
            passes: [
              { entryPoint: "main", workgroups, bindings: [...ends("here", "there")] },
              {
                entryPoint: "main",
                workgroups,
                bindings: [
                  { group: 0, binding: 0, kind: "uniform", source: { uniform: "doubled" } },
                  ...ends("there", "here").slice(1),
                ],
              },
            ],
          },
          {
            entryPoint: "main",
            workgroups,
            bindings: [
              { group: 0, binding: 0, kind: "uniform", source: { uniform: "none" } },
              { group: 0, binding: 1, kind: "read-only-storage", source: { buffer: "here" } },
              { group: 0, binding: 2, kind: "storage", source: { output: true } },
            ],
          },
        ],
      },
      { inputs: [input("numbers")] },
    );
    const program = await loadWgsl(device, parseManifest(manifest), prefixSum);
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const bound = await program.bind({}, [bytesOf(values)]);
        let sum = 0;
        const sums = [...values].map((value) => (sum = (sum + value) >>> 0));
        expect(wordsOf(await bound.run({ first: 0, count: values.length }))).toEqual(sums);
        bound.dispose();
      }),
      properties,
    );
  });

  test("a sort in place, with a pipeline constant", async () => {
    const manifest = wgslManifest(
      {
        uniforms: [
          {
            name: "step",
            fields: [
              { type: "u32", value: "pow2(round + 1)" },
              { type: "u32", value: "pow2(round - step)" },
            ],
          },
        ],
        bindings: [
          { group: 0, binding: 0, kind: "uniform", source: { uniform: "step" } },
          { group: 0, binding: 1, kind: "storage", source: { output: true } },
        ],
        passes: [
          {
            rounds: "log2(items)",
            passes: [
              {
                entryPoint: "sort",
                workgroups: ["ceil(items / 32)", 1, 1],
                repeat: "round + 1",
                constants: { workgroup_size: "group" },
              },
            ],
          },
        ],
        outputFrom: { input: "keys", offset: "4 * first" },
      },
      { inputs: [input("keys")], params: [param("group", 32)] },
    );
    const program = await loadWgsl(device, parseManifest(manifest), bitonicSort);
    const keys = fc.nat(9).chain((log) => fc.uint32Array({ minLength: 2 ** log, maxLength: 2 ** log }));
    await fc.assert(
      fc.asyncProperty(keys, async (values) => {
        const bound = await program.bind({ group: 32 }, [bytesOf([7, ...values])]);
        const output = wordsOf(await bound.run({ first: 1, count: values.length }));
        expect(output).toEqual([...values].sort((a, b) => a - b));
        bound.dispose();
      }),
      properties,
    );
  });
});

/** Doubles what it finds at the item's place, `step` times over; `work` lengthens each step. */
const doubling = /* wgsl */ `
struct Task { first: u32, items: u32, step: u32, work: u32 }
@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> numbers: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= task.items) { return; }
  if (task.step == 0u) { result[id.x] = numbers[task.first + id.x]; }
  var wasted = id.x;
  for (var i = 0u; i < task.work; i++) { wasted = wasted * 1664525u + 1013904223u; }
  result[id.x] = result[id.x] * 2u + select(0u, 1u, wasted == 1u && task.work == 1u);
}
`;
const doublingManifest = wgslManifest(
  {
    uniforms: [
      {
        name: "task",
        fields: (["first", "items", "step", "work"] as const).map((value) => ({ type: "u32", value })),
      },
    ],
    bindings: [
      { group: 0, binding: 0, kind: "uniform", source: { uniform: "task" } },
      { group: 0, binding: 1, kind: "read-only-storage", source: { input: "numbers" } },
      { group: 0, binding: 2, kind: "storage", source: { output: true } },
    ],
    passes: [{ entryPoint: "main", workgroups: ["ceil(items / 64)", 1, 1], repeat: "times" }],
  },
  { inputs: [input("numbers")], params: [param("times", 3), param("work", 0)] },
);
const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

describe("a bound job", () => {
  test("computes any range of its items, in any order", async () => {
    const program = await loadWgsl(device, doublingManifest, doubling);
    const bound = await program.bind({ times: 3 }, [bytesOf(hundred)]);
    const range = fc
      .nat(99)
      .chain((first) => fc.record({ first: fc.constant(first), count: fc.integer({ min: 1, max: 100 - first }) }));
    await fc.assert(
      fc.asyncProperty(range, async ({ first, count }) => {
        const output = await bound.run({ first, count });
        expect(wordsOf(output)).toEqual(hundred.slice(first, first + count).map((value) => 8 * value));
      }),
      { numRuns: 30 },
    );
    bound.dispose();
  });

  test("keeps tasks apart that are started together", async () => {
    const program = await loadWgsl(device, doublingManifest, doubling);
    const bound = await program.bind({ times: 1 }, [bytesOf(hundred)]);
    const outputs = await Promise.all(hundred.map((_, first) => bound.run({ first, count: 1 })));
    expect(outputs.map((output) => wordsOf(output)[0])).toEqual(hundred.map((value) => 2 * value));
    bound.dispose();
  });

  test("takes inputs of any length in bytes", async () => {
    const output = await runOnce(doublingManifest, doubling, {
      inputs: [bytesOf([5, 6]).subarray(0, 7)] as never[],
      params: { times: 1 },
      count: 2,
    });
    expect(wordsOf(output)).toEqual([10, 12]);
  });

  test("is rested by the pace between pieces, after telling how long it was busy", async () => {
    const rests: number[] = [];
    let resting = false;
    const pace = async (busyMs: number) => {
      expect(resting).toBe(false);
      resting = true;
      rests.push(busyMs);
      await new Promise((resolve) => setImmediate(resolve));
      resting = false;
    };
    const start = performance.now();
    const output = await runOnce(doublingManifest, doubling, {
      inputs: [bytesOf(hundred)] as never[],
      params: { times: 40, work: 20_000 },
      count: 100,
      control: { pace },
    });
    const wholeMs = performance.now() - start;
    expect(output.length).toBe(400);
    expect(rests.length).toBeGreaterThan(1);
    expect(Math.min(...rests)).toBeGreaterThanOrEqual(0);
    expect(rests.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(wholeMs);
  });

  test("puts many short dispatches into one piece", async () => {
    let pieces = 0;
    await runOnce(doublingManifest, doubling, {
      inputs: [bytesOf(hundred)] as never[],
      params: { times: 2000 },
      count: 1,
      control: {
        pace: () => {
          pieces++;
          return undefined;
        },
      },
    });
    expect(pieces).toBeLessThan(500);
  });

  test("stops between pieces when asked, and can be used again", async () => {
    const program = await loadWgsl(device, doublingManifest, doubling);
    const bound = await program.bind({ times: 1000, work: 50_000 }, [bytesOf(hundred)]);
    const stop = new AbortController();
    let pieces = 0;
    const pace = async () => {
      if (++pieces === 2) stop.abort(new Error("tab closed"));
    };
    await expect(bound.run({ first: 0, count: 100 }, { pace, signal: stop.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(pieces).toBeLessThan(10);
    bound.dispose();
    const again = await program.bind({ times: 1 }, [bytesOf(hundred)]);
    expect(wordsOf(await again.run({ first: 9, count: 1 }))).toEqual([20]);
    again.dispose();
  });

  test.each([
    [{ first: 0, count: 0 }],
    [{ first: -1, count: 1 }],
    [{ first: 0.5, count: 1 }],
    [{ first: 2 ** 32 - 1, count: 1 }],
    [{ first: 0, count: 2 ** 25 }],
  ])("refuses range %j", async (range) => {
    const program = await loadWgsl(device, doublingManifest, doubling);
    const bound = await program.bind({}, [bytesOf(hundred)]);
    await expect(bound.run(range)).rejects.toMatchObject({ code: "bad-job" });
    bound.dispose();
  });

  test("refuses parameters and inputs that the manifest does not have", async () => {
    const program = await loadWgsl(device, doublingManifest, doubling);
    await expect(program.bind({ other: 1 }, [bytesOf([1])])).rejects.toMatchObject({ code: "bad-job" });
    await expect(program.bind({}, [])).rejects.toThrow("expected 1 inputs, found 0");
    await expect(program.bind({}, [new Uint8Array(2 ** 20 + 1)])).rejects.toThrow("input numbers: expected at most");
  });
});

describe("a shader at fault is told:", () => {
  const single = (code: string) => ({
    manifest: wgslManifest({
      bindings: [{ group: 0, binding: 0, kind: "storage", source: { output: true } }],
      passes: [{ entryPoint: "main", workgroups: [1, 1, 1] }],
    }),
    code,
  });

  test("one that does not compile, with line and column", async () => {
    const { manifest, code } = single("@compute @workgroup_size(1)\nfn main() {\n  let x: u32 = 1.5;\n}\n");
    await expect(runOnce(manifest, code)).rejects.toMatchObject({
      code: "kernel-compile",
      message: expect.stringMatching(/^3:\d+ .*(convert|u32)/),
    });
  });

  test("one without the entry point", async () => {
    const { manifest, code } = single("@compute @workgroup_size(1) fn other() {}");
    await expect(runOnce(manifest, code)).rejects.toMatchObject({
      code: "kernel-compile",
      message: expect.stringContaining("entry point main"),
    });
  });

  test("one whose bindings are not the manifest's", async () => {
    const { manifest, code } = single(
      "@group(0) @binding(0) var<storage, read> x: array<u32>; @group(2) @binding(5) var<storage, read> y: array<u32>;" +
        "@compute @workgroup_size(1) fn main() { _ = x[0] + y[0]; }",
    );
    await expect(runOnce(manifest, code)).rejects.toMatchObject({ code: "kernel-compile" });
  });

  test("one that wants a larger output than the manifest gives", async () => {
    const { manifest, code } = single(
      "@group(0) @binding(0) var<storage, read_write> x: array<vec4u, 64>;" +
        "@compute @workgroup_size(1) fn main() { x[63] = vec4u(1); }",
    );
    await expect(runOnce(manifest, code)).rejects.toMatchObject({ code: "kernel-trap" });
  });

  test("one that wants more workgroups than there are", async () => {
    const { manifest, code } = single("@compute @workgroup_size(1) fn main() {}");
    manifest.wgsl.passes = [{ entryPoint: "main", workgroups: ["items * 65536", 1, 1] }];
    await expect(runOnce(manifest, code)).rejects.toMatchObject({
      code: "bad-job",
      message: expect.stringContaining("workgroups of main"),
    });
  });

  test("one that takes more memory than its manifest says", async () => {
    const { manifest, code } = single("@compute @workgroup_size(1) fn main() {}");
    manifest.wgsl.buffers = [{ name: "big", bytes: 1_000_000 }];
    manifest.memoryBytes = "8 * items + 1000";
    await expect(runOnce(manifest, code)).rejects.toMatchObject({
      code: "kernel-memory",
      message: "the manifest allows 1008 bytes, the buffers take 1000008",
    });
  });

  test("one that needs what the GPU has not", async () => {
    const { manifest, code } = single("@compute @workgroup_size(1) fn main() {}");
    const needs = { ...manifest, requirements: { limits: { maxComputeWorkgroupSizeX: 2 ** 20 } } };
    await expect(runOnce(needs, code)).rejects.toMatchObject({ code: "no-engine" });
  });

  test("a manifest of another engine", async () => {
    await expect(loadWgsl(device, wasmManifest(), "")).rejects.toMatchObject({ code: "bad-app" });
  });
});

test("every NaN of a float output is the same NaN", async () => {
  const manifest = wgslManifest(
    {
      bindings: [
        { group: 0, binding: 0, kind: "read-only-storage", source: { input: "bits" } },
        { group: 0, binding: 1, kind: "storage", source: { output: true } },
      ],
      passes: [{ entryPoint: "main", workgroups: ["items", 1, 1] }],
    },
    { inputs: [input("bits")], output: { type: "f32", itemBytes: 4 } },
  );
  const code = /* wgsl */ `
    @group(0) @binding(0) var<storage, read> bits: array<u32>;
    @group(0) @binding(1) var<storage, read_write> floats: array<u32>;
    @compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { floats[id.x] = bits[id.x]; }`;
  const bits = [0x7fc00001, 0xffc00000, 0x7f800001, 0x7f800000, 0xff800000, 0x3f800000, 0x80000000];
  const output = await runOnce(manifest, code, { inputs: [bytesOf(bits)] as never[], count: bits.length });
  const nan = 0x7fc00000;
  expect(wordsOf(output)).toEqual([nan, nan, nan, 0x7f800000, 0xff800000, 0x3f800000, 0x80000000]);
});

describe("when the GPU is lost", () => {
  test("the task that was running, and all later ones, say so", async () => {
    const lost = await openGpu();
    const program = await loadWgsl(lost, doublingManifest, doubling);
    const bound = await program.bind({ times: 1000, work: 50_000 }, [bytesOf(hundred)]);
    let pieces = 0;
    const pace = async () => {
      if (++pieces === 2) lost.destroy();
    };
    await expect(bound.run({ first: 0, count: 100 }, { pace })).rejects.toMatchObject({ code: "device-lost" });
    await expect(bound.run({ first: 0, count: 1 })).rejects.toMatchObject({ code: "device-lost" });
    await expect(loadWgsl(lost, doublingManifest, doubling)).rejects.toMatchObject({ code: "device-lost" });
  });
});
