// A real duty cycle: after each piece of work the engine rests in proportion, so that a share of one half means that the
// GPU or core is idle half of the time, not that half of the cores are busy.

/** Rests shorter than a timer's grain are saved up, milliseconds. */
const SHORTEST_REST_MS = 4;

/** `share` is of time, above 0 to 1. At 1 there is nothing to wait for. */
export function pacer(share: number, signal: AbortSignal): ((busyMs: number) => Promise<void> | undefined) | undefined {
  if (share >= 1) return undefined;
  let owedMs = 0;
  return (busyMs) => {
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
}
