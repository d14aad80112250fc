import { useMemo, useState } from "preact/hooks";
import { formatCount } from "../format/count.ts";
import { highest, type Matrix, namesOf } from "./matrix.ts";
import { ScrollBox } from "./ScrollBox.tsx";

const SHOWN = 25;

/** The same numbers as the heat map, as text: the best pairs, of all rows or of one. */
export function HitTable({ matrix, version }: { matrix: Matrix; version: number }) {
  const [row, setRow] = useState<number>();
  const names = namesOf(matrix);
  const pairs = useMemo(() => highest(matrix, SHOWN, row), [matrix, version, row]);
  return (
    <div class="hits">
      <label class="field inline">
        <span>{capital(names.row)}</span>
        <select
          value={row === undefined ? "all" : String(row)}
          onChange={(event) =>
            setRow(event.currentTarget.value === "all" ? undefined : Number(event.currentTarget.value))
          }
        >
          <option value="all">all</option>
          {matrix.rows.map((name, at) => (
            <option key={name} value={at}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <ScrollBox label="Best pairs">
        <table>
          <caption class="soft small">
            The {SHOWN} best {names.value}s {row === undefined ? "of all pairs" : `of ${matrix.rows[row]}`}, a name
            against itself left out
          </caption>
          <thead>
            <tr>
              <th scope="col">{capital(names.row)}</th>
              <th scope="col">{capital(names.column)}</th>
              <th scope="col" class="number">
                {capital(names.value)}
              </th>
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => (
              <tr key={`${pair.row} ${pair.column}`}>
                <td>{matrix.rows[pair.row]}</td>
                <td>{matrix.columns[pair.column]}</td>
                <td class="number">{formatCount(pair.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
