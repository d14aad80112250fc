import { significant } from "./significant.ts";

/** Basis points as a share: `10 %`, `2.5 %`. */
export const formatBps = (bps: number): string => `${significant(bps / 100, 4)} %`;
