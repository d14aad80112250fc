import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, type Manifest, parseApp, parseManifest, parseParams } from "../../kernels/kernel.ts";
import { builtins } from "../../kernels/registry.ts";
import { MAX_BLOB_BYTES, MAX_JOB_INPUTS } from "../../protocol/limits.ts";
import { input, param, wasmManifest, wgslManifest } from "./manifests.ts";

const CODE = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

describe.each(builtins.map(({ manifest }) => [manifest.name, manifest] as const))(
  "the manifest of %s",
  (_, manifest) => {
    test("survives its journey as JSON", () => {
      expect(parseManifest(JSON.parse(canonicalJson(manifest)))).toEqual(manifest);
      expect(parseApp(JSON.parse(canonicalJson({ manifest, code: CODE })))).toEqual({ manifest, code: CODE });
    });

    test("takes its own defaults as parameters", () => {
      const params = parseParams(manifest, {});
      expect(Object.keys(params)).toEqual(manifest.params.map(({ name }) => name));
      expect(parseParams(manifest, params)).toEqual(params);
    });

    test("asks for inputs that fit in blobs", () => {
      expect(manifest.inputs.length).toBeLessThanOrEqual(MAX_JOB_INPUTS);
      for (const { maxBytes } of manifest.inputs) expect(maxBytes).toBeLessThanOrEqual(MAX_BLOB_BYTES);
    });

    test("with any one thing replaced still parses or is refused as an app", () => {
      const paths = [...pathsOf(manifest)];
      const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.string(), fc.integer());
      fc.assert(
        fc.property(fc.constantFrom(...paths), junk, (path, value) => {
          const copy = structuredClone(manifest);
          replace(copy, path, value);
          try {
            parseManifest(copy);
          } catch (error) {
            expect(error).toMatchObject({ name: "SuperEdgeError", code: "bad-app" });
          }
        }),
        { numRuns: 500 },
      );
    });
  },
);

function* pathsOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* pathsOf(member, [...path, key]);
}

function replace(root: object, path: readonly string[], value: unknown) {
  let at = root as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

describe("a manifest is refused", () => {
  const wgsl = wgslManifest(
    {
      uniforms: [{ name: "u", fields: [{ type: "vec2u", value: ["n", "step"] }] }],
      bindings: [{ group: 0, binding: 0, kind: "uniform", source: { uniform: "u" } }],
      passes: [{ entryPoint: "main", workgroups: ["items", 1, 1] }],
    },
    { params: [param("n", 1)], inputs: [input("data")] },
  );
  const refused: [string, unknown, string][] = [
    ["null", null, "manifest: "],
    ["an unknown engine", { ...wgsl, engine: "js" }, "manifest.engine: "],
    ["an unknown member", { ...wgsl, extra: 1 }, "manifest.extra: "],
    [
      "half an element an item",
      wasmManifest({ output: { type: "f64", itemBytes: 12 } }),
      "12 is not a whole number of f64",
    ],
    [
      "a tolerance for integers",
      wasmManifest({ compare: { kind: "tolerance", abs: 1, rel: 0, ulp: 0 } }),
      "the output is u32",
    ],
    [
      "a numeric class for WASM",
      wasmManifest({ compare: { kind: "exact", within: "class" } }),
      "wasm gives the same bytes everywhere",
    ],
    [
      "a comparison within anything else",
      { ...wgsl, compare: { kind: "exact", within: "reason" } },
      "manifest.compare.within",
    ],
    [
      "a parameter twice",
      wasmManifest({ params: [param("n", 1), param("n", 1)] }),
      "manifest.params.1.name: n is there twice",
    ],
    ["a parameter named as a function", wasmManifest({ params: [param("max", 1)] }), "max is reserved"],
    [
      "a parameter named as an input's size",
      wasmManifest({ params: [param("bytes_data", 1)] }),
      "bytes_data is reserved",
    ],
    ["a default out of range", wasmManifest({ params: [param("n", 9, { max: 5 })] }), "expected 0 to 5, found 9 (n)"],
    ["an empty range", wasmManifest({ params: [param("n", 5, { min: 6, max: 5 })] }), "min 6 is above max 5"],
    ["a cost of unknown things", wasmManifest({ cost: "items * secret" }), '"secret" is not among items'],
    ["a size that depends on data the scheduler has not", { ...wgsl, memoryBytes: "word_data(0)" }, "word_data"],
    ["no passes", wgslManifest({}), "manifest.wgsl.passes: "],
    [
      "two things at one binding",
      { ...wgsl, wgsl: { ...wgsl.wgsl, bindings: [...wgsl.wgsl.bindings, ...wgsl.wgsl.bindings] } },
      "@group(0) @binding(0) is there twice",
    ],
    [
      "an input that is written",
      {
        ...wgsl,
        wgsl: { ...wgsl.wgsl, bindings: [{ group: 0, binding: 1, kind: "storage", source: { input: "data" } }] },
      },
      "an input is bound read-only",
    ],
    [
      "a missing buffer",
      {
        ...wgsl,
        wgsl: { ...wgsl.wgsl, bindings: [{ group: 0, binding: 1, kind: "storage", source: { buffer: "b" } }] },
      },
      "there is no buffer b",
    ],
    [
      "a vector of one value",
      { ...wgsl, wgsl: { ...wgsl.wgsl, uniforms: [{ name: "u", fields: [{ type: "vec2u", value: "n" }] }] } },
      "expected 2 values of vec2u, found 1",
    ],
    [
      "workgroups that do not parse",
      { ...wgsl, wgsl: { ...wgsl.wgsl, passes: [{ entryPoint: "main", workgroups: ["items /", 1, 1] }] } },
      "manifest.wgsl.passes.0.workgroups.0: ",
    ],
    [
      "more than 64 KiB",
      {
        ...wgsl,
        inputs: [],
        params: Array.from({ length: 64 }, (_, i) => ({ ...param(`p${i}`, 1), description: "x".repeat(1000) })),
        description: "é".repeat(4000),
      },
      "at most 65536 bytes",
    ],
  ];
  test.each(refused)("with %s", (_, json, message) => {
    expect(() => parseManifest(json)).toThrow(message);
    expect(() => parseManifest(json)).toThrow(expect.objectContaining({ code: "bad-app" }));
  });

  test("but not for a numeric class of GPUs", () => {
    const bound = { ...wgsl, compare: { kind: "exact", within: "class" } };
    expect(parseManifest(bound)).toEqual(bound);
    expect(canonicalJson(parseManifest(wgsl))).toContain('"compare":{"kind":"exact"}');
  });

  test("and an app without a content id", () => {
    expect(() => parseApp({ manifest: wgsl, code: "QmX" })).toThrow("app.code: expected a CIDv1");
  });
});

describe("parameters", () => {
  const manifest: Manifest = wasmManifest({
    params: [
      param("n", 3, { min: 1, max: 10 }),
      { ...param("x", 0), type: "f32", min: -1, max: 1 },
      { ...param("i", 0), type: "i32", min: -5, max: 5 },
    ],
  });

  test("that are absent take their defaults", () => expect(parseParams(manifest, {})).toEqual({ n: 3, x: 0, i: 0 }));

  test("of type f32 are what the kernel will see", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (x) => {
        expect(parseParams(manifest, { x }).x).toBe(Math.fround(x));
      }),
    );
  });

  test.each([
    [{ n: 11 }, "params.n: expected 1 to 10, found 11"],
    [{ n: 1.5 }, "params.n: expected u32, found 1.5"],
    [{ i: -6 }, "params.i: expected -5 to 5, found -6"],
    [{ n: "3" }, "params.n: "],
    [{ m: 1 }, "params.m: expected one of n, x, i"],
    [{ toString: 1 }, "params.toString: "],
    [[], "params: "],
    [null, "params: "],
  ])("%j are refused", (json, message) => {
    expect(() => parseParams(manifest, json)).toThrow(message);
    expect(() => parseParams(manifest, json)).toThrow(expect.objectContaining({ code: "bad-job" }));
  });
});
