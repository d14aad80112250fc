import { SuperEdgeError } from "../../protocol/errors.ts";
import type { FileAsk, Prepared } from "../builtin.ts";
import { parseParams } from "../kernel.ts";
import { manifest, TILE } from "./manifest.ts";
import { packScene, parseScene } from "./scene.ts";

export const files: FileAsk[] = [
  {
    name: "scene",
    title: "Scene",
    description: "JSON: camera, light, floor and up to 1,024 spheres and boxes.",
    accept: ".json",
    optional: false,
    sample: "data/marbles.json",
  },
];

/** Tiles whose pixels, 12 KiB a tile, still travel inside a reveal of 64 KiB. */
const MOST_TILES = 5;
/** Samples times shapes of a task's pixels: some tenths of a second on two CPU cores. */
const TASK_TESTS = 1.5e6;

/** Throws `bad-job` with the path of what is wrong in the scene. */
export function prepare(
  given: Readonly<Record<string, Uint8Array>>,
  choices: Readonly<Record<string, number>>,
): Prepared {
  if (!given.scene) throw new SuperEdgeError("bad-job", "expected a scene, found none");
  const scene = parseScene(given.scene);
  const params = parseParams(manifest, { ...choices, shapes: scene.shapes.length });
  const items = Math.ceil(params.width! / TILE) * Math.ceil(params.height! / TILE);
  const tests = TILE * TILE * params.samples! * (scene.shapes.length + 4);
  return {
    params,
    inputs: [packScene(scene)],
    items,
    itemsPerTask: Math.min(items, MOST_TILES, Math.max(1, Math.round(TASK_TESTS / tests))),
  };
}
