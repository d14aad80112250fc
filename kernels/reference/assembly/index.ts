// Scalars, half of the operations on 64-bit floats, half on 32-bit integers, as kernels here do both: four chains of
// multiply and add, two of multiply, add, shift and exclusive or.
// Operations of an item: ROUNDS × (4 × 2 + 2 × 4), and 5 additions at the end.

const ROUNDS: u32 = 8192;

/** Error code of `run`. */
const WRONG_OUTPUT: i32 = 1;

export function alloc(bytes: i32): i32 {
  return <i32>heap.alloc(<usize>bytes);
}

export function run(args: i32): i32 {
  const block = <usize>args;
  // {paramsPtr, inputCount, first, count, outPtr, outBytes}; parameters: scale, factor
  const params = <usize>load<u32>(block);
  const first = load<u32>(block, 8);
  const count = load<u32>(block, 12);
  const out = <usize>load<u32>(block, 16);
  if (load<u32>(block, 20) != 8 * count) return WRONG_OUTPUT;
  const scale = load<f64>(params);
  const factor = <u32>load<f64>(params, 8);
  for (let i: u32 = 0; i < count; i++) store<f64>(out + <usize>(8 * i), compute(first + i, scale, factor));
  return 0;
}

function compute(item: u32, scale: f64, factor: u32): f64 {
  // As in the shader: each chain nears shift / (1 − scale).
  let a = <f64>(item % 1024);
  let b = a;
  let c = a;
  let d = a;
  let x = item;
  let y = ~item;
  for (let round: u32 = 0; round < ROUNDS; round++) {
    a = a * scale + 0.25;
    b = b * scale + 0.5;
    c = c * scale + 0.75;
    d = d * scale + 1.0;
    x = x * factor + 1;
    y = y * factor + 3;
    x ^= x >> 15;
    y ^= y >> 15;
  }
  return a + b + c + d + <f64>(x + y);
}
