import type { OutputType } from "../dataTypes.ts";

/**
 * Makes every NaN the quiet one without payload, in place: which NaN an operation yields is the engine's choice, and
 * equal results must have equal bytes. `bytes` begins on an 8-byte boundary of its buffer.
 */
export function canonicalizeNans(type: OutputType, bytes: Uint8Array): void {
  if (type === "f32") {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    for (let i = 0; i < words.length; i++) if ((words[i]! & 0x7fff_ffff) > 0x7f80_0000) words[i] = 0x7fc0_0000;
  } else if (type === "f64") {
    const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
    const floats = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
    for (let i = 0; i < words.length; i++) if (Number.isNaN(floats[i])) words[i] = 0x7ff8_0000_0000_0000n;
  }
}
