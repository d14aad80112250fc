import { SuperEdgeError } from "../../protocol/errors.ts";
import type { PreparedJob, Presentation } from "../builtin.ts";
import { manifest, TILE } from "./manifest.ts";

/** The tiles that are known as an sRGB image, top row first. */
export function present(
  { params, items }: PreparedJob,
  output: Uint8Array,
  isKnown: (item: number) => boolean = () => true,
): Presentation {
  const { width, height } = params as { width: number; height: number };
  const { itemBytes } = manifest.output;
  if (output.byteLength !== items * itemBytes)
    throw new SuperEdgeError("bad-job", `expected ${items * itemBytes} bytes of tiles, found ${output.byteLength}`);
  const radiance = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const rgba = new Uint8ClampedArray(4 * width * height);
  const across = Math.ceil(width / TILE);
  for (let item = 0; item < items; item++) {
    if (!isKnown(item)) continue;
    const left = (item % across) * TILE;
    const top = Math.floor(item / across) * TILE;
    for (let y = top; y < Math.min(top + TILE, height); y++)
      for (let x = left; x < Math.min(left + TILE, width); x++) {
        const from = item * itemBytes + 12 * ((y - top) * TILE + (x - left));
        const to = 4 * (y * width + x);
        for (let channel = 0; channel < 3; channel++)
          rgba[to + channel] = 255 * displayed(radiance.getFloat32(from + 4 * channel, true));
        rgba[to + 3] = 255;
      }
  }
  return { kind: "image", width, height, rgba };
}

/** Linear radiance to an sRGB value from 0 to 1: Narkowicz's fit of the ACES film curve, then IEC 61966-2-1. */
function displayed(radiance: number): number {
  const x = Math.max(0, radiance) * 0.8;
  const film = Math.min(1, (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
  return film <= 0.0031308 ? 12.92 * film : 1.055 * film ** (1 / 2.4) - 0.055;
}
