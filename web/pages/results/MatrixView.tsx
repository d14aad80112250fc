import type { ComponentChildren } from "preact";
import { formatCount } from "../format/count.ts";
import { downloadBytes, downloadPng } from "./download.ts";
import { HeatMap } from "./HeatMap.tsx";
import { HitTable } from "./HitTable.tsx";
import { heatMapPicture } from "./heatMapImage.ts";
import { extentOf, type Matrix, namesOf } from "./matrix.ts";

/** Browsers refuse larger canvases; the CSV holds all. Cells a side. */
const MAX_SIDE = 8000;

/** A matrix as a heat map, as a table of its best pairs, and as files. */
export function MatrixView({
  matrix,
  version,
  name,
  children,
}: {
  matrix: Matrix;
  version: number;
  name: string;
  children?: ComponentChildren;
}) {
  const { rows, columns, csv } = matrix;
  const names = namesOf(matrix);
  const drawable = rows.length <= MAX_SIDE && columns.length <= MAX_SIDE;
  return (
    <>
      <div class="row">
        <button type="button" onClick={() => downloadBytes(`${name}.csv`, csv, "text/csv")}>
          CSV
        </button>
        {drawable && (
          <button type="button" onClick={() => downloadPng(`${name}.png`, heatMapPicture(matrix, extentOf(matrix)))}>
            PNG
          </button>
        )}
        {children}
      </div>
      <div class="matrix-view">
        {drawable ? (
          <HeatMap
            matrix={matrix}
            version={version}
            label={`${names.value} of ${formatCount(rows.length)} by ${formatCount(columns.length)} pairs; arrow keys move`}
          />
        ) : (
          <p class="notice">
            {formatCount(rows.length)} by {formatCount(columns.length)} values are more than a picture can hold; the CSV
            has them.
          </p>
        )}
        <HitTable matrix={matrix} version={version} />
      </div>
    </>
  );
}
