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

/** Side of a downloaded picture, pixels, at most, unless the matrix itself is larger. */
const PICTURE_SIDE = 1200;

/** For a file: every cell a square of whole pixels, large enough to look at. */
export function heatMapPicture(matrix: Matrix, extent: Extent): HTMLCanvasElement {
  const { rows, columns } = matrix;
  const times = Math.max(1, Math.floor(PICTURE_SIDE / Math.max(rows.length, columns.length)));
  const picture = document.createElement("canvas");
  picture.width = columns.length * times;
  picture.height = rows.length * times;
  const context = picture.getContext("2d")!;
  context.imageSmoothingEnabled = false;
  context.drawImage(heatMapImage(matrix, extent, "light"), 0, 0, picture.width, picture.height);
  return picture;
}
