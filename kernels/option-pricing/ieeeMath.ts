// exp, log and the normal distribution's inverse in plain IEEE arithmetic, the twin of assembly/math.ts: the same
// operations in the same order, so that they are equal bit for bit, here and in WASM, on every machine.

const LN2_HIGH = 0.6931471803691238; // ln 2 to 33 bits: k × this is exact
const LN2_LOW = 1.9082149292705877e-10;

const scratch = new DataView(new ArrayBuffer(8));

function powerOfTwo(k: number): number {
  scratch.setUint32(0, (1023 + k) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** Relative error below 1e-15 for −700 < x < 700; arguments are clamped to that. */
export function exp(x: number): number {
  if (x > 700) x = 700;
  if (x < -700) x = -700;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor's series: |r| ≤ ln 2 / 2, the next term is below 3e-17.
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  return sum * powerOfTwo(k);
}

/** Relative error below 1e-15 for normal positive x. */
export function log(x: number): number {
  scratch.setFloat64(0, x);
  const high = scratch.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = scratch.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh s, |s| ≤ 0.1716: the next term is below 1e-18.
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 1 / 21;
  sum = sum * z + 1 / 19;
  sum = sum * z + 1 / 17;
  sum = sum * z + 1 / 15;
  sum = sum * z + 1 / 13;
  sum = sum * z + 1 / 11;
  sum = sum * z + 1 / 9;
  sum = sum * z + 1 / 7;
  sum = sum * z + 0.2;
  sum = sum * z + 1 / 3;
  sum = sum * z + 1;
  return exponent * LN2_HIGH + (2 * s * sum + exponent * LN2_LOW);
}

/**
 * The x below which a standard normal variable lies with probability p, 0 < p < 1, to about 16 digits.
 * M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    let top = 2509.0809287301227;
    top = top * r + 33430.57558358813;
    top = top * r + 67265.7709270087;
    top = top * r + 45921.95393154987;
    top = top * r + 13731.69376550946;
    top = top * r + 1971.5909503065513;
    top = top * r + 133.14166789178438;
    top = top * r + 3.3871328727963665;
    let bottom = 5226.495278852854;
    bottom = bottom * r + 28729.085735721943;
    bottom = bottom * r + 39307.89580009271;
    bottom = bottom * r + 21213.794301586597;
    bottom = bottom * r + 5394.196021424751;
    bottom = bottom * r + 687.1870074920579;
    bottom = bottom * r + 42.31333070160091;
    bottom = bottom * r + 1;
    return (q * top) / bottom;
  }
  const tail = q < 0 ? p : 1 - p;
  let r = Math.sqrt(-log(tail));
  let top: number;
  let bottom: number;
  if (r <= 5) {
    r -= 1.6;
    top = 0.0007745450142783414;
    top = top * r + 0.022723844989269184;
    top = top * r + 0.2417807251774506;
    top = top * r + 1.2704582524523684;
    top = top * r + 3.6478483247632045;
    top = top * r + 5.769497221460691;
    top = top * r + 4.630337846156546;
    top = top * r + 1.4234371107496835;
    bottom = 1.0507500716444169e-9;
    bottom = bottom * r + 0.0005475938084995345;
    bottom = bottom * r + 0.015198666563616457;
    bottom = bottom * r + 0.14810397642748008;
    bottom = bottom * r + 0.6897673349851;
    bottom = bottom * r + 1.6763848301838038;
    bottom = bottom * r + 2.053191626637759;
    bottom = bottom * r + 1;
  } else {
    r -= 5;
    top = 2.0103343992922881e-7;
    top = top * r + 2.7115555687434876e-5;
    top = top * r + 0.0012426609473880784;
    top = top * r + 0.026532189526576124;
    top = top * r + 0.29656057182850487;
    top = top * r + 1.7848265399172913;
    top = top * r + 5.463784911164114;
    top = top * r + 6.657904643501103;
    bottom = 2.0442631033899397e-15;
    bottom = bottom * r + 1.421511758316446e-7;
    bottom = bottom * r + 1.8463183175100548e-5;
    bottom = bottom * r + 0.0007868691311456133;
    bottom = bottom * r + 0.014875361290850615;
    bottom = bottom * r + 0.1369298809227358;
    bottom = bottom * r + 0.599832206555888;
    bottom = bottom * r + 1;
  }
  const x = top / bottom;
  return q < 0 ? -x : x;
}
