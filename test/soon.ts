import { vi } from "vitest";

/** Enough for a machine that is busy with everything else: no test is about how long something takes. */
const BUSY_MACHINE_MS = 30_000;

/** Resolves with what `claim` gives as soon as it no longer throws. */
export const soon = <T>(claim: () => T | Promise<T>): Promise<T> => vi.waitFor(claim, { timeout: BUSY_MACHINE_MS });
