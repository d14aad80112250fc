// The three kernels in plain TypeScript, which count what they do.
import { F32_ROUNDS, I32_ROUNDS, WASM_ROUNDS } from "./manifests.ts";

export interface Counted {
  value: number;
  /** Operations of the kernel's kind: no index, no loop counter. */
  operations: number;
}

export function referenceF32(item: number, scale: number): Counted {
  let operations = 0;
  const multiplyAdd = (x: number, shift: number) => {
    operations += 2;
    return Math.fround(Math.fround(x * scale) + shift);
  };
  const sum = (values: number[]) =>
    values.reduce((total, value) => {
      operations++;
      return Math.fround(total + value);
    });
  // Vectors one after the other: their components do not meet before the end.
  const componentsOf = (vector: number) =>
    [0.25, 0.5, 0.75, 1].map((shift) => {
      let x = Math.fround((item % 1024) + shift + vector);
      for (let round = 0; round < F32_ROUNDS; round++) x = multiplyAdd(x, shift);
      return x;
    });
  const vectors = [0, 1, 2, 3].map(componentsOf);
  const columns = [0, 1, 2, 3].map((column) => sum(vectors.map((vector) => vector[column]!)));
  return { value: sum(columns), operations };
}

export function referenceI32(item: number, factor: number): Counted {
  let operations = 0;
  let total = 0;
  for (const vector of [0, 1, 2, 3])
    for (const shift of [1, 3, 5, 7]) {
      let x = (item + shift + vector) >>> 0;
      for (let round = 0; round < I32_ROUNDS; round++) {
        x = (Math.imul(x, factor) + shift) >>> 0;
        x = (x ^ (x >>> 15)) >>> 0;
        operations += 4;
      }
      total = (total + x) >>> 0;
      operations++;
    }
  // The first of the sixteen is not added to anything.
  return { value: total, operations: operations - 1 };
}

export function referenceWasm(item: number, scale: number, factor: number): Counted {
  let operations = 0;
  const floats = [0.25, 0.5, 0.75, 1].map((shift) => {
    let x = item % 1024;
    for (let round = 0; round < WASM_ROUNDS; round++) {
      x = x * scale + shift;
      operations += 2;
    }
    return x;
  });
  const integers = [item >>> 0, ~item >>> 0].map((start, chain) => {
    let x = start;
    for (let round = 0; round < WASM_ROUNDS; round++) {
      x = (Math.imul(x, factor) + (chain === 0 ? 1 : 3)) >>> 0;
      x = (x ^ (x >>> 15)) >>> 0;
      operations += 4;
    }
    return x;
  });
  const [a, b, c, d] = floats as [number, number, number, number];
  // Four additions of floats, one of integers.
  return { value: a + b + c + d + ((integers[0]! + integers[1]!) >>> 0), operations: operations + 5 };
}
