/** Rows of a long list that are shown at once. */
export const ROWS_A_PAGE = 25;

/** Which of `count` rows page `page` (from 0) shows; a page that is not there is the last. */
export function rowsOf(count: number, page: number): { first: number; end: number; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(count / ROWS_A_PAGE));
  const shown = Math.min(Math.max(0, page), pages - 1);
  const first = shown * ROWS_A_PAGE;
  return { first, end: Math.min(count, first + ROWS_A_PAGE), page: shown, pages };
}
