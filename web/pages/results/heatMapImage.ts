import { colourAt, logShare, SCALES } from "./colourScale.ts";
import type { Extent, Matrix } from "./matrix.ts";

/** One pixel a cell, cells not computed yet transparent; drawn into `canvas` or a new one. */
export function heatMapImage(
  { rows, columns, values, known }: Matrix,
  { low, high }: Extent,
  scheme: "light" | "dark",
  canvas = document.createElement("canvas"),
): HTMLCanvasElement {
  canvas.width = columns.length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns.length, rows.length);
  const scale = SCALES[scheme];
  for (let cell = 0; cell < values.length; cell++) {
    if (!known[cell]) continue;
    const [red, green, blue] = colourAt(scale, logShare(values[cell]!, low, high));
    image.data.set([red, green, blue, 255], 4 * cell);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
