import { significant } from "./significant.ts";

/** 10⁹ operations a second, in words: "9.7 billion a second". */
export function formatRate(gops: number): string {
  if (gops >= 1000) return `${significant(gops / 1000, 2)} trillion a second`;
  if (gops >= 1) return `${significant(gops, 2)} billion a second`;
  return `${significant(gops * 1000, 2)} million a second`;
}
