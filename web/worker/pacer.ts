// A real duty cycle: after each piece of work the engine rests in proportion, so that a share of one half means that the
// GPU or core is idle half of the time, not that half of the cores are busy.

/** Rests shorter than a timer's grain are saved up, milliseconds. */
const SHORTEST_REST_MS = 4;

export interface Pacer {
  /** For the executor; undefined at a share of 1, where there is nothing to wait for. */
  pace: ((busyMs: number) => Promise<void> | undefined) | undefined;
  /** What the engine has worked so far, milliseconds, rests left out. */
  busyMs: number;
}

/** `share` is of time, above 0 to 1. */
export function pacer(share: number, signal: AbortSignal): Pacer {
  const pacer: Pacer = { pace: undefined, busyMs: 0 };
  if (share >= 1) return pacer;
  let owedMs = 0;
  pacer.pace = (busyMs) => {
    pacer.busyMs += busyMs;
    owedMs += busyMs * (1 / share - 1);
    if (owedMs < SHORTEST_REST_MS || signal.aborted) return undefined;
    const restMs = owedMs;
    const fromMs = performance.now();
    return new Promise((resolve) =>
      setTimeout(() => {
        // Timers come late; what was overslept is taken off the next rest.
        owedMs = restMs - (performance.now() - fromMs);
        resolve();
      }, restMs),
    );
  };
  return pacer;
}
