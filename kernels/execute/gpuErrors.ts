import { type ErrorCode, SuperEdgeError } from "../../protocol/errors.ts";

const lostDevices = new WeakMap<GPUDevice, { info: GPUDeviceLostInfo | undefined }>();

/** Remembers the device's loss, so that what fails afterwards can be told apart from a kernel's own errors. */
export function watch(device: GPUDevice): void {
  if (lostDevices.has(device)) return;
  const state: { info: GPUDeviceLostInfo | undefined } = { info: undefined };
  lostDevices.set(device, state);
  void device.lost.then((info) => {
    state.info = info;
  });
}

/** Throws `device-lost` if the device is. */
export function assertAlive(device: GPUDevice): void {
  const info = lostDevices.get(device)?.info;
  if (info) throw new SuperEdgeError("device-lost", `the GPU device was lost: ${info.reason} ${info.message}`.trim());
}

/**
 * Runs synchronous GPU calls inside error scopes. The scopes are opened and closed in one turn, because a device has one
 * stack of them for all its users; what they caught comes later. `caught` never rejects.
 */
export function scoped<T>(
  device: GPUDevice,
  what: string,
  work: () => T,
  validationCode: ErrorCode = "kernel-trap",
): { result: T; caught: Promise<SuperEdgeError | undefined> } {
  const filters: [GPUErrorFilter, ErrorCode][] = [
    ["validation", validationCode],
    ["out-of-memory", "kernel-memory"],
    ["internal", validationCode],
  ];
  for (const [filter] of filters) device.pushErrorScope(filter);
  try {
    return { result: work(), caught: popAll() };
  } catch (cause) {
    void popAll();
    throw cause;
  }

  function popAll(): Promise<SuperEdgeError | undefined> {
    const popped = filters.toReversed().map(async ([, code]) => {
      // A lost device rejects here; assertAlive tells that better.
      const error = await device.popErrorScope().catch(() => null);
      return error ? new SuperEdgeError(code, `${what}: ${error.message}`, { cause: error }) : undefined;
    });
    return Promise.all(popped).then((errors) => errors.find((error) => error !== undefined));
  }
}

/**
 * Awaits a GPU promise; if it rejects, throws `device-lost` where that is the reason, else what it
 * rejected with, as `code` unless it has one.
 */
export async function awaitGpu<T>(device: GPUDevice, code: ErrorCode, what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    // The loss is announced by its own promise, which may settle after this one.
    await Promise.race([device.lost, nextTask()]);
    assertAlive(device);
    if (cause instanceof SuperEdgeError) throw cause;
    throw new SuperEdgeError(code, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve, 0));
