import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreement } from "../../kernels/agreement.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { builtin } from "../../kernels/render/index.ts";
import { SAMPLE_SHARE, TILE } from "../../kernels/render/manifest.ts";
import { referenceTile } from "../../kernels/render/reference.ts";
import { packScene, parseScene, type Scene } from "../../kernels/render/scene.ts";
import { openGpu } from "./openGpu.ts";

const device = await openGpu();
const program = await loadWgsl(device, builtin.manifest, new TextDecoder().decode(await loadCode(builtin)));
const samples = await loadSamples(builtin);
const sceneOf = (scene: unknown) => ({ scene: new TextEncoder().encode(JSON.stringify(scene)) });
const { compare } = builtin.manifest;

async function tile(job: ReturnType<typeof builtin.prepare>, item: number): Promise<Float32Array<ArrayBuffer>> {
  const bound = await program.bind(job.params, job.inputs);
  const output = await bound.run({ first: item, count: 1 });
  bound.dispose();
  return new Float32Array(output.buffer);
}
const agrees = (a: Float32Array, b: Float32Array) =>
  agreement(compare, "f32", new Uint8Array(a.slice().buffer), new Uint8Array(b.slice().buffer));

const sample = parseScene(samples.scene!);
const empty: Scene = { ...sample, shapes: [] };

describe("the GPU's picture is the reference's within tolerance:", () => {
  test("the sample scene, in tiles with glass, metal, edges and shadow", async () => {
    const job = builtin.prepare(samples, { samples: 16 });
    for (const item of [30, 42, 53, 65, 80]) {
      const [gpu, reference] = [await tile(job, item), referenceTile(job, item)];
      expect(agrees(gpu, reference)).toBe(true);
      // Nearly all pixels are far closer: what is not is a path that rounding sent past an edge.
      const far = gpu.filter((value, i) => Math.abs(value - reference[i]!) > 1e-4);
      expect(far.length).toBeLessThan(gpu.length / 100);
    }
  }, 60_000);

  test("random scenes", async () => {
    const at = fc.tuple(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: 0.3, max: 2, noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
    );
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const looks = {
      centre: at,
      colour: fc.tuple(share, share, share),
      material: fc.constantFrom("diffuse", "metal", "glass", "coated"),
      roughness: share,
    };
    const size = fc.double({ min: 0.1, max: 0.8, noNaN: true });
    const shape = fc.oneof(
      fc.record({ kind: fc.constant("sphere"), radius: size, ...looks }),
      fc.record({
        kind: fc.constant("box"),
        half: fc.tuple(size, size, size),
        turn: fc.integer({ min: -90, max: 90 }),
        ...looks,
      }),
    );
    // Unbiased: round numbers make faces coincide, and which of two equal distances is nearer is nobody's business.
    const scene = fc.noBias(fc.array(shape, { maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(scene, fc.nat(5), async (shapes, item) => {
        const job = builtin.prepare(sceneOf({ ...sample, shapes }), { samples: 16, width: 96, height: 64 });
        expect(agrees(await tile(job, item), referenceTile(job, item))).toBe(true);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  }, 60_000);
});

describe("the tolerance", () => {
  test("forgives a pixel one path on the wrong side of an edge", () => {
    const honest = new Float32Array(300).fill(0.4);
    expect(agrees(honest, honest.with(7, 0.4 + SAMPLE_SHARE))).toBe(true);
  });

  test("does not forgive two, nor noise, nor nothing, nor another seed", async () => {
    const job = builtin.prepare(samples, { samples: 16 });
    const honest = await tile(job, 53);
    expect(agrees(honest, honest.with(7, honest[7]! + 2 * SAMPLE_SHARE))).toBe(false);
    expect(agrees(honest, new Float32Array(honest.length))).toBe(false);
    expect(
      agrees(
        honest,
        honest.map((value, i) => value + (i % 17 === 0 ? 0.1 : 0)),
      ),
    ).toBe(false);
    expect(agrees(honest, await tile(builtin.prepare(samples, { samples: 16, seed: 2 }), 53))).toBe(false);
  });
});

describe("light", () => {
  test("of an empty scene at the horizon is the sky's", async () => {
    const scene = { ...empty, camera: { ...empty.camera, eye: [0, 50, 0], target: [0, 50, -1], aperture: 0 } };
    const dull = { ...scene, sky: { low: [0.5, 0.25, 0.125], high: [0.5, 0.25, 0.125] } };
    const job = builtin.prepare(sceneOf(dull), { samples: 16, width: 32, height: 32 });
    const pixels = await tile(job, 0);
    expect([...pixels.slice(0, 3)]).toEqual([0.5, 0.25, 0.125]);
  });

  test("is not made by a white sphere in a white sky", async () => {
    const white = [1, 1, 1];
    const furnace = {
      ...empty,
      camera: { ...empty.camera, eye: [0, 100, 5], target: [0, 100, 0], focus: 5 },
      sky: { low: white, high: white },
      light: { ...empty.light, radiance: [0, 0, 0] },
      shapes: [{ kind: "sphere", centre: [0, 100, 0], radius: 2.5, colour: white, material: "diffuse" }],
    };
    const job = builtin.prepare(sceneOf(furnace), { samples: 64, width: 32, height: 32, bounces: 64 });
    const pixels = await tile(job, 0);
    const centre = pixels.slice(3 * (16 * TILE + 16), 3 * (16 * TILE + 16) + 3);
    // Half of the light comes by the white sky; the other by the floor, far below, that is not white.
    for (const value of centre) {
      expect(value).toBeLessThanOrEqual(1.0001);
      expect(value).toBeGreaterThan(0.4);
    }
  });
});

describe("a picture", () => {
  test("whose size is no multiple of a tile is cut at its edge", async () => {
    const job = builtin.prepare(sceneOf(empty), { samples: 16, width: 40, height: 33 });
    expect(job.items).toBe(4);
    const bound = await program.bind(job.params, job.inputs);
    const output = await bound.run({ first: 0, count: 4 });
    bound.dispose();
    const last = new Float32Array(output.buffer).slice(3 * 3 * TILE * TILE);
    const lit = last.filter((value) => value > 0);
    expect(lit.length).toBeGreaterThan(0);
    expect(lit.length).toBeLessThanOrEqual(3 * 8 * 1);
    const shown = builtin.present(job, output);
    if (shown.kind !== "image") throw new Error("an image");
    expect(shown).toMatchObject({ width: 40, height: 33 });
    for (let i = 3; i < shown.rgba.length; i += 4) expect(shown.rgba[i]).toBe(255);
  });

  test("grows tile by tile, transparent where nothing is known", () => {
    const job = builtin.prepare(sceneOf(empty), { width: 64, height: 32 });
    const output = new Uint8Array(new Float32Array(2 * 3 * TILE * TILE).fill(1e9).buffer);
    const shown = builtin.present(job, output, (item) => item === 1);
    if (shown.kind !== "image") throw new Error("an image");
    const pixel = (x: number, y: number) => [...shown.rgba.slice(4 * (64 * y + x), 4 * (64 * y + x) + 4)];
    expect(pixel(31, 0)).toEqual([0, 0, 0, 0]);
    expect(pixel(32, 0)).toEqual([255, 255, 255, 255]);
    expect(pixel(63, 31)).toEqual([255, 255, 255, 255]);
  });
});

describe("a scene", () => {
  test.each([
    ["{", "scene: expected JSON"],
    ["[]", "scene"],
    [JSON.stringify({ ...empty, fog: 1 }), "scene.fog: "],
    [JSON.stringify({ ...empty, shapes: [{ kind: "cone" }] }), "scene.shapes.0.kind: "],
    [JSON.stringify({ ...empty, shapes: Array(1025).fill(sample.shapes[0]) }), "scene.shapes: "],
  ])("%.40s is refused with the place", (text, message) => {
    const given = { scene: new TextEncoder().encode(text) };
    expect(() => builtin.prepare(given, {})).toThrow(message);
    expect(() => builtin.prepare(given, {})).toThrow(expect.objectContaining({ code: "bad-job" }));
  });

  test("whose camera looks straight down is refused", () => {
    const down: Scene = { ...empty, camera: { ...empty.camera, eye: [0, 5, 0], target: [0, 0, 0] } };
    expect(() => packScene(down)).toThrow("not straight up");
  });
});
