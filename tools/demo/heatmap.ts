// The score matrix as a picture, one square a pair, brighter for more alike. The square root brings out the faint ones:
// a protein against itself scores a hundred times what strangers do.
import { PNG } from "pngjs";
import type { Presentation } from "../../kernels/builtin.ts";

const SQUARE = 8;
/** Dark blue to yellow, equally spaced, alike to people who see colours differently. */
const STOPS = [
  [13, 8, 60],
  [69, 33, 117],
  [150, 47, 110],
  [222, 97, 77],
  [251, 174, 74],
  [252, 250, 190],
] as const;

export function heatmap({ rows, columns, values }: Extract<Presentation, { kind: "matrix" }>): Buffer {
  const png = new PNG({ width: columns.length * SQUARE, height: rows.length * SQUARE, colorType: 2 });
  const brightest = Math.sqrt(values.reduce((most, value) => Math.max(most, value), 1));
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++) {
      const value = values[Math.floor(y / SQUARE) * columns.length + Math.floor(x / SQUARE)]!;
      png.data.set([...colour(Math.sqrt(Math.max(0, value)) / brightest), 255], 4 * (y * png.width + x));
    }
  return PNG.sync.write(png, { colorType: 2 });
}

function colour(share: number): [number, number, number] {
  const at = Math.min(share, 1) * (STOPS.length - 1);
  const low = STOPS[Math.min(Math.floor(at), STOPS.length - 2)]!;
  const high = STOPS[Math.min(Math.floor(at), STOPS.length - 2) + 1]!;
  const part = at - Math.min(Math.floor(at), STOPS.length - 2);
  return [0, 1, 2].map((i) => Math.round(low[i]! + part * (high[i]! - low[i]!))) as [number, number, number];
}
