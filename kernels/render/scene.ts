// What is in the picture: JSON for people, packed 32-bit words for the kernel (`Scene` and `Shape` of kernel.wgsl).
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { parse } from "../parseJson.ts";

export const MAX_SHAPES = 1024;

const coordinate = v.pipe(v.number(), v.minValue(-1e4), v.maxValue(1e4));
const length = v.pipe(v.number(), v.minValue(1e-3), v.maxValue(1e4));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const light = v.pipe(v.number(), v.minValue(0), v.maxValue(1e4));
const point = v.strictTuple([coordinate, coordinate, coordinate]);
const colour = v.strictTuple([share, share, share]);
const glow = v.strictTuple([light, light, light]);

const looks = {
  colour,
  material: v.picklist(["diffuse", "metal", "glass", "coated"]),
  /** 0 a mirror, 1 satin; of metal and coats. */
  roughness: v.exactOptional(share, 0),
  /** Index of refraction; of glass. */
  refraction: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(4)), 1.5),
};

const sceneSchema = v.strictObject({
  /** Metres, y up. `fieldOfView`: degrees, vertical. `focus`: distance at which things are sharp. */
  camera: v.strictObject({
    eye: point,
    target: point,
    fieldOfView: v.pipe(v.number(), v.minValue(1), v.maxValue(150)),
    aperture: v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
    focus: length,
  }),
  /** A horizontal rectangle, half its sides along x and z, shining down. */
  light: v.strictObject({ centre: point, half: v.strictTuple([length, length]), radiance: glow }),
  sky: v.strictObject({ low: glow, high: glow }),
  /** The plane y = 0, a chessboard. */
  floor: v.strictObject({ colours: v.strictTuple([colour, colour]), square: length, roughness: share }),
  shapes: v.pipe(
    v.array(
      v.variant("kind", [
        v.strictObject({ kind: v.literal("sphere"), centre: point, radius: length, ...looks }),
        /** `half`: half its edges; `turn`: degrees about the vertical axis. */
        v.strictObject({
          kind: v.literal("box"),
          centre: point,
          half: v.strictTuple([length, length, length]),
          turn: v.exactOptional(v.pipe(v.number(), v.minValue(-360), v.maxValue(360)), 0),
          ...looks,
        }),
      ]),
    ),
    v.maxLength(MAX_SHAPES),
  ),
});

export type Scene = v.InferOutput<typeof sceneSchema>;
type Vector = [number, number, number];

/** Throws `bad-job` with the path and reason. */
export function parseScene(bytes: Uint8Array): Scene {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SuperEdgeError("bad-job", `scene: expected JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  return parse(sceneSchema, json, "bad-job", "scene");
}

const MATERIALS = { diffuse: 0, metal: 1, glass: 2, coated: 3 } as const;
export const HEADER_WORDS = 40;
export const SHAPE_WORDS = 16;

/** Throws `bad-job` if the camera looks nowhere, or straight up or down. */
export function packScene({ camera, light, sky, floor, shapes }: Scene): Uint8Array<ArrayBuffer> {
  // A runtime-sized array has room for at least one element, even where there is none.
  const view = new DataView(new ArrayBuffer(4 * (HEADER_WORDS + SHAPE_WORDS * Math.max(1, shapes.length))));
  const floats = (word: number, ...values: number[]) => {
    for (const [i, value] of values.entries()) view.setFloat32(4 * (word + i), value, true);
  };
  const forward = unit(minus(camera.target, camera.eye));
  const right = unit(cross(forward, [0, 1, 0]));
  const up = cross(right, forward);
  const half = Math.tan((camera.fieldOfView * Math.PI) / 360);
  floats(0, ...camera.eye);
  view.setUint32(4 * 3, shapes.length, true);
  floats(4, ...times(right, half), camera.aperture);
  floats(8, ...times(up, half), camera.focus);
  floats(12, ...forward);
  floats(16, ...light.centre, light.half[0]);
  floats(20, ...light.radiance, light.half[1]);
  floats(24, ...sky.low, floor.square);
  floats(28, ...sky.high, floor.roughness);
  floats(32, ...floor.colours[0]);
  floats(36, ...floor.colours[1]);
  const spheres = shapes.filter(({ kind }) => kind === "sphere");
  view.setUint32(4 * 15, spheres.length, true);
  for (const [i, shape] of [...spheres, ...shapes.filter(({ kind }) => kind === "box")].entries()) {
    const at = HEADER_WORDS + SHAPE_WORDS * i;
    const turn = shape.kind === "box" ? (shape.turn * Math.PI) / 180 : 0;
    if (shape.kind === "sphere") floats(at, ...shape.centre, shape.radius);
    else floats(at, ...shape.centre, 0, ...shape.half, Math.cos(turn));
    floats(at + 8, ...shape.colour);
    view.setUint32(4 * (at + 11), MATERIALS[shape.material], true);
    floats(at + 12, Math.sin(turn), shape.roughness, shape.refraction);
  }
  return new Uint8Array(view.buffer);
}

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a: Vector, k: number): Vector => [a[0] * k, a[1] * k, a[2] * k];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

function unit(a: Vector): Vector {
  const size = Math.hypot(...a);
  if (!(size > 1e-9)) throw new SuperEdgeError("bad-job", "scene.camera: expected to look somewhere, not straight up");
  return times(a, 1 / size);
}
