// Bytes as Solidity packs them: big-endian, at fixed places of a buffer. The callers lay the buffer out.
import { invariant } from "./errors.ts";
import type { Hex } from "./ids.ts";

/** Writes `length` bytes of lower-case hexadecimal and returns the place after them. */
export function putHex(target: Uint8Array, at: number, hex: Hex, length: number): number {
  invariant(hex.length === 2 + 2 * length, `expected ${length} bytes in hexadecimal, found ${hex.length} characters`);
  for (let i = 0; i < length; i++) target[at + i] = 16 * digit(hex, 2 + 2 * i) + digit(hex, 3 + 2 * i);
  return at + length;
}

/** Ids are lower case by their type. */
function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/** Writes 32 bytes. */
export function putBytes32(target: Uint8Array, at: number, bytes: Uint8Array): number {
  invariant(bytes.length === 32, `expected 32 bytes, found ${bytes.length}`);
  target.set(bytes, at);
  return at + 32;
}

/** Writes an unsigned integer below 2^53 in `length` bytes, 1 to 32. */
export function putUint(target: Uint8Array, at: number, value: number, length: number): number {
  invariant(Number.isSafeInteger(value) && value >= 0, `expected an unsigned integer below 2^53, found ${value}`);
  let rest = value;
  for (let i = at + length - 1; i >= at; i--) {
    target[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  invariant(rest === 0, `expected an unsigned integer of ${length} bytes, found ${value}`);
  return at + length;
}

/** Writes an unsigned integer in `length` bytes. */
export function putBigUint(target: Uint8Array, at: number, value: bigint, length: number): number {
  invariant(value >= 0n && value < 1n << BigInt(8 * length), `expected an unsigned integer of ${length} bytes`);
  let rest = value;
  for (let i = at + length - 1; i >= at && rest > 0n; i--) {
    target[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return at + length;
}
