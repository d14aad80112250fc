import type { ComponentChildren } from "preact";
import type { Figure, Presentation } from "../../../kernels/builtin.ts";
import { formatCount } from "../format/count.ts";
import { significant } from "../format/significant.ts";
import { downloadBytes, downloadJson } from "./download.ts";
import { Histogram } from "./Histogram.tsx";
import { ScrollBox } from "./ScrollBox.tsx";

type Distribution = Extract<Presentation, { kind: "distribution" }>;

/** Figures with their errors, and the distribution they come from. */
export function DistributionView({
  distribution,
  name,
  children,
}: {
  distribution: Distribution;
  name: string;
  children?: ComponentChildren;
}) {
  const { title, figures, histogram, csv } = distribution;
  const { edges, counts, label } = histogram;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (
    <>
      <div class="row">
        <button type="button" onClick={() => downloadBytes(`${name}.csv`, csv, "text/csv")}>
          CSV
        </button>
        <button type="button" onClick={() => downloadJson(`${name}.json`, { title, figures, histogram })}>
          JSON
        </button>
        {children}
      </div>
      <h3>{title}</h3>
      <dl class="figures">
        {figures.map((figure) => (
          <div key={figure.label}>
            <dt>{figure.label}</dt>
            <dd class="number">{figureWords(figure)}</dd>
          </div>
        ))}
      </dl>
      <Histogram histogram={histogram} />
      <details>
        <summary>The same as a table</summary>
        <ScrollBox label="Bins of the histogram">
          <table>
            <caption class="soft small">
              {label}, {formatCount(total)} in all; the outermost rows also hold what lies beyond them
            </caption>
            <thead>
              <tr>
                <th scope="col" class="number">
                  From
                </th>
                <th scope="col" class="number">
                  To
                </th>
                <th scope="col" class="number">
                  Count
                </th>
              </tr>
            </thead>
            <tbody>
              {counts.map((count, at) => (
                <tr key={edges[at]}>
                  <td class="number">{significant(edges[at]!, 5)}</td>
                  <td class="number">{significant(edges[at + 1]!, 5)}</td>
                  <td class="number">{formatCount(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      </details>
    </>
  );
}

/** To the digits that its error leaves sense in. */
function figureWords({ value, standardError, unit }: Figure): string {
  if (standardError === undefined || !(standardError > 0)) {
    const shown = Math.abs(value) >= 1 ? Number(value.toFixed(2)) : value;
    return `${significant(shown, Math.abs(value) >= 1 ? 15 : 4)} ${unit}`;
  }
  const places = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(standardError))));
  return `${value.toFixed(places)} ± ${standardError.toFixed(places)} ${unit}`;
}
