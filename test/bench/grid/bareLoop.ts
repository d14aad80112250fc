// The baseline: the same kernel in a web worker that does nothing else. One instance, inputs and parameters placed once,
// then one call a task, one after the other.
import type { Page } from "playwright";

export interface BareJob {
  code: number[];
  /** In the manifest's order. */
  params: number[];
  inputs: number[][];
  itemBytes: number;
  itemsPerTask: number;
  forMs: number;
}

export interface BareResult {
  tasks: number;
  ms: number;
  /** The shortest of the tasks: on a machine that does other things too, the nearest to what the kernel takes. */
  fastestMs: number;
  /** Of task 0. */
  output: number[];
}

/** Runs in a page of the same browser as the volunteer's. */
export const bareLoop = (page: Page, job: BareJob): Promise<BareResult> =>
  page.evaluate(
    ({ source, job }) =>
      new Promise<BareResult>((resolve, reject) => {
        const url = URL.createObjectURL(new Blob([`(${source})()`], { type: "text/javascript" }));
        const worker = new Worker(url);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data }) => {
          worker.terminate();
          URL.revokeObjectURL(url);
          resolve(data);
        };
        worker.postMessage(job);
      }),
    { source: bareWorker.toString(), job },
  );

/** The worker's whole script. */
function bareWorker(): void {
  addEventListener("message", ({ data }: MessageEvent<BareJob>) => {
    const { code, params, inputs, itemBytes, itemsPerTask, forMs } = data;
    const module = new WebAssembly.Module(Uint8Array.from(code));
    const abort = () => {
      throw new Error("the kernel aborted");
    };
    const exports = new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as {
      memory: WebAssembly.Memory;
      alloc(bytes: number): number;
      run(args: number): number;
    };
    const paramsPtr = exports.alloc(8 * params.length);
    const placed = inputs.map((bytes) => {
      const ptr = exports.alloc(Math.max(8, bytes.length));
      new Uint8Array(exports.memory.buffer).set(bytes, ptr);
      return [ptr, bytes.length];
    });
    const outBytes = itemsPerTask * itemBytes;
    const outPtr = exports.alloc(outBytes);
    const block = [paramsPtr, placed.length, ...placed.flat(), 0, itemsPerTask, outPtr, outBytes];
    const argsPtr = exports.alloc(4 * block.length);
    const view = new DataView(exports.memory.buffer);
    for (const [i, value] of params.entries()) view.setFloat64(paramsPtr + 8 * i, value, true);
    for (const [i, value] of block.entries()) view.setUint32(argsPtr + 4 * i, value, true);
    const firstAt = argsPtr + 4 * (block.length - 4);
    const runTask = (task: number): Uint8Array => {
      new DataView(exports.memory.buffer).setUint32(firstAt, task * itemsPerTask, true);
      if (exports.run(argsPtr) !== 0) throw new Error("the kernel failed");
      return new Uint8Array(exports.memory.buffer).slice(outPtr, outPtr + outBytes);
    };
    // Also lets the browser finish compiling.
    const output = [...runTask(0)];
    const startMs = performance.now();
    let tasks = 0;
    let ms = 0;
    let fastestMs = Number.POSITIVE_INFINITY;
    do {
      runTask(tasks++);
      const untilMs = performance.now() - startMs;
      fastestMs = Math.min(fastestMs, untilMs - ms);
      ms = untilMs;
    } while (ms < forMs);
    postMessage({ tasks, ms, fastestMs, output });
  });
}
