import type { WgslManifest } from "../kernel.ts";

/** Pixels along a tile's edge; `TILE` of kernel.wgsl. */
export const TILE = 32;
const TILE_PIXELS = TILE * TILE;
/** A sample counts at most this share of the samples: `sample_limit` of kernel.wgsl. */
export const SAMPLE_SHARE = 1 / 16;

export const manifest: WgslManifest = {
  name: "render",
  version: "1.0.0",
  title: "Rendering",
  description:
    "A path tracer: follows light backwards from the camera through glass, metal and plaster, many times for each pixel, with an area light, soft shadows and depth of field.",
  licence: "Apache-2.0",
  engine: "wgsl",
  params: [
    {
      name: "width",
      type: "u32",
      default: 384,
      min: TILE,
      max: 8192,
      title: "Width",
      description: "Of the image.",
      unit: "pixels",
      step: TILE,
    },
    {
      name: "height",
      type: "u32",
      default: 256,
      min: TILE,
      max: 8192,
      title: "Height",
      description: "Of the image.",
      unit: "pixels",
      step: TILE,
    },
    {
      name: "samples",
      type: "u32",
      default: 64,
      min: 16,
      max: 65_536,
      title: "Samples",
      description: "Paths for each pixel: four times as many halve the noise.",
    },
    {
      name: "bounces",
      type: "u32",
      default: 6,
      min: 1,
      max: 64,
      title: "Bounces",
      description: "Surfaces that a path may meet.",
    },
    {
      name: "seed",
      type: "u32",
      default: 1,
      min: 0,
      max: 2 ** 32 - 1,
      title: "Seed",
      description: "Another seed, another noise.",
    },
    {
      name: "shapes",
      type: "u32",
      default: 1,
      min: 0,
      max: 1024,
      title: "Shapes",
      description: "Spheres and boxes of the scene.",
      derived: true,
    },
  ],
  inputs: [
    {
      name: "scene",
      title: "Scene",
      description: "Camera, light and shapes packed by `packScene`.",
      maxBytes: 128 * 1024,
    },
  ],
  // An item is a tile: rows from the top, tiles of a row from the left; a pixel is red, green, blue, linear.
  output: { type: "f32", itemBytes: TILE_PIXELS * 3 * 4 },
  compare: { kind: "tolerance", abs: 0.07, rel: 0.001, ulp: 0 },
  memoryBytes: `bytes_scene + items * ${TILE_PIXELS * 24} + 64`,
  cost: `items * ${TILE_PIXELS} * samples * (shapes + 4)`,
  wgsl: {
    buffers: [],
    uniforms: [
      {
        name: "task",
        fields: [
          { type: "u32", value: "first" },
          { type: "u32", value: "items" },
          { type: "u32", value: "width" },
          { type: "u32", value: "height" },
          { type: "u32", value: `ceil(width / ${TILE})` },
          { type: "u32", value: "samples" },
          { type: "u32", value: "bounces" },
          { type: "u32", value: "seed" },
          { type: "u32", value: "step" },
        ],
      },
    ],
    bindings: [
      { group: 0, binding: 0, kind: "uniform", source: { uniform: "task" } },
      { group: 0, binding: 1, kind: "read-only-storage", source: { input: "scene" } },
      { group: 0, binding: 2, kind: "storage", source: { output: true } },
    ],
    passes: [
      { entryPoint: "add_sample", workgroups: [`items * ${TILE_PIXELS / 64}`, 1, 1], repeat: "samples" },
      { entryPoint: "divide", workgroups: [`items * ${(TILE_PIXELS * 3) / 64}`, 1, 1] },
    ],
  },
};
