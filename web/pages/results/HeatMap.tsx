import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatCount } from "../format/count.ts";
import { SCALES } from "./colourScale.ts";
import { heatMapImage } from "./heatMapImage.ts";
import { type Extent, extentOf, type Matrix, namesOf } from "./matrix.ts";
import { movedCell } from "./movedCell.ts";
import { useColourScheme } from "./useColourScheme.ts";

/** A matrix as colours, filling up as results come. Read by pointer, or as a slider over the cells by keyboard. */
export function HeatMap({ matrix, version, label }: { matrix: Matrix; version: number; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useColourScheme();
  const [cell, setCell] = useState(0);
  const [pointed, setPointed] = useState<number>();
  const extent = useMemo(() => extentOf(matrix), [matrix, version]);
  const { rows, columns } = matrix;
  useLayoutEffect(() => {
    if (canvas.current) heatMapImage(matrix, extent, scheme, canvas.current);
  }, [matrix, version, extent, scheme]);

  const cellAt = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns.length);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows.length);
    const inside = column >= 0 && column < columns.length && row >= 0 && row < rows.length;
    return inside ? row * columns.length + column : undefined;
  };
  const shown = pointed ?? cell;
  return (
    <div class="heat-map">
      <p class="readout small" aria-hidden="true">
        {cellWords(matrix, shown)}
      </p>
      <div class="heat-frame" style={{ aspectRatio: `${columns.length} / ${rows.length}` }}>
        <canvas
          ref={canvas}
          role="slider"
          tabIndex={0}
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={rows.length * columns.length - 1}
          aria-valuenow={cell}
          aria-valuetext={cellWords(matrix, cell)}
          onPointerMove={(event) => setPointed(cellAt(event))}
          onPointerLeave={() => setPointed(undefined)}
          onClick={(event) => setCell(cellAt(event) ?? cell)}
          onKeyDown={(event) => {
            const next = movedCell(cell, event.key, rows.length, columns.length);
            if (next === undefined) return;
            event.preventDefault();
            setCell(next);
          }}
        />
        <Marker cell={shown} matrix={matrix} />
      </div>
      <Legend extent={extent} scheme={scheme} name={namesOf(matrix).value} />
    </div>
  );
}

function cellWords({ rows, columns, values, known, csv }: Matrix, cell: number): string {
  const row = rows[Math.floor(cell / columns.length)];
  const column = columns[cell % columns.length];
  const value = values[cell];
  if (row === undefined || column === undefined || value === undefined) return "";
  return `${row} × ${column}: ${known[cell] ? `${namesOf({ csv }).value} ${formatCount(value)}` : "not computed yet"}`;
}

/** A frame around the cell that is read out. */
function Marker({ cell, matrix: { rows, columns } }: { cell: number; matrix: Matrix }) {
  const percent = (at: number, of: number) => `${(100 * at) / of}%`;
  return (
    <span
      class="marker"
      aria-hidden="true"
      style={{
        left: percent(cell % columns.length, columns.length),
        top: percent(Math.floor(cell / columns.length), rows.length),
        width: percent(1, columns.length),
        height: percent(1, rows.length),
      }}
    />
  );
}

function Legend({ extent, scheme, name }: { extent: Extent; scheme: "light" | "dark"; name: string }) {
  const stops = SCALES[scheme].map((rgb) => `rgb(${rgb.join(" ")})`).join(", ");
  return (
    <p class="legend small">
      <span>
        {name} <span class="number">{formatCount(extent.low)}</span>
      </span>
      <i style={{ background: `linear-gradient(to right, ${stops})` }} aria-hidden="true" />
      <span class="number">{formatCount(extent.high)}</span>
      <span class="soft">(logarithmic)</span>
    </p>
  );
}
