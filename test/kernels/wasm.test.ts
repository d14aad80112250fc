import { describe, expect, test } from "vitest";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { parseManifest, type WasmManifest } from "../../kernels/kernel.ts";
import { input, param, wasmManifest, wgslManifest } from "./manifests.ts";
import { op, type WasmShape, wasmModule } from "./wasmModule.ts";

async function bindOnce(shape: WasmShape, manifest: WasmManifest = wasmManifest(), inputs: Uint8Array[] = []) {
  const program = await loadWasm(parseManifest(manifest), wasmModule(shape));
  return program.bind({}, inputs);
}
const runOnce = async (shape: WasmShape, manifest?: WasmManifest) =>
  (await bindOnce(shape, manifest)).run({ first: 0, count: 1 });

/** Offsets in the argument block of a kernel with one input. */
const ARGS = { params: 0, inputPtr: 8, first: 16, outPtr: 24 };
describe("a module keeps to the ABI or is refused:", () => {
  test("one that imports env.abort alone is accepted", async () => {
    await expect(loadWasm(wasmManifest(), wasmModule({ imports: ["env.abort"] }))).resolves.toBeDefined();
  });

  test.each(["env.fetch", "wasi_snapshot_preview1.fd_write", "js.abort"])(
    "one that imports %s is not",
    async (path) => {
      await expect(loadWasm(wasmManifest(), wasmModule({ imports: ["env.abort", path] }))).rejects.toMatchObject({
        code: "kernel-compile",
        message: `a kernel may import env.abort only, found function ${path}`,
      });
    },
  );

  test.each(["memory", "alloc", "run"] as const)("one without export %s is not", async (missing) => {
    const exports = (["memory", "alloc", "run"] as const).filter((name) => name !== missing);
    await expect(loadWasm(wasmManifest(), wasmModule({ exports }))).rejects.toMatchObject({ code: "kernel-compile" });
  });

  test("one whose memory has no maximum is not", async () => {
    await expect(loadWasm(wasmManifest(), wasmModule({ maximum: "none" }))).rejects.toMatchObject({
      code: "kernel-memory",
      message: "expected one 32-bit memory with a maximum, found no maximum",
    });
  });

  test("one whose maximum is above the manifest's memory is not run", async () => {
    const manifest = wasmManifest({ memoryBytes: "1000000 + items" });
    await expect(runOnce({ maximum: 16 }, manifest)).rejects.toMatchObject({
      code: "kernel-memory",
      message: "the manifest allows 1000001 bytes, the module 1048576",
    });
    await expect(runOnce({ maximum: 15 }, manifest)).resolves.toHaveLength(4);
  });

  test("bytes that are no module are not", async () => {
    await expect(loadWasm(wasmManifest(), new Uint8Array(100))).rejects.toMatchObject({ code: "kernel-compile" });
    const cut = wasmModule().slice(0, -3);
    await expect(loadWasm(wasmManifest(), cut)).rejects.toMatchObject({ code: "kernel-compile" });
  });

  test("a manifest of another engine is not", async () => {
    await expect(loadWasm(wgslManifest({}), wasmModule())).rejects.toMatchObject({ code: "bad-app" });
  });
});

describe("a kernel that fails is told:", () => {
  test("a trap", async () => {
    await expect(runOnce({ run: op.unreachable })).rejects.toMatchObject({
      code: "kernel-trap",
      message: expect.stringContaining("unreachable"),
    });
  });

  test("an access outside its memory", async () => {
    const run = [...op.i32(-4), ...op.load(0)];
    await expect(runOnce({ run })).rejects.toMatchObject({ code: "kernel-trap" });
  });

  test("an error number of its own", async () => {
    await expect(runOnce({ run: op.i32(7) })).rejects.toMatchObject({
      code: "kernel-trap",
      message: "the kernel returned error 7",
    });
  });

  test("a call of abort", async () => {
    const run = [...op.i32(0), ...op.call(0)];
    await expect(runOnce({ imports: ["env.abort"], run })).rejects.toMatchObject({ code: "kernel-trap" });
  });

  test.each([
    ["at null", op.i32(0)],
    ["beyond its memory", op.i32(65_536)],
    ["across its end", op.i32(65_532 - 4)],
    ["off its alignment", op.i32(1028)],
    ["by trapping", op.unreachable],
  ])("an alloc %s", async (_, alloc) => {
    await expect(runOnce({ alloc }, wasmManifest({ output: { type: "u8", itemBytes: 64 } }))).rejects.toMatchObject({
      code: "kernel-memory",
    });
  });

  test("and starts afresh after a trap, from clean memory", async () => {
    // Sets a flag at 0 and traps on the second call of an instance.
    const run = [
      ...op.i32(0),
      ...op.load(0),
      ...op.trapUnlessZero,
      ...op.i32(0),
      ...op.i32(1),
      ...op.store(0),
      ...op.i32(0),
    ];
    const bound = await bindOnce({ run });
    const range = { first: 0, count: 1 };
    await expect(bound.run(range)).resolves.toHaveLength(4);
    await expect(bound.run(range)).rejects.toMatchObject({ code: "kernel-trap" });
    await expect(bound.run(range)).resolves.toHaveLength(4);
    await expect(bound.run(range)).rejects.toMatchObject({ code: "kernel-trap" });
  });
});

test("parameters, inputs and range arrive as the ABI says", async () => {
  // Output of an item: low half of the second parameter, first word of the input, its size, first, count.
  const word = (from: number[], to: number) => [...[...op.argument, ...op.load(ARGS.outPtr)], ...from, ...op.store(to)];
  const run = [
    ...word([...op.argument, ...op.load(ARGS.params), ...op.load(12)], 0),
    ...word([...op.argument, ...op.load(ARGS.inputPtr), ...op.load(0)], 4),
    ...word([...op.argument, ...op.load(ARGS.inputPtr + 4)], 8),
    ...word([...op.argument, ...op.load(ARGS.first)], 12),
    ...word([...op.argument, ...op.load(ARGS.first + 4)], 16),
    ...op.i32(0),
  ];
  // 64 bytes each, one behind the other; how many are given out stands at address 0.
  const given = [...op.i32(0), ...op.load(0)];
  const alloc = [
    ...op.i32(0),
    ...given,
    ...op.i32(64),
    ...op.add,
    ...op.store(0),
    ...op.i32(1024),
    ...given,
    ...op.add,
  ];
  const manifest = wasmManifest({
    params: [param("a", 1), { ...param("b", 0), type: "f64", default: -2.5, min: -10, max: 10 }],
    inputs: [input("data")],
    output: { type: "u32", itemBytes: 20 },
  });
  const bound = await bindOnce({ alloc, run }, manifest, [Uint8Array.of(1, 2, 3, 4, 5)]);
  const output = await bound.run({ first: 3_000_000_000, count: 1 });
  const high = new DataView(Float64Array.of(-2.5).buffer).getUint32(4, true);
  expect([...new Uint32Array(output.buffer)]).toEqual([high, 0x04030201, 5, 3_000_000_000, 1]);
});

test("every NaN of a float output is the same NaN", async () => {
  const run = [
    ...[...op.argument, ...op.load(16), ...op.i64(-1n), ...op.store64(0)],
    ...[...op.argument, ...op.load(16), ...op.i64(0x7ff0000000000000n), ...op.store64(8)],
    ...op.i32(0),
  ];
  const output = await runOnce({ run }, wasmManifest({ output: { type: "f64", itemBytes: 16 } }));
  expect([...new BigUint64Array(output.buffer)]).toEqual([0x7ff8000000000000n, 0x7ff0000000000000n]);
});

describe("a long task", () => {
  // Its pieces compute nothing: how it is cut is what is looked at.
  const manifest = wasmManifest({ output: { type: "u32", itemBytes: 4 } });

  test("is cut into pieces that together are the task, and paced between them", async () => {
    const busy: number[] = [];
    const bound = await bindOnce({ maximum: 2 }, manifest);
    const output = await bound.run(
      { first: 0, count: 1_000_000 },
      {
        pace: async (busyMs) => {
          busy.push(busyMs);
        },
      },
    );
    expect(output).toHaveLength(4_000_000);
    expect(busy.length).toBeGreaterThan(2);
    expect(Math.min(...busy)).toBeGreaterThanOrEqual(0);
  });

  test("stops between pieces when asked", async () => {
    const stop = new AbortController();
    let pieces = 0;
    const bound = await bindOnce({ maximum: 2 }, manifest);
    const running = bound.run(
      { first: 0, count: 1_000_000 },
      {
        signal: stop.signal,
        pace: async () => {
          if (++pieces === 2) stop.abort();
        },
      },
    );
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(pieces).toBe(2);
    await expect(bound.run({ first: 0, count: 1 })).resolves.toHaveLength(4);
  });
});
