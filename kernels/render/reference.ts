// The path tracer once more, in plain TypeScript and 64-bit floats: the same random numbers, so the same paths, except where
// rounding sends one past an edge on the other side. It judges kernel.wgsl, and how far apart the two are is what the
// manifest's tolerance is chosen by.
import type { PreparedJob } from "../builtin.ts";
import { SAMPLE_SHARE, TILE } from "./manifest.ts";
import { HEADER_WORDS, SHAPE_WORDS } from "./scene.ts";

type Vector = readonly [number, number, number];

interface Shape {
  kind: "sphere" | "box";
  centre: Vector;
  radius: number;
  extent: Vector;
  cosine: number;
  sine: number;
  colour: Vector;
  material: number;
  roughness: number;
  refraction: number;
}

interface Hit {
  distance: number;
  normal: Vector;
  what: Shape | "floor" | "light" | "nothing";
}

const METAL = 1;
const GLASS = 2;
const COATED = 3;
const NEAR = 1e-4;
const OFFSET = 1e-3;

const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a: Vector, k: number): Vector => [a[0] * k, a[1] * k, a[2] * k];
const tint = (a: Vector, b: Vector): Vector => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Vector): Vector => times(a, 1 / Math.sqrt(dot(a, a)));
const turned = (a: Vector, c: number, s: number): Vector => [c * a[0] + s * a[2], a[1], c * a[2] - s * a[0]];

function readScene(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const float = (word: number) => view.getFloat32(4 * word, true);
  const word = (at: number) => view.getUint32(4 * at, true);
  const vector = (at: number): Vector => [float(at), float(at + 1), float(at + 2)];
  const spheres = word(15);
  return {
    eye: vector(0),
    right: vector(4),
    aperture: float(7),
    up: vector(8),
    focus: float(11),
    forward: vector(12),
    lightCentre: vector(16),
    lightHalf: [float(19), float(23)] as const,
    light: vector(20),
    sky: [vector(24), vector(28)] as const,
    floorSquare: float(27),
    floorRoughness: float(31),
    floor: [vector(32), vector(36)] as const,
    shapes: Array.from({ length: word(3) }, (_, i): Shape => {
      const at = HEADER_WORDS + SHAPE_WORDS * i;
      return {
        kind: i < spheres ? "sphere" : "box",
        centre: vector(at),
        radius: float(at + 3),
        extent: vector(at + 4),
        cosine: float(at + 7),
        colour: vector(at + 8),
        material: word(at + 11),
        sine: float(at + 12),
        roughness: float(at + 13),
        refraction: float(at + 14),
      };
    }),
  };
}

function hash(x: number): number {
  const word = Math.imul((x >>> ((x >>> 28) + 4)) ^ x, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 747796405) + 2891336453) >>> 0;
    return (hash(state) >>> 8) / 16777216;
  };
}

function circle(turns: number): [number, number] {
  const quarter = Math.floor(turns * 4 + 0.5);
  const x = (turns * 4 - quarter) * (Math.PI / 2);
  const s = Math.sin(x);
  const c = Math.cos(x);
  return (
    [
      [c, s],
      [-s, c],
      [-c, -s],
      [s, -c],
    ] as const
  )[quarter & 3]!.slice() as [number, number];
}

function hitSphere(origin: Vector, direction: Vector, radius: number): number {
  const b = dot(origin, direction);
  const foot = minus(origin, times(direction, b));
  const inside = radius * radius - dot(foot, foot);
  if (inside <= 0) return Number.POSITIVE_INFINITY;
  const root = Math.sqrt(inside);
  const hit = -b - root > NEAR ? -b - root : -b + root;
  return hit > NEAR ? hit : Number.POSITIVE_INFINITY;
}

function hitBox(origin: Vector, direction: Vector, extent: Vector): { distance: number; normal: Vector } {
  const safe = direction.map((d) => (Math.abs(d) < 1e-9 ? 1e-9 : d));
  const low = safe.map((d, i) => Math.min((-extent[i]! - origin[i]!) / d, (extent[i]! - origin[i]!) / d));
  const high = safe.map((d, i) => Math.max((-extent[i]! - origin[i]!) / d, (extent[i]! - origin[i]!) / d));
  const enter = Math.max(...low);
  const leave = Math.min(...high);
  if (enter > leave || leave <= NEAR) return { distance: Number.POSITIVE_INFINITY, normal: [0, 1, 0] };
  const entering = enter > NEAR;
  const axis = entering ? low.indexOf(enter) : high.indexOf(leave);
  const sign = Math.sign(safe[axis]!) * (entering ? -1 : 1);
  const normal: Vector = [axis === 0 ? sign : 0, axis === 1 ? sign : 0, axis === 2 ? sign : 0];
  return { distance: entering ? enter : leave, normal };
}

function fresnel(cosine: number, atNormal: number): number {
  const x = 1 - Math.min(1, Math.max(0, cosine));
  return atNormal + (1 - atNormal) * x ** 5;
}

/** Linear RGB of one tile, as the kernel's output has it. */
export function referenceTile({ params, inputs }: Omit<PreparedJob, "items">, tile: number): Float32Array {
  const scene = readScene(inputs[0]!);
  const { width, height, samples, bounces, seed } = params as Record<string, number>;
  const pixels = new Float32Array(TILE * TILE * 3);
  const across = Math.ceil(width! / TILE);
  let random: () => number = () => 0;

  const randomDirection = (): Vector => {
    const y = 1 - 2 * random();
    const [x, z] = circle(random());
    const r = Math.sqrt(Math.max(0, 1 - y * y));
    return [x * r, y, z * r];
  };

  const hitShape = (shape: Shape, origin: Vector, direction: Vector): { distance: number; normal: Vector } => {
    const local = minus(origin, shape.centre);
    if (shape.kind === "sphere") {
      const distance = hitSphere(local, direction, shape.radius);
      return { distance, normal: times(add(local, times(direction, distance)), 1 / shape.radius) };
    }
    const { cosine, sine } = shape;
    const { distance, normal } = hitBox(turned(local, cosine, sine), turned(direction, cosine, sine), shape.extent);
    return { distance, normal: turned(normal, cosine, -sine) };
  };

  const trace = (origin: Vector, direction: Vector): Hit => {
    let hit: Hit = { distance: Number.POSITIVE_INFINITY, normal: [0, 1, 0], what: "nothing" };
    if (direction[1] < 0 && origin[1] > 0) {
      const distance = -origin[1] / direction[1];
      if (distance > NEAR) hit = { distance, normal: [0, 1, 0], what: "floor" };
    }
    for (const shape of scene.shapes) {
      const found = hitShape(shape, origin, direction);
      if (found.distance < hit.distance) hit = { ...found, what: shape };
    }
    if (direction[1] > 1e-6) {
      const distance = (scene.lightCentre[1] - origin[1]) / direction[1];
      const place = minus(add(origin, times(direction, distance)), scene.lightCentre);
      const on = Math.abs(place[0]) < scene.lightHalf[0] && Math.abs(place[2]) < scene.lightHalf[1];
      if (distance > NEAR && distance < hit.distance && on) hit = { distance, normal: [0, -1, 0], what: "light" };
    }
    return hit;
  };

  const fromLight = (point: Vector, normal: Vector): Vector => {
    const x = (2 * random() - 1) * scene.lightHalf[0];
    const z = (2 * random() - 1) * scene.lightHalf[1];
    const way = minus(add(scene.lightCentre, [x, 0, z]), point);
    const distance = Math.sqrt(dot(way, way));
    const direction = times(way, 1 / distance);
    const facing = dot(normal, direction);
    if (facing <= 0 || direction[1] <= 0) return [0, 0, 0];
    if (scene.shapes.some((shape) => hitShape(shape, point, direction).distance < distance - OFFSET)) return [0, 0, 0];
    const area = 4 * scene.lightHalf[0] * scene.lightHalf[1];
    return times(scene.light, (facing * direction[1] * area) / (Math.PI * distance * distance));
  };

  const samplePath = (start: Vector, aim: Vector): Vector => {
    let origin = start;
    let direction = aim;
    let total: Vector = [0, 0, 0];
    let weight: Vector = [1, 1, 1];
    let countLight = true;
    for (let bounce = 0; bounce < bounces!; bounce++) {
      const { distance, normal: outward, what } = trace(origin, direction);
      if (what === "nothing") {
        const k = Math.min(1, Math.max(0, direction[1] * 1.4));
        return add(total, tint(weight, add(times(scene.sky[0], 1 - k), times(scene.sky[1], k))));
      }
      if (what === "light") return countLight ? add(total, tint(weight, scene.light)) : total;
      const point = add(origin, times(direction, distance));
      const outside = dot(outward, direction) < 0;
      const normal = outside ? outward : times(outward, -1);
      const odd = (Math.floor(point[0] / scene.floorSquare) + Math.floor(point[2] / scene.floorSquare)) & 1;
      const surface =
        what === "floor"
          ? {
              colour: scene.floor[odd === 1 ? 1 : 0],
              material: COATED,
              roughness: scene.floorRoughness,
              refraction: 1.5,
            }
          : what;
      const cosine = -dot(normal, direction);
      const bounced = add(direction, times(normal, 2 * cosine));

      if (surface.material === GLASS) {
        const ratio = outside ? 1 / surface.refraction : surface.refraction;
        const atNormal = ((1 - surface.refraction) / (1 + surface.refraction)) ** 2;
        const sineSquared = ratio * ratio * (1 - cosine * cosine);
        const inner = Math.sqrt(Math.max(0, 1 - sineSquared));
        if (sineSquared >= 1 || random() < fresnel(outside ? cosine : inner, atNormal)) {
          direction = unit(bounced);
          origin = add(point, times(normal, OFFSET));
        } else {
          direction = unit(add(times(direction, ratio), times(normal, ratio * cosine - inner)));
          origin = minus(point, times(normal, OFFSET));
          weight = tint(weight, surface.colour);
        }
        countLight = true;
        continue;
      }
      const mirror = surface.material === METAL || (surface.material === COATED && random() < fresnel(cosine, 0.04));
      origin = add(point, times(normal, OFFSET));
      if (mirror) {
        if (surface.material === METAL) {
          const edge = fresnel(cosine, 0);
          weight = tint(weight, add(times(surface.colour, 1 - edge), [edge, edge, edge]));
        }
        direction = unit(add(bounced, times(randomDirection(), surface.roughness)));
        if (dot(direction, normal) <= 0) return total;
        countLight = true;
        continue;
      }
      weight = tint(weight, surface.colour);
      total = add(total, tint(weight, fromLight(origin, normal)));
      direction = unit(add(normal, times(randomDirection(), 0.9999)));
      countLight = false;
    }
    return total;
  };

  for (let i = 0; i < TILE * TILE; i++) {
    const x = (tile % across) * TILE + (i % TILE);
    const y = Math.floor(tile / across) * TILE + Math.floor(i / TILE);
    if (x >= width! || y >= height!) continue;
    let sum: Vector = [0, 0, 0];
    for (let sample = 0; sample < samples!; sample++) {
      random = randomFrom(hash((x + hash((y + hash((sample + hash(seed!)) >>> 0)) >>> 0)) >>> 0));
      const right = ((x + random()) / width!) * 2 - 1;
      const up = 1 - ((y + random()) / height!) * 2;
      const aim = add(scene.forward, add(times(scene.right, right * (width! / height!)), times(scene.up, up)));
      const [lensX, lensY] = circle(random());
      const radius = scene.aperture * Math.sqrt(random());
      const shift = add(times(unit(scene.right), lensX * radius), times(unit(scene.up), lensY * radius));
      const colour = samplePath(add(scene.eye, shift), unit(minus(times(aim, scene.focus), shift)));
      const limit = samples! * SAMPLE_SHARE;
      sum = add(sum, [Math.min(limit, colour[0]), Math.min(limit, colour[1]), Math.min(limit, colour[2])]);
    }
    pixels.set(times(sum, 1 / samples!), 3 * i);
  }
  return pixels;
}
