// Chris Doty-Humphrey's sfc32 (PractRand): 128 bits of state, passes BigCrush. Each pair of paths has a stream of its own,
// named by seed, item and pair, so that a result does not depend on how items are spread over tasks.

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let counter: u32 = 0;

export function seed(name: u32, item: u32, pair: u32): void {
  a = name;
  b = item;
  c = pair;
  counter = 1;
  // The author's count for mixing a seed in.
  for (let i = 0; i < 12; i++) nextU32();
}

@inline
export function nextU32(): u32 {
  const sum = a + b + counter;
  counter += 1;
  a = b ^ (b >>> 9);
  b = c + (c << 3);
  c = ((c << 21) | (c >>> 11)) + sum;
  return sum;
}

/** Between 0 and 1, never either: 32 bits, in the middle of their interval. */
@inline
export function nextUnit(): f64 {
  return (<f64>nextU32() + 0.5) * 2.3283064365386963e-10;
}

/** 0 to n − 1. */
@inline
export function nextBelow(n: u32): u32 {
  return <u32>((<u64>nextU32() * <u64>n) >> 32);
}
