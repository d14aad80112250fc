// What the volunteer's page asks of its sandbox and when it is answered, noted in the page as it happens.

export interface Run {
  first: number;
  count: number;
  /** Page's clock, milliseconds. */
  askedMs: number;
  answeredMs: number;
  /** As the sandbox's worker measured: the whole run, and the part of it that the kernel ran. */
  tookMs: number;
  busyMs: number;
}

declare global {
  var gridRuns: Run[];
}

/** Serialised into the page before its own scripts, so it must stand alone. */
export function watchRuns(): void {
  globalThis.gridRuns = [];
  const asked = new Map<number, { first: number; count: number; askedMs: number }>();
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...rest: unknown[]) {
    const { type, id, first, count } = message as { type: string; id: number; first: number; count: number };
    if (type === "run") asked.set(id, { first, count, askedMs: performance.now() });
    return Reflect.apply(post, this, [message, ...rest]);
  };
  const property = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage")!;
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    ...property,
    set(this: MessagePort, handler: ((event: MessageEvent) => void) | null) {
      property.set!.call(this, (event: MessageEvent) => {
        const run = event.data?.type === "ran" ? asked.get(event.data.id) : undefined;
        if (run) {
          const { id, tookMs, busyMs } = event.data;
          asked.delete(id);
          globalThis.gridRuns.push({ ...run, answeredMs: performance.now(), tookMs, busyMs });
        }
        handler?.call(this, event);
      });
    },
  });
}
