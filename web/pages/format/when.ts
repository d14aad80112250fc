/** `25 Nov 2026, 04:18`, in the visitor's time. `seconds` since 1970. */
export const formatWhen = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
