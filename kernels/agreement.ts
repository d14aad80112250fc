// Whether two outputs of one task are the same result within an app's tolerance.
import { ELEMENT_BYTES, type OutputType } from "./dataTypes.ts";
import type { Compare } from "./kernel.ts";

/** Elements are compared in order: each pair must be within `abs`, `rel` or `ulp`. Outputs of other lengths never agree. */
export function agreement(
  compare: Extract<Compare, { kind: "tolerance" }>,
  type: OutputType,
  a: Uint8Array,
  b: Uint8Array,
): boolean {
  if (a.length !== b.length) return false;
  const elements = a.length / ELEMENT_BYTES[type];
  const [left, right] = [reader(type, a), reader(type, b)];
  for (let i = 0; i < elements; i++) if (!isClose(compare, type, left(i), right(i))) return false;
  return true;
}

function isClose({ abs, rel, ulp }: { abs: number; rel: number; ulp: number }, type: OutputType, x: number, y: number) {
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  const difference = Math.abs(x - y);
  // A NaN or an infinity is close to nothing but itself.
  if (!Number.isFinite(difference)) return false;
  if (difference <= abs || difference <= rel * Math.max(Math.abs(x), Math.abs(y))) return true;
  return ulp > 0 && ulpsApart(type, x, y) <= ulp;
}

/** Representable numbers between two floats, itself included; integers count themselves. */
function ulpsApart(type: OutputType, x: number, y: number): number {
  if (type !== "f32" && type !== "f64") return Math.abs(x - y);
  const view = new DataView(new ArrayBuffer(16));
  if (type === "f32") {
    view.setFloat32(0, x);
    view.setFloat32(4, y);
    return Math.abs(ordered32(view.getInt32(0)) - ordered32(view.getInt32(4)));
  }
  view.setFloat64(0, x);
  view.setFloat64(8, y);
  const apart = ordered64(view.getBigInt64(0)) - ordered64(view.getBigInt64(8));
  return Number(apart < 0n ? -apart : apart);
}

/** Bits of a float as a number that grows with the float. */
const ordered32 = (bits: number): number => (bits < 0 ? -(bits & 0x7fffffff) : bits);
const ordered64 = (bits: bigint): bigint => (bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits);

function reader(type: OutputType, bytes: Uint8Array): (i: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "u8":
      return (i) => view.getUint8(i);
    case "i32":
      return (i) => view.getInt32(4 * i, true);
    case "u32":
      return (i) => view.getUint32(4 * i, true);
    case "f32":
      return (i) => view.getFloat32(4 * i, true);
    case "f64":
      return (i) => view.getFloat64(8 * i, true);
  }
}
