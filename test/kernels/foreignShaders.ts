// Compute shaders as people write them, that know nothing of this project: they must run as they are.

/** A sum over workgroups, then over the partial sums, in two entry points; sizes come from arrayLength. */
export const reduction = /* wgsl */ `
@group(0) @binding(0) var<storage, read> numbers: array<u32>;
@group(0) @binding(1) var<storage, read_write> partial: array<u32>;
@group(1) @binding(0) var<storage, read_write> total: array<u32>;

var<workgroup> shared_sums: array<u32, 256>;

@compute @workgroup_size(256)
fn reduce(@builtin(global_invocation_id) gid: vec3<u32>,
          @builtin(local_invocation_index) lid: u32,
          @builtin(workgroup_id) wid: vec3<u32>) {
  shared_sums[lid] = 0u;
  if (gid.x < arrayLength(&numbers)) { shared_sums[lid] = numbers[gid.x]; }
  workgroupBarrier();
  for (var stride = 128u; stride > 0u; stride >>= 1u) {
    if (lid < stride) { shared_sums[lid] += shared_sums[lid + stride]; }
    workgroupBarrier();
  }
  if (lid == 0u) { partial[wid.x] = shared_sums[0]; }
}

@compute @workgroup_size(1)
fn finish() {
  var sum = 0u;
  for (var i = 0u; i < arrayLength(&partial); i++) { sum += partial[i]; }
  total[0] = sum;
}
`;

/** Hillis and Steele's prefix sum: two buffers change places from pass to pass, the stride doubles. */
export const prefixSum = /* wgsl */ `
struct Params { stride: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> destination: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= params.count) { return; }
  if (i >= params.stride) { destination[i] = source[i] + source[i - params.stride]; }
  else { destination[i] = source[i]; }
}
`;

/** A bitonic sort in place; the stage and the distance are uniforms, the group size a pipeline constant. */
export const bitonicSort = /* wgsl */ `
override workgroup_size: u32 = 64;
struct Step { block: u32, distance: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;

@compute @workgroup_size(workgroup_size)
fn sort(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  let j = i ^ step.distance;
  if (j <= i || j >= arrayLength(&keys)) { return; }
  let ascending = (i & step.block) == 0u;
  if ((keys[i] > keys[j]) == ascending) {
    let kept = keys[i];
    keys[i] = keys[j];
    keys[j] = kept;
  }
}
`;
