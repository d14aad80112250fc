// Numbers nobody outside can foresee, many at a time: which results are checked must not be guessed.
import { randomFillSync } from "node:crypto";

const numbers = new Uint32Array(1024);
let next = numbers.length;

/** Uniform in [0, 1). */
export function uniform(): number {
  if (next === numbers.length) {
    randomFillSync(numbers);
    next = 0;
  }
  return numbers[next++]! / 2 ** 32;
}
