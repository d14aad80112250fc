/** What went wrong, as the page shows it. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
