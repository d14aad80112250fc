// Whether two outputs of one task are the same result under an app's rule.
import { ELEMENT_BYTES, type OutputType } from "./dataTypes.ts";
import type { Compare } from "./kernel.ts";

/**
 * With a tolerance every pair of elements must be within `abs`, or within `rel` of the larger magnitude, or within `ulp`
 * representable values; NaN agrees with NaN only, an infinity with itself only. Outputs of other lengths never agree.
 * Bytes are little-endian, as kernels write them.
 */
export function agreement(compare: Compare, type: OutputType, a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  if (compare.kind === "exact" || (type !== "f32" && type !== "f64")) return a.every((byte, i) => byte === b[i]);
  const bytes = ELEMENT_BYTES[type];
  if (a.byteLength % bytes !== 0) return false;
  const left = new DataView(a.buffer, a.byteOffset, a.byteLength);
  const right = new DataView(b.buffer, b.byteOffset, b.byteLength);
  for (let at = 0; at < a.byteLength; at += bytes) {
    const x = type === "f32" ? left.getFloat32(at, true) : left.getFloat64(at, true);
    const y = type === "f32" ? right.getFloat32(at, true) : right.getFloat64(at, true);
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
    const gap = Math.abs(x - y);
    if (gap <= compare.abs || gap <= compare.rel * Math.max(Math.abs(x), Math.abs(y))) continue;
    if (ulpsBetween(type, left, right, at) > compare.ulp) return false;
  }
  return true;
}

/** Floats ordered as their bits are, once negative ones are mirrored; +0 and −0 are one value. */
function ulpsBetween(type: "f32" | "f64", left: DataView, right: DataView, at: number): number {
  if (type === "f32") {
    const order = (bits: number) => (bits < 0 ? -(bits & 0x7fff_ffff) : bits);
    return Math.abs(order(left.getInt32(at, true)) - order(right.getInt32(at, true)));
  }
  const order = (bits: bigint) => (bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits);
  const distance = order(left.getBigInt64(at, true)) - order(right.getBigInt64(at, true));
  return Number(distance < 0n ? -distance : distance);
}
