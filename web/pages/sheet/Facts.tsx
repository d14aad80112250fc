import type { ComponentChildren } from "preact";

/** Names and values; a row without a value is left out. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren] | undefined)[] }) {
  return (
    <dl class="pairs facts">
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
