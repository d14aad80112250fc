// A path tracer. One invocation is a pixel; every dispatch adds one sample to each pixel of the task's tiles, and the last
// one divides. Output: linear RGB radiance, tiles in order, pixels row by row.
//
// Results are compared between different GPUs, which may round differently, so what can be made equal is: random numbers
// are integer hashes; sine and cosine are polynomials (WGSL allows the built-in ones errors of 2^-11). What cannot is a
// path that passes an edge on the other side: a sample counts at most `sample_limit`, so that one such path moves a pixel by
// at most a known amount, and the manifest's tolerance allows that.

const TILE = 32u;
const TILE_PIXELS = TILE * TILE;
const PI = 3.14159265;
const FAR = 1e30;
/** What is nearer is the surface that the ray leaves. */
const NEAR = 1e-4;
/** Where a new ray begins, above the surface it leaves. */
const OFFSET = 1e-3;

struct Task {
  first: u32,
  items: u32,
  width: u32,
  height: u32,
  tiles_across: u32,
  samples: u32,
  bounces: u32,
  seed: u32,
  sample: u32,
}

const DIFFUSE = 0u;
const METAL = 1u;
const GLASS = 2u;
const COATED = 3u;

struct Shape {
  /** And in w the radius, of a sphere. */
  centre: vec4f,
  /** Half the edges of a box. */
  extent: vec3f,
  /** Of a box's turn about the vertical axis. */
  cosine: f32,
  colour: vec3f,
  material: u32,
  sine: f32,
  roughness: f32,
  refraction: f32,
  unused: f32,
}

struct Scene {
  eye: vec3f,
  shape_count: u32,
  /** The camera's axes; right and up as long as half the image plane at distance 1. */
  right: vec3f,
  aperture: f32,
  up: vec3f,
  focus: f32,
  forward: vec3f,
  sphere_count: u32,
  /** A horizontal rectangle that shines down. */
  light_centre: vec3f,
  light_half_x: f32,
  light: vec3f,
  light_half_z: f32,
  sky_low: vec3f,
  floor_square: f32,
  sky_high: vec3f,
  floor_roughness: f32,
  floor_a: vec3f,
  unused_a: f32,
  floor_b: vec3f,
  unused_b: f32,
  /** Spheres first, boxes after them. */
  shapes: array<Shape>,
}

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> scene: Scene;
@group(0) @binding(2) var<storage, read_write> radiance: array<f32>;

// Random numbers: PCG-RXS-M-XS, 32 bits (O'Neill 2014); the stream of a sample begins at a hash of its names.

fn hash(x: u32) -> u32 {
  let word = ((x >> ((x >> 28u) + 4u)) ^ x) * 277803737u;
  return (word >> 22u) ^ word;
}

var<private> random_state: u32;

/** 0 ≤ x < 1, 24 bits: exact in f32. */
fn random() -> f32 {
  random_state = random_state * 747796405u + 2891336453u;
  return f32(hash(random_state) >> 8u) * (1.0 / 16777216.0);
}

/** A point of the unit circle, by an angle in turns. */
fn circle(turns: f32) -> vec2f {
  // An eighth of a turn either side of the nearest quarter, |x| ≤ π/4; Taylor's series, the next terms below 4e-7.
  let quarter = floor(turns * 4.0 + 0.5);
  let x = (turns * 4.0 - quarter) * (PI / 2.0);
  let z = x * x;
  let s = x * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z / 5040.0)));
  let c = 1.0 - z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z / 40320.0)));
  switch u32(quarter) & 3u {
    case 0u: { return vec2f(c, s); }
    case 1u: { return vec2f(-s, c); }
    case 2u: { return vec2f(-c, -s); }
    default: { return vec2f(s, -c); }
  }
}

/** Uniform on the unit sphere. */
fn random_direction() -> vec3f {
  let y = 1.0 - 2.0 * random();
  let around = circle(random()) * sqrt(max(0.0, 1.0 - y * y));
  return vec3f(around.x, y, around.y);
}

/** Cosine-weighted around a unit normal: a point of the sphere that touches the surface (never the antipode itself). */
fn random_cosine(normal: vec3f) -> vec3f {
  let raw = normal + random_direction() * 0.9999;
  return normalize(raw);
}

struct Hit {
  distance: f32,
  normal: vec3f,
  /** Index of the shape, or one of the two below. */
  shape: u32,
}

const NOTHING = 0xffffffffu;
const FLOOR = 0xfffffffeu;
const LIGHT = 0xfffffffdu;

fn hit_sphere(origin: vec3f, direction: vec3f, radius: f32) -> f32 {
  let b = dot(origin, direction);
  // The squared distance of the ray from the centre without cancellation, as Haines, Günther and Akenine-Möller have it.
  let foot = origin - b * direction;
  let inside = radius * radius - dot(foot, foot);
  if (inside <= 0.0) {
    return FAR;
  }
  let root = sqrt(inside);
  let near = -b - root;
  let hit = select(-b + root, near, near > NEAR);
  return select(FAR, hit, hit > NEAR);
}

fn turned(v: vec3f, cosine: f32, sine: f32) -> vec3f {
  return vec3f(cosine * v.x + sine * v.z, v.y, cosine * v.z - sine * v.x);
}

/** Distance, and in yzw the normal, in the box's own axes. */
fn hit_box(origin: vec3f, direction: vec3f, extent: vec3f) -> vec4f {
  let safe = select(direction, vec3f(1e-9), abs(direction) < vec3f(1e-9));
  let a = (-extent - origin) / safe;
  let b = (extent - origin) / safe;
  let low = min(a, b);
  let high = max(a, b);
  let enter = max(max(low.x, low.y), low.z);
  let leave = min(min(high.x, high.y), high.z);
  if (enter > leave || leave <= NEAR) {
    return vec4f(FAR, 0.0, 0.0, 0.0);
  }
  let entering = enter > NEAR;
  let distance = select(leave, enter, entering);
  let face = select(high, low, entering) == vec3f(distance);
  // Outward whichever way the ray goes; one axis even where two faces meet.
  let axis = select(select(vec3f(0.0, 0.0, 1.0), vec3f(0.0, 1.0, 0.0), face.y), vec3f(1.0, 0.0, 0.0), face.x);
  return vec4f(distance, axis * select(sign(safe), -sign(safe), entering));
}

fn trace(origin: vec3f, direction: vec3f) -> Hit {
  var hit = Hit(FAR, vec3f(0.0, 1.0, 0.0), NOTHING);
  if (direction.y < 0.0 && origin.y > 0.0) {
    let distance = -origin.y / direction.y;
    if (distance > NEAR) {
      hit = Hit(distance, vec3f(0.0, 1.0, 0.0), FLOOR);
    }
  }
  // Members are loaded one by one: a whole shape is four times what an intersection needs.
  for (var i = 0u; i < scene.sphere_count; i++) {
    let sphere = scene.shapes[i].centre;
    let local = origin - sphere.xyz;
    let distance = hit_sphere(local, direction, sphere.w);
    if (distance < hit.distance) {
      hit = Hit(distance, (local + distance * direction) / sphere.w, i);
    }
  }
  for (var i = scene.sphere_count; i < scene.shape_count; i++) {
    let cosine = scene.shapes[i].cosine;
    let sine = scene.shapes[i].sine;
    let local = turned(origin - scene.shapes[i].centre.xyz, cosine, sine);
    let found = hit_box(local, turned(direction, cosine, sine), scene.shapes[i].extent);
    if (found.x < hit.distance) {
      hit = Hit(found.x, turned(found.yzw, cosine, -sine), i);
    }
  }
  // The light is seen from below only.
  if (direction.y > 1e-6) {
    let distance = (scene.light_centre.y - origin.y) / direction.y;
    let place = abs(origin + distance * direction - scene.light_centre);
    if (distance > NEAR && distance < hit.distance && place.x < scene.light_half_x && place.z < scene.light_half_z) {
      hit = Hit(distance, vec3f(0.0, -1.0, 0.0), LIGHT);
    }
  }
  return hit;
}

fn blocked(origin: vec3f, direction: vec3f, limit: f32) -> bool {
  for (var i = 0u; i < scene.sphere_count; i++) {
    let sphere = scene.shapes[i].centre;
    if (hit_sphere(origin - sphere.xyz, direction, sphere.w) < limit) {
      return true;
    }
  }
  for (var i = scene.sphere_count; i < scene.shape_count; i++) {
    let cosine = scene.shapes[i].cosine;
    let sine = scene.shapes[i].sine;
    let local = turned(origin - scene.shapes[i].centre.xyz, cosine, sine);
    if (hit_box(local, turned(direction, cosine, sine), scene.shapes[i].extent).x < limit) {
      return true;
    }
  }
  return false;
}

/** What the light sends to a diffuse point, for a white surface: one random point of it. */
fn from_light(point: vec3f, normal: vec3f) -> vec3f {
  let x = (2.0 * random() - 1.0) * scene.light_half_x;
  let z = (2.0 * random() - 1.0) * scene.light_half_z;
  let way = scene.light_centre + vec3f(x, 0.0, z) - point;
  let squared = dot(way, way);
  let distance = sqrt(squared);
  let direction = way / distance;
  let facing = dot(normal, direction);
  if (facing <= 0.0 || direction.y <= 0.0 || blocked(point, direction, distance - OFFSET)) {
    return vec3f(0.0);
  }
  let area = 4.0 * scene.light_half_x * scene.light_half_z;
  return scene.light * (facing * direction.y * area / (PI * squared));
}

fn sky(direction: vec3f) -> vec3f {
  return mix(scene.sky_low, scene.sky_high, clamp(direction.y * 1.4, 0.0, 1.0));
}

/** Schlick's approximation. */
fn fresnel(cosine: f32, at_normal: f32) -> f32 {
  let x = 1.0 - clamp(cosine, 0.0, 1.0);
  let squared = x * x;
  return at_normal + (1.0 - at_normal) * squared * squared * x;
}

fn sample_path(start: vec3f, aim: vec3f) -> vec3f {
  var origin = start;
  var direction = aim;
  var total = vec3f(0.0);
  var weight = vec3f(1.0);
  // The light is counted where it is sampled (diffuse points) or where it is hit (all others), never both.
  var count_light = true;
  for (var bounce = 0u; bounce < task.bounces; bounce++) {
    let hit = trace(origin, direction);
    if (hit.shape == NOTHING) {
      total += weight * sky(direction);
      break;
    }
    if (hit.shape == LIGHT) {
      if (count_light) {
        total += weight * scene.light;
      }
      break;
    }
    let point = origin + hit.distance * direction;
    let outside = dot(hit.normal, direction) < 0.0;
    let normal = select(-hit.normal, hit.normal, outside);

    var colour: vec3f;
    var material: u32;
    var roughness: f32;
    var refraction = 1.5;
    if (hit.shape == FLOOR) {
      let square = floor(point.xz / scene.floor_square);
      let odd = (i32(square.x) + i32(square.y)) & 1;
      colour = select(scene.floor_a, scene.floor_b, odd == 1);
      material = COATED;
      roughness = scene.floor_roughness;
    } else {
      colour = scene.shapes[hit.shape].colour;
      material = scene.shapes[hit.shape].material;
      roughness = scene.shapes[hit.shape].roughness;
      refraction = scene.shapes[hit.shape].refraction;
    }

    let cosine = -dot(normal, direction);
    if (material == GLASS) {
      let ratio = select(refraction, 1.0 / refraction, outside);
      let at_normal = (1.0 - refraction) / (1.0 + refraction);
      let sine_squared = ratio * ratio * (1.0 - cosine * cosine);
      // The angle on the thin side decides.
      let inner = sqrt(max(0.0, 1.0 - sine_squared));
      let reflected = fresnel(select(inner, cosine, outside), at_normal * at_normal);
      if (sine_squared >= 1.0 || random() < reflected) {
        direction = normalize(direction + 2.0 * cosine * normal);
        origin = point + normal * OFFSET;
      } else {
        direction = normalize(ratio * direction + (ratio * cosine - inner) * normal);
        origin = point - normal * OFFSET;
        weight *= colour;
      }
      count_light = true;
      continue;
    }
    var mirror = material == METAL;
    if (material == COATED) {
      mirror = random() < fresnel(cosine, 0.04);
    }
    origin = point + normal * OFFSET;
    if (mirror) {
      if (material == METAL) {
        weight *= colour + (vec3f(1.0) - colour) * fresnel(cosine, 0.0);
      }
      let fuzzy = direction + 2.0 * cosine * normal + roughness * random_direction();
      direction = normalize(fuzzy);
      if (dot(direction, normal) <= 0.0) {
        break;
      }
      count_light = true;
      continue;
    }
    weight *= colour;
    total += weight * from_light(origin, normal);
    direction = random_cosine(normal);
    count_light = false;
  }
  return total;
}

/** The most that one sample may count: a sixteenth of the image's white, once divided by the samples. */
fn sample_limit() -> f32 {
  return f32(task.samples) / 16.0;
}

@compute @workgroup_size(64)
fn add_sample(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= task.items * TILE_PIXELS) {
    return;
  }
  let tile = task.first + id.x / TILE_PIXELS;
  let x = tile % task.tiles_across * TILE + id.x % TILE;
  let y = tile / task.tiles_across * TILE + id.x % TILE_PIXELS / TILE;
  if (x >= task.width || y >= task.height) {
    return;
  }
  random_state = hash(x + hash(y + hash(task.sample + hash(task.seed))));

  let plane = vec2f(
    (f32(x) + random()) / f32(task.width) * 2.0 - 1.0,
    1.0 - (f32(y) + random()) / f32(task.height) * 2.0,
  );
  let shape = f32(task.width) / f32(task.height);
  let aim = scene.forward + plane.x * shape * scene.right + plane.y * scene.up;
  let lens = circle(random()) * (scene.aperture * sqrt(random()));
  let shift = lens.x * normalize(scene.right) + lens.y * normalize(scene.up);
  let colour = sample_path(scene.eye + shift, normalize(aim * scene.focus - shift));

  // A comparison with NaN is false: such a sample counts as black.
  let limit = vec3f(sample_limit());
  let safe = select(vec3f(0.0), min(colour, limit), colour >= vec3f(0.0));
  radiance[3u * id.x] += safe.x;
  radiance[3u * id.x + 1u] += safe.y;
  radiance[3u * id.x + 2u] += safe.z;
}

@compute @workgroup_size(64)
fn divide(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&radiance)) {
    radiance[id.x] /= f32(task.samples);
  }
}
