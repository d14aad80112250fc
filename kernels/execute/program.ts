// What every engine offers to whoever runs tasks: compile once (load), upload once a job (bind), run many ranges.
//
//   load ──▶ Program ──bind(params, inputs)──▶ Bound ──run(range)──▶ output bytes
//     │ kernel-compile    │ bad-job                │ kernel-trap, kernel-memory: the Bound can be used again
//     │ no-engine         │ kernel-memory          │ device-lost: everything of this device is gone, load again
//                                                  │ cancelled: nothing of this range is kept
/** Items `first` to `first + count - 1` of a job. */
export interface Range {
  first: number;
  count: number;
}

export interface Control {
  /**
   * Called after each piece of work, about every 8 ms where the kernel can be cut that fine, with the milliseconds the
   * engine was busy since the last call. The next piece starts when the promise resolves; undefined means at once,
   * and lets a GPU's queue stay filled.
   */
  pace?: (busyMs: number) => Promise<void> | undefined;
  /** Looked at between pieces. */
  signal?: AbortSignal;
}

export interface Program {
  /**
   * Takes one job's parameters, as `parseParams` makes them, and its input blobs in the manifest's order.
   * Throws `bad-job`, `kernel-memory`, `kernel-compile`, `device-lost`.
   */
  bind(params: Record<string, number>, inputs: readonly Uint8Array[]): Promise<Bound>;
  dispose(): void;
}

export interface Bound {
  /**
   * Computes items; resolves with exactly `range.count × itemBytes` bytes, NaNs canonical. Calls queue behind each other.
   * Throws `bad-job`, `kernel-trap`, `kernel-memory`, `device-lost`, `cancelled`.
   */
  run(range: Range, control?: Control): Promise<Uint8Array<ArrayBuffer>>;
  dispose(): void;
}

/** What a piece of work between two calls of `pace` aims at: short enough for a desktop to stay smooth. */
export const PIECE_MS = 8;
