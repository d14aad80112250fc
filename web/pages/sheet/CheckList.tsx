import type { Check } from "../../../protocol/receipt.ts";

/** Claims, each with a mark for whether it holds. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  return (
    <ol class="checks small">
      {checks.map(({ claim, ok, found }, at) => (
        <li key={`${at} ${claim}`} class={ok ? "holds" : "false"}>
          <span aria-hidden="true">{ok ? "✓" : "✗"}</span>
          <span>
            <span class="visually-hidden">{ok ? "Holds: " : "False: "}</span>
            {claim}
            {found && (
              <span class="soft">
                {" "}
                (found <code>{found}</code>)
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
