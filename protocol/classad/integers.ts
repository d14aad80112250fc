// 64-bit integers, exact: in numbers while both operands and the result are safe integers, in bigints beyond.

export type Integer = number | bigint;

const MIN = -(2n ** 63n);
export const MAX_INTEGER = 2n ** 63n - 1n;

/** Wraps around at 64 bits, and comes back to a number if it fits one. */
export function wrap(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrap(BigInt(a) - BigInt(b));
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return wrap(BigInt(a) * BigInt(b));
}

/** Towards zero. `undefined` for a zero divisor; the one overflow, MIN / -1, gives the largest integer. */
export function divide(a: Integer, b: Integer): Integer | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return a === MIN && b === -1 ? MAX_INTEGER : wrap(BigInt(a) / BigInt(b));
}

/** With the sign of the dividend. `undefined` for a zero divisor. */
export function remainder(a: Integer, b: Integer): Integer | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return wrap(BigInt(a) % BigInt(b));
}

/** Shift counts are taken modulo 64, as the processor does. */
const count = (by: bigint): bigint => by & 63n;

export const shiftLeft = (a: Integer, by: Integer): Integer => wrap(BigInt(a) << count(BigInt(by)));

/** A negative number shifts by at most 64 and not at all by a negative count; others by the count modulo 64. */
export function shiftRight(a: Integer, by: Integer): Integer {
  const n = BigInt(by);
  if (a >= 0) return wrap(BigInt(a) >> count(n));
  return wrap(BigInt(a) >> (n < 0n ? 0n : n > 64n ? 64n : n));
}

/** `>>>`: a negative number is shifted by one, its sign cleared, and the rest shifted modulo 64. */
export function shiftRightUnsigned(a: Integer, by: Integer): Integer {
  const n = BigInt(by);
  if (a >= 0) return wrap(BigInt(a) >> count(n));
  return wrap(((BigInt(a) >> 1n) & MAX_INTEGER) >> count(n - 1n));
}

export function bitwise(operator: "&" | "|" | "^", a: Integer, b: Integer): Integer {
  const [x, y] = [BigInt(a), BigInt(b)];
  return wrap(operator === "&" ? x & y : operator === "|" ? x | y : x ^ y);
}

export const complement = (a: Integer): Integer => wrap(~BigInt(a));

/** A real to an integer, towards zero; what does not fit becomes the smallest integer, as the processor does. */
export function truncate(real: number): Integer {
  const whole = Math.trunc(real);
  if (Number.isSafeInteger(whole)) return whole + 0;
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? wrap(BigInt(whole)) : MIN;
}

/** The same to 32 bits. */
export function truncate32(real: number): number {
  const whole = Math.trunc(real);
  return whole >= -(2 ** 31) && whole < 2 ** 31 ? whole + 0 : -(2 ** 31);
}

/** The low 32 bits with their sign: where the library keeps an integer in a C int. */
export const low32 = (a: Integer): number => Number(BigInt.asIntN(32, BigInt(a)));
