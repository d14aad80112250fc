// 32-bit integers: multiply, add, shift, exclusive or, as hashes and random numbers are made of. Four vectors of four.
// Operations of an item: ROUNDS × 4 vectors × 4 components × 4, and 15 additions at the end.

const ROUNDS = 4096u;
const CHUNK = 16384u;

struct Task {
  first: u32,
  items: u32,
  /** Which piece of CHUNK items this dispatch does. */
  step: u32,
  factor: u32,
}

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;

@compute @workgroup_size(64)
fn mix32(@builtin(global_invocation_id) id: vec3u) {
  let index = task.step * CHUNK + id.x;
  if id.x >= CHUNK || index >= task.items { return; }
  let factor = task.factor;
  let shift = vec4u(1u, 3u, 5u, 7u);
  var a = vec4u(task.first + index) + shift;
  var b = a + 1u;
  var c = a + 2u;
  var d = a + 3u;
  for (var round = 0u; round < ROUNDS; round++) {
    a = a * factor + shift;
    b = b * factor + shift;
    c = c * factor + shift;
    d = d * factor + shift;
    a ^= a >> vec4u(15u);
    b ^= b >> vec4u(15u);
    c ^= c >> vec4u(15u);
    d ^= d >> vec4u(15u);
  }
  let sum = a + b + c + d;
  sums[index] = sum.x + sum.y + sum.z + sum.w;
}
