// Numbers as colours: a sequential scale whose lightness runs one way, so that it also reads in grey.

export type Rgb = readonly [red: number, green: number, blue: number];

/** From low to high. On a light page low is light; on a dark one low is dark: low values recede into the page. */
export const SCALES: Record<"light" | "dark", readonly Rgb[]> = {
  light: [
    [238, 244, 240],
    [178, 219, 199],
    [94, 177, 164],
    [37, 122, 138],
    [31, 70, 112],
    [30, 18, 64],
  ],
  dark: [
    [18, 28, 25],
    [24, 63, 66],
    [31, 107, 112],
    [67, 161, 137],
    [156, 213, 141],
    [250, 246, 190],
  ],
};

/** The colour at `share` of the scale, 0 to 1; beyond is cut. */
export function colourAt(scale: readonly Rgb[], share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const rest = at - low;
  const [a, b] = [scale[low]!, scale[low + 1]!];
  const mix = (channel: 0 | 1 | 2) => Math.round(a[channel] + (b[channel] - a[channel]) * rest);
  return [mix(0), mix(1), mix(2)];
}

/**
 * Where a value lies between `low` and `high` on a logarithmic scale: few very high values (a sequence against itself)
 * must not press all others into one colour. Negative values are counted from the lowest one.
 */
export function logShare(value: number, low: number, high: number): number {
  if (high <= low) return 0;
  const from = 1 - Math.min(0, low);
  return Math.log((value + from) / (low + from)) / Math.log((high + from) / (low + from));
}
