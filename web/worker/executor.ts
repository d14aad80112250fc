// What the dedicated worker does for its frame. comlink exposes this object to that frame and to nobody else: whoever
// holds such a port can run code here, so it never crosses to another origin.
import { transfer } from "comlink";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Bound, Program } from "../../kernels/execute/program.ts";
import type { Manifest } from "../../kernels/kernel.ts";
import { answersOf, numericClassOf } from "../../kernels/probe/probe.ts";
import { measureGpu, measureWasm, type ReferenceCode } from "../../kernels/reference/measure.ts";
import type { Ad } from "../../protocol/ads.ts";
import type { Speeds } from "../../protocol/categories.ts";
import { type ErrorCode, SuperEdgeError } from "../../protocol/errors.ts";
import { engineFamily } from "./engineFamily.ts";
import { type Gpu, openGpu } from "./gpu.ts";
import { pacer } from "./pacer.ts";

/** Jobs kept bound, with their inputs on the device: the one at work and the one whose lease comes next. */
const MAX_BOUND = 3;

export interface Probe {
  engines: Ad["engines"];
  adapter: Ad["adapter"];
  /** Why there is no WebGPU. */
  why: string;
}

/** Errors cross as values: comlink would lose their code. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

export interface Ran {
  output: Uint8Array<ArrayBuffer>;
  /** From the first to the last piece of work, rests included, milliseconds. */
  tookMs: number;
  /** Of that, what the engine worked. */
  busyMs: number;
}

interface Loaded {
  program: Program;
  bound: Bound;
}

export class Executor {
  readonly #loaded = new Map<string, Loaded>();
  #stop = new AbortController();
  /** Runs asked for and not finished. */
  #runs = 0;
  /** A machine that does two things at once is not measured. */
  #measuring: Promise<unknown> | undefined;

  async probe(): Promise<Probe> {
    const engines: Ad["engines"] = typeof WebAssembly === "object" ? ["wasm"] : [];
    try {
      const { adapter } = await openGpu();
      return { engines: ["wgsl", ...engines], adapter, why: "" };
    } catch (error) {
      return { engines, adapter: undefined, why: (error as Error).message };
    }
  }

  /** The machine's numeric class: a few milliseconds, besides whatever else runs. */
  classify(code: string): Promise<Outcome<string>> {
    return outcome(async () => {
      const { device } = await openGpu();
      return numericClassOf(engineFamily(navigator.userAgent), await answersOf(device, code));
    });
  }

  /** Speeds of the engines there are. Runs asked for meanwhile wait. */
  measure(code: ReferenceCode, share: number): Promise<Outcome<Speeds>> {
    const measured = outcome(async () => {
      if (this.#runs > 0 || this.#measuring) throw new SuperEdgeError("too-many", "a kernel is running");
      const { signal } = this.#stop;
      const { pace: rest } = pacer(share, signal);
      const cancelled = () => new SuperEdgeError("cancelled", "measuring was stopped");
      const pace = (busyMs: number) => {
        if (signal.aborted) throw cancelled();
        return rest?.(busyMs);
      };
      const gpu = await openGpu().catch(() => undefined);
      const onGpu = gpu ? await measureGpu(gpu.device, code, { pace }) : {};
      const onCore = await measureWasm(code.wasm, { pace });
      if (signal.aborted) throw cancelled();
      return { ...onGpu, ...onCore };
    });
    this.#measuring ??= measured.finally(() => {
      this.#measuring = undefined;
    });
    return measured;
  }

  /** Compiles a kernel and binds one job's inputs under `name`. */
  load(
    name: string,
    manifest: Manifest,
    code: Uint8Array,
    params: Record<string, number>,
    inputs: Uint8Array[],
  ): Promise<Outcome<null>> {
    return outcome(async () => {
      if (this.#loaded.has(name)) return null;
      for (const oldest of this.#loaded.keys()) {
        if (this.#loaded.size < MAX_BOUND) break;
        this.#dispose(oldest);
      }
      const program = await this.#compile(manifest, code);
      try {
        this.#loaded.set(name, { program, bound: await program.bind(params, inputs) });
      } catch (error) {
        program.dispose();
        throw error;
      }
      return null;
    });
  }

  async #compile(manifest: Manifest, code: Uint8Array): Promise<Program> {
    if (manifest.engine === "wasm") return loadWasm(manifest, code);
    const gpu: Gpu = await openGpu();
    return loadWgsl(gpu.device, manifest, new TextDecoder().decode(code));
  }

  /** `share` of the time the engine may be busy, 0 to 1. */
  async run(name: string, first: number, count: number, share: number): Promise<Outcome<Ran>> {
    this.#runs++;
    const { signal } = this.#stop;
    const ran = await outcome(async () => {
      await this.#measuring;
      const loaded = this.#loaded.get(name);
      if (!loaded) throw new SuperEdgeError("out-of-order", `no kernel is loaded as ${name}`);
      const startedMs = performance.now();
      const pacing = pacer(share, signal);
      try {
        const output = await loaded.bound.run({ first, count }, { pace: pacing.pace, signal });
        const tookMs = performance.now() - startedMs;
        return { output, tookMs, busyMs: pacing.pace ? Math.min(pacing.busyMs, tookMs) : tookMs };
      } catch (error) {
        // Everything of a lost device is gone; the next load asks for a new one.
        if (error instanceof SuperEdgeError && error.code === "device-lost")
          for (const other of [...this.#loaded.keys()]) this.#dispose(other);
        throw error;
      }
    });
    this.#runs--;
    return ran.ok ? transfer(ran, [ran.value.output.buffer]) : ran;
  }

  /** Ends the runs under way between two pieces; they answer `cancelled`. */
  stop(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  #dispose(name: string): void {
    const loaded = this.#loaded.get(name);
    this.#loaded.delete(name);
    loaded?.bound.dispose();
    loaded?.program.dispose();
  }
}

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof SuperEdgeError) return { ok: false, code: error.code, message: error.message };
    return { ok: false, code: "kernel-trap", message: String((error as Error)?.message ?? error).slice(0, 1000) };
  }
}
