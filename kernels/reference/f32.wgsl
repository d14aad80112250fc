// Multiply and add, and nothing else: four vectors of four, each step depending on the last of its own vector only.
// Operations of an item: ROUNDS × 4 vectors × 4 components × (1 multiplication + 1 addition), and 15 additions at the end.

const ROUNDS = 8192u;
const CHUNK = 16384u;

struct Task {
  first: u32,
  items: u32,
  /** Which piece of CHUNK items this dispatch does. */
  step: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn multiplyAdd(@builtin(global_invocation_id) id: vec3u) {
  let index = task.step * CHUNK + id.x;
  if id.x >= CHUNK || index >= task.items { return; }
  // Each component nears shift / (1 − scale): neither grows nor becomes subnormal, however many rounds.
  let item = f32((task.first + index) % 1024u);
  let scale = task.scale;
  let shift = vec4f(0.25, 0.5, 0.75, 1.0);
  var a = vec4f(item) + shift;
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  for (var round = 0u; round < ROUNDS; round++) {
    a = a * scale + shift;
    b = b * scale + shift;
    c = c * scale + shift;
    d = d * scale + shift;
  }
  let sum = a + b + c + d;
  sums[index] = sum.x + sum.y + sum.z + sum.w;
}
