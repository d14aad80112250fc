// What the probe is asked about: 64 rows of a, b, c. Ordinary numbers first, then those at which implementations part.

export const ROWS = 64;
/** Rows whose numbers are finite and of ordinary size; sums are taken over their first ones. */
const ORDINARY_ROWS = 24;

const INFINITY = Number.POSITIVE_INFINITY;
/** The least normal and the least positive f32. */
const NORMAL = 2 ** -126;
const LEAST = 2 ** -149;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Eight rows each; what is missing of a row is taken from `mixed`. */
const RARE: readonly (readonly number[])[] = [
  // Near 1 and at halves, where roundings to integers part.
  [1, 1, -1],
  [1 + 2 ** -23, 1 - 2 ** -24, -1],
  [0.5, 1.5, 2.5],
  [-0.5, -1.5, -2.5],
  [4097, 4097, -16_785_408],
  [8388607.5, 0.1, 16_777_216],
  [3, 10, -1 / 3],
  [-7.25, 2.5, 0.75],
  // Arguments that must be reduced by many turns.
  [100, 22 / 7],
  [1000.5, 355 / 113],
  [12_345.678, 0.7],
  [-98_765.43, 1.1],
  [1e6, 2 * Math.PI],
  [1.6e7, Math.PI],
  [-3.3e8, Math.PI / 2],
  [7e12, Math.PI / 4],
  // Below and around the least normal number.
  [NORMAL, 0.5, LEAST],
  [NORMAL, -NORMAL, NORMAL],
  [NORMAL / 2, 2, -NORMAL],
  [LEAST, 0.75, NORMAL],
  [-LEAST, 1, LEAST],
  [NORMAL * 1.5, -1, NORMAL],
  [2 ** -70, 2 ** -70, 2 ** -140],
  [-(2 ** -130), 3, 2 ** -128],
  // Up to the largest, and beyond.
  [LARGEST, 2, -LARGEST],
  [LARGEST, 1, LARGEST],
  [-LARGEST, LARGEST, 1e30],
  [3e38, 3e38, -3e38],
  [2 ** 64, 2 ** 64, -(2 ** 100)],
  [88.9, 127.9, 3e9],
  [-104, -150.5, -3e9],
  [2147483648, 4294967040, 4294967296],
  // Zeros, infinities and NaNs.
  [0, 0, -0],
  [-0, 0, 1],
  [1, 0, -0],
  [INFINITY, -INFINITY, 1],
  [-INFINITY, 2, INFINITY],
  [Number.NaN, 1, 2],
  [1, Number.NaN, 2],
  [-1, 2, Number.NaN],
];

/** The input blob: 64 × 3 f32, little-endian, the same on every machine. */
export function probeNumbers(): Uint8Array<ArrayBuffer> {
  const rows = new Float32Array(3 * ROWS);
  const mixed = mixedNumbers();
  for (let row = 0; row < ROWS; row++) {
    const rare = row < ORDINARY_ROWS ? [] : RARE[row - ORDINARY_ROWS]!;
    const [a = mixed(), b = mixed(), c] = rare;
    rows[3 * row] = a;
    rows[3 * row + 1] = b;
    // The rounded product, negative: whatever ab + c gives then is what was not rounded away.
    const cancels = row % 2 === 0;
    rows[3 * row + 2] = c ?? (cancels ? -(rows[3 * row]! * rows[3 * row + 1]!) : mixed());
  }
  return new Uint8Array(rows.buffer);
}

/** Numbers of magnitude 2⁻⁶ to 2⁶ with all bits in use, from Marsaglia's xorshift32. */
function mixedNumbers(): () => number {
  const view = new DataView(new ArrayBuffer(4));
  let state = 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const exponent = 121 + ((state >>> 24) % 12);
    view.setUint32(0, (((state >>> 23) & 1) << 31) | (exponent << 23) | (state & 0x7f_ffff));
    return view.getFloat32(0);
  };
}
