import { counted, formatCount } from "../format/count.ts";
import { rowsOf } from "./pages.ts";

interface Props {
  count: number;
  page: number;
  noun: string;
  hrefOf: (page: number) => string;
}

/** Which rows of a long list are shown, and the way to the others. */
export function Pager({ count, page, noun, hrefOf }: Props) {
  const { first, end, page: shown, pages } = rowsOf(count, page);
  if (pages === 1) return null;
  return (
    <nav class="pager row" aria-label={`Pages of ${noun}s`}>
      {shown > 0 ? (
        <a class="button" href={hrefOf(shown - 1)}>
          Previous
        </a>
      ) : null}
      <span class="soft small">
        {formatCount(first + 1)} to {formatCount(end)} of {counted(count, noun)}
      </span>
      {shown < pages - 1 ? (
        <a class="button" href={hrefOf(shown + 1)}>
          Next
        </a>
      ) : null}
    </nav>
  );
}
