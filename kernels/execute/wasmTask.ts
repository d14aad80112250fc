// Runs tasks of one bound job in a WASM instance. A task is cut into ranges of items that take about PIECE_MS each, so
// that it can be paced and stopped; items do not depend on each other, so the output is the same.
import { SuperEdgeError } from "../../protocol/errors.ts";
import { parseExpression, type Values } from "../expression.ts";
import { sizeNames } from "../expressionNames.ts";
import type { WasmManifest } from "../kernel.ts";
import { canonicalizeNans } from "./canonicalNans.ts";
import { taskValues } from "./jobValues.ts";
import { type Bound, type Control, PIECE_MS, type Range } from "./program.ts";
import { turns } from "./turns.ts";

interface Exports {
  memory: WebAssembly.Memory;
  alloc(bytes: number): number;
  run(args: number): number;
}

/** A kernel's memory with a job's parameters and inputs in it. */
interface Instance {
  exports: Exports;
  argsPtr: number;
  /** Offset of `first` in the argument block. */
  rangeOffset: number;
  outPtr: number;
  outBytes: number;
}

export function bindWasm(job: {
  manifest: WasmManifest;
  module: WebAssembly.Module;
  maximumBytes: number;
  values: Values;
  inputs: readonly Uint8Array[];
}): Bound {
  const { manifest, module, maximumBytes } = job;
  const { itemBytes, type } = manifest.output;
  const memory = parseExpression(manifest.memoryBytes, sizeNames(manifest), "memoryBytes");
  // Kept until the job is disposed of: after a trap a fresh instance needs them again.
  const inputs = job.inputs;
  const inTurn = turns();
  // Made when first needed and again after a trap, because a kernel that stopped half-way left its memory in any state.
  let instance: Instance | undefined;
  let itemMs: number | undefined;

  function instantiate(): Instance {
    let memory: WebAssembly.Memory | undefined;
    const imports = { env: { abort: abort(() => memory) } };
    const exports = trapping(() => new WebAssembly.Instance(module, imports).exports) as unknown as Exports;
    memory = exports.memory;
    const paramsPtr = allocate(exports, 8 * manifest.params.length);
    const params = new DataView(exports.memory.buffer);
    for (const [i, { name }] of manifest.params.entries())
      params.setFloat64(paramsPtr + 8 * i, job.values[name]!, true);
    const placed = inputs.map((bytes) => {
      const ptr = allocate(exports, bytes.byteLength);
      new Uint8Array(exports.memory.buffer).set(bytes, ptr);
      return { ptr, bytes: bytes.byteLength };
    });
    const rangeOffset = 8 + 8 * placed.length;
    const argsPtr = allocate(exports, rangeOffset + 16);
    const args = new DataView(exports.memory.buffer, argsPtr);
    args.setUint32(0, paramsPtr, true);
    args.setUint32(4, placed.length, true);
    for (const [i, { ptr, bytes }] of placed.entries()) {
      args.setUint32(8 + 8 * i, ptr, true);
      args.setUint32(12 + 8 * i, bytes, true);
    }
    return { exports, argsPtr, rangeOffset, outPtr: 0, outBytes: 0 };
  }

  function compute({ exports, argsPtr, rangeOffset, outPtr }: Instance, first: number, count: number): Uint8Array {
    const args = new DataView(exports.memory.buffer, argsPtr + rangeOffset);
    args.setUint32(0, first, true);
    args.setUint32(4, count, true);
    args.setUint32(8, outPtr, true);
    args.setUint32(12, count * itemBytes, true);
    const error = trapping(() => exports.run(argsPtr));
    if (error !== 0) throw new SuperEdgeError("kernel-trap", `the kernel returned error ${error}`);
    return new Uint8Array(exports.memory.buffer, outPtr, count * itemBytes);
  }

  async function run(range: Range, { pace, signal }: Control): Promise<Uint8Array<ArrayBuffer>> {
    const values = taskValues(manifest, job.values, range);
    const allowed = memory.evaluate(values);
    if (!(maximumBytes <= allowed))
      throw new SuperEdgeError("kernel-memory", `the manifest allows ${allowed} bytes, the module ${maximumBytes}`);
    const output = new Uint8Array(range.count * itemBytes);
    try {
      instance ??= instantiate();
      for (let done = 0; done < range.count; ) {
        if (signal?.aborted) throw new SuperEdgeError("cancelled", "the task was stopped", { cause: signal.reason });
        const wanted = itemMs === undefined ? 1 : Math.floor(PIECE_MS / itemMs);
        const most = Math.min(wanted, Math.floor(MAX_PIECE_BYTES / itemBytes), range.count - done);
        const count = Math.max(1, most);
        if (instance.outBytes < count * itemBytes) {
          // Nothing is ever freed in there: doubling keeps what is left behind below what is used.
          instance.outBytes = 2 ** Math.ceil(Math.log2(count * itemBytes));
          instance.outPtr = allocate(instance.exports, instance.outBytes);
        }
        const startMs = performance.now();
        output.set(compute(instance, range.first + done, count), done * itemBytes);
        const busyMs = performance.now() - startMs;
        // Clocks of browsers are as coarse as 0.1 ms: a piece that took no time counts as that.
        itemMs = Math.max(busyMs, 0.1) / count;
        done += count;
        await pace?.(busyMs);
        if (signal && done < range.count) await nextTask();
      }
    } catch (error) {
      if (!signal?.aborted) instance = undefined;
      throw error;
    }
    canonicalizeNans(type, output);
    return output;
  }

  return {
    run: (range, control = {}) => inTurn(() => run(range, control)),
    dispose() {
      instance = undefined;
    },
  };
}

/** Output of one call, unless one item is more: keeps the kernel's memory small where items are cheap. */
const MAX_PIECE_BYTES = 65_536;

function allocate(exports: Exports, bytes: number): number {
  const size = Math.max(8, bytes);
  let ptr: number;
  try {
    ptr = trapping(() => exports.alloc(size)) >>> 0;
  } catch (cause) {
    throw new SuperEdgeError("kernel-memory", `alloc(${size}) failed`, { cause });
  }
  const end = exports.memory.buffer.byteLength;
  if (ptr === 0 || ptr % 8 !== 0 || ptr + size > end)
    throw new SuperEdgeError(
      "kernel-memory",
      `alloc(${size}): expected 8-byte aligned bytes below ${end}, found ${ptr}`,
    );
  return ptr;
}

/** Turns what a kernel throws into `kernel-trap`. */
function trapping<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof SuperEdgeError) throw cause;
    throw new SuperEdgeError("kernel-trap", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** AssemblyScript's `abort(message, file, line, column)`: strings are UTF-16 with their byte length before them. */
const abort =
  (memory: () => WebAssembly.Memory | undefined) => (message: number, file: number, line: number, column: number) => {
    const bytes = new DataView(memory()?.buffer ?? new ArrayBuffer(0));
    const string = (ptr: number): string => {
      if (ptr < 4 || ptr > bytes.byteLength) return "";
      const length = Math.min(bytes.getUint32(ptr - 4, true), 400, bytes.byteLength - ptr) & ~1;
      return new TextDecoder("utf-16le").decode(new Uint8Array(bytes.buffer, ptr, length));
    };
    throw new SuperEdgeError("kernel-trap", `${string(message) || "abort"} (${string(file)}:${line}:${column})`);
  };

/** A turn of the event loop, in which an abort can arrive. A timer would wait 4 ms. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
