// Runs tasks of one bound job on a GPU:
//
//   reset buffers ▸ [submit a piece of dispatches]* ▸ copy the output ▸ map ▸ bytes
//
// With nobody to pace it, two pieces are kept in the queue, so that the GPU never waits for this thread; with a pace that
// asks for rests, one.
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Values } from "../expression.ts";
import type { WgslManifest } from "../kernel.ts";
import { canonicalizeNans } from "./canonicalNans.ts";
import { type Dispatch, type Plan, unroll } from "./dispatches.ts";
import { createJobBuffers, type TaskBuffers } from "./gpuBuffers.ts";
import { assertAlive, awaitGpu, scoped } from "./gpuErrors.ts";
import type { PassLayout } from "./gpuPipelines.ts";
import { inputWords, taskValues } from "./jobValues.ts";
import { createPieces } from "./pieces.ts";
import type { Bound, Control, Range } from "./program.ts";
import { turns } from "./turns.ts";

/** `GPUMapMode.READ`: Node has no such global. */
const MAP_READ = 1;

export async function bindWgsl(job: {
  device: GPUDevice;
  manifest: WgslManifest;
  plan: Plan;
  layouts: readonly PassLayout[];
  pipelines: readonly GPUComputePipeline[];
  values: Values;
  inputs: readonly Uint8Array[];
}): Promise<Bound> {
  const { device, manifest, plan, layouts, pipelines } = job;
  const words = inputWords(manifest, job.inputs);
  const buffers = await createJobBuffers(device, manifest, job.inputs, words);
  const pieces = createPieces();
  const inTurn = turns();
  let groups: GPUBindGroup[][] = [];

  function makeGroups(held: TaskBuffers): GPUBindGroup[][] {
    const made = new Map<PassLayout, GPUBindGroup[]>();
    return layouts.map((layout) => {
      const known = made.get(layout);
      if (known) return known;
      const groups = layout.groups.map(({ layout, bindings }) =>
        device.createBindGroup({
          layout,
          entries: bindings.map(({ binding, source }) => {
            if ("uniform" in source) {
              const { buffer, layout } = held.uniforms.get(source.uniform)!;
              return { binding, resource: { buffer, size: layout.bytes } };
            }
            if ("input" in source) return { binding, resource: { buffer: held.inputs.get(source.input)! } };
            if ("buffer" in source) return { binding, resource: { buffer: held.scratch.get(source.buffer)! } };
            return { binding, resource: { buffer: held.output } };
          }),
        }),
      );
      made.set(layout, groups);
      return groups;
    });
  }

  /** Takes a piece's worth of dispatches off the list and notes their uniforms. */
  function takePiece(dispatches: Lookahead<Dispatch>, held: TaskBuffers, values: Values): Dispatch[] {
    const piece: Dispatch[] = [];
    const passes: number[] = [];
    for (let next = dispatches.peek(); next && pieces.fits(passes, next.pass); next = dispatches.peek()) {
      for (const { layout, stride, staged } of held.uniforms.values())
        layout.write(values, words, staged, piece.length * stride);
      piece.push(next);
      passes.push(next.pass);
      dispatches.skip();
    }
    return piece;
  }

  function encodePiece(encoder: GPUCommandEncoder, piece: readonly Dispatch[], held: TaskBuffers): void {
    for (const { buffer, staged, stride } of held.uniforms.values())
      device.queue.writeBuffer(buffer, 0, staged.buffer, 0, piece.length * stride);
    const pass = encoder.beginComputePass();
    for (const [slot, dispatch] of piece.entries()) {
      pass.setPipeline(pipelines[dispatch.pass]!);
      for (const [i, { bindings }] of layouts[dispatch.pass]!.groups.entries()) {
        const offsets = bindings.flatMap(({ source }) =>
          "uniform" in source ? [held.uniforms.get(source.uniform)!.stride * slot] : [],
        );
        pass.setBindGroup(i, groups[dispatch.pass]![i]!, offsets);
      }
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
    pass.end();
  }

  async function run(range: Range, { pace, signal }: Control): Promise<Uint8Array<ArrayBuffer>> {
    const values = taskValues(manifest, job.values, range);
    assertAlive(device);
    const { buffers: held, fresh } = await buffers.forTask(values);
    const errors: Promise<SuperEdgeError | undefined>[] = [];
    const attempt = (what: string, work: () => void) => errors.push(scoped(device, what, work).caught);
    if (fresh)
      attempt("bind groups", () => {
        groups = makeGroups(held);
      });

    const inFlight: { passes: number[]; submittedMs: number; done: Promise<number> }[] = [];
    let lastDoneMs = 0;
    let resting = false;
    const finishOldest = async () => {
      const { passes, submittedMs, done } = inFlight.shift()!;
      const doneMs = await done;
      const busyMs = doneMs - Math.max(submittedMs, lastDoneMs);
      lastDoneMs = doneMs;
      pieces.measured(passes, busyMs);
      const rest = pace?.(busyMs);
      resting = rest !== undefined;
      await rest;
    };

    const dispatches = lookahead(unroll(plan, values, words, device.limits.maxComputeWorkgroupsPerDimension));
    const { staging } = held;
    let mapped: Promise<undefined> | undefined;
    let failure: unknown;
    try {
      for (let begun = false; !begun || dispatches.peek(); begun = true) {
        throwIfCancelled(signal);
        assertAlive(device);
        const piece = takePiece(dispatches, held, values);
        attempt("dispatch", () => {
          const encoder = device.createCommandEncoder();
          if (!begun) buffers.reset(encoder, values);
          encodePiece(encoder, piece, held);
          if (!dispatches.peek()) encoder.copyBufferToBuffer(held.output, 0, staging, 0, staging.size);
          device.queue.submit([encoder.finish()]);
        });
        const passes = piece.map(({ pass }) => pass);
        pieces.submitted(passes);
        const done = device.queue.onSubmittedWorkDone().then(() => performance.now());
        // A lost device may reject this: the map below says so better.
        done.catch(() => undefined);
        inFlight.push({ passes, submittedMs: performance.now(), done });
        if (!dispatches.peek()) mapped = staging.mapAsync(MAP_READ);
        while (inFlight.length >= (resting ? 1 : 2) && dispatches.peek()) await finishOldest();
      }
    } catch (error) {
      failure = error;
    }
    // The buffers are used again: nothing of this task may still be running.
    try {
      while (inFlight.length > 0) await finishOldest();
    } catch (error) {
      failure ??= error;
    }
    for (const error of await Promise.all(errors)) failure ??= error;
    try {
      await mapped;
      if (failure !== undefined) throw failure;
      const output = new Uint8Array(staging.getMappedRange().slice(0, range.count * manifest.output.itemBytes));
      canonicalizeNans(manifest.output.type, output);
      return output;
    } catch (cause) {
      return await awaitGpu(device, "kernel-trap", manifest.name, Promise.reject(cause));
    } finally {
      staging.unmap();
    }
  }

  return {
    run: (range, control = {}) => inTurn(() => run(range, control)),
    dispose: buffers.dispose,
  };
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SuperEdgeError("cancelled", "the task was stopped", { cause: signal.reason });
}

interface Lookahead<T> {
  /** The next value without taking it; undefined at the end. */
  peek(): T | undefined;
  skip(): void;
}

function lookahead<T>(values: Generator<T>): Lookahead<T> {
  let next: IteratorResult<T> | undefined;
  return {
    peek() {
      next ??= values.next();
      return next.done ? undefined : next.value;
    },
    skip() {
      if (!next?.done) next = undefined;
    },
  };
}
