import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Presentation } from "../../../kernels/builtin.ts";
import { downloadPng } from "./download.ts";

type Picture = Extract<Presentation, { kind: "image" }>;

/** Times its own size that a small picture is shown at, at most. */
const LARGEST = 2;

/** A picture that grows as its parts come; what is missing is transparent and shows the frame's hatching. */
export function ImageView({ image, name, children }: { image: Picture; name: string; children?: ComponentChildren }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, rgba } = image;
  useLayoutEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [rgba, width, height]);
  return (
    <>
      <div class="row">
        <button type="button" onClick={() => canvas.current && downloadPng(`${name}.png`, canvas.current)}>
          PNG
        </button>
        {children}
      </div>
      <div class="picture-frame" style={{ aspectRatio: `${width} / ${height}`, maxWidth: `${LARGEST * width}px` }}>
        <canvas
          ref={canvas}
          width={width}
          height={height}
          role="img"
          aria-label={`Picture of ${width} by ${height} pixels`}
        />
      </div>
    </>
  );
}
