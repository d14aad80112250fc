// How sure a count of wrong results makes us of the rate behind it: the exact bounds of Clopper and Pearson
// (Biometrika 26, 1934), which are quantiles of the beta distribution.

/** Lanczos' approximation with g = 7 and nine terms (Numerical Recipes, 3rd ed., 6.1): 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function lnGamma(x: number): number {
  const z = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Lentz's evaluation of the continued fraction of the incomplete beta function (Numerical Recipes, 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  const TINY = 1e-300;
  const nonZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // Converges in about sqrt(max(a, b)) steps.
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return fraction;
}

/** The regularised incomplete beta function: probability that a beta(a, b) variable is at most `x`. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The `x` at which `incompleteBeta(x, a, b)` is `p`, by bisection on a logarithmic scale: rates here are tiny. */
function betaQuantile(p: number, a: number, b: number): number {
  let low = -800;
  let high = 0;
  for (let i = 0; i < 200 && high - low > 1e-14 * Math.abs(low); i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(Math.exp(middle), a, b) < p) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/**
 * Bounds of the rate behind `wrong` of `total`. Two-sided: the rate is between `lower` and `upper` in 95 of 100 such
 * experiments (2.5 % on each side). One-sided: it is below `upper95` in 95 of 100.
 */
export interface RateBounds {
  lower: number;
  upper: number;
  upper95: number;
}

export function clopperPearson(wrong: number, total: number): RateBounds {
  if (total === 0) return { lower: 0, upper: 1, upper95: 1 };
  // With nothing wrong (or nothing right) the quantile has a closed form, exact to the last digit.
  const upper = (alpha: number): number => {
    if (wrong === total) return 1;
    return wrong === 0 ? -Math.expm1(Math.log(alpha) / total) : betaQuantile(1 - alpha, wrong + 1, total - wrong);
  };
  const lower = (alpha: number): number => {
    if (wrong === 0) return 0;
    return wrong === total ? Math.exp(Math.log(alpha) / total) : betaQuantile(alpha, wrong, total - wrong + 1);
  };
  return { lower: lower(0.025), upper: upper(0.025), upper95: upper(0.05) };
}
