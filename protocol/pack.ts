// Bytes as Solidity packs them: big-endian, at fixed places of a buffer. The callers lay the buffer out.
import { invariant } from "./errors.ts";
import type { Hex } from "./ids.ts";

/** Writes `length` bytes of lower-case hexadecimal and returns the place after them. */
export function putHex(target: Uint8Array, at: number, hex: Hex, length: number): number {
  invariant(hex.length === 2 + 2 * length, `expected ${length} bytes in hexadecimal, found ${hex.length} characters`);
  for (let i = 0, from = 2; i < length; i++, from += 2)
    target[at + i] = (DIGIT[hex.charCodeAt(from)]! << 4) | DIGIT[hex.charCodeAt(from + 1)]!;
  return at + length;
}

/** By character code. Ids are lower case by their type. */
const DIGIT = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, "0123456789abcdef".indexOf(String.fromCharCode(code))),
);

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

const SIX_BYTES = 0xffff_ffff_ffffn;

/** Writes an unsigned integer in `length` bytes, over zeros. */
export function putBigUint(target: Uint8Array, at: number, value: bigint, length: number): number {
  invariant(value >= 0n && value < 1n << BigInt(8 * length), `expected an unsigned integer of ${length} bytes`);
  let rest = value;
  // Six bytes at a time, as a plain number: big integers are slow to take apart.
  for (let end = at + length; end > at && rest > 0n; end -= 6) {
    let part = Number(rest & SIX_BYTES);
    rest >>= 48n;
    for (let i = end - 1; i >= at && part > 0; i--) {
      target[i] = part % 256;
      part = Math.floor(part / 256);
    }
  }
  return at + length;
}
