// The buffers of one bound job: inputs for as long as it is bound; intermediates, output and staging kept from task to
// task while all their sizes stay the same, as they do for all but a job's last task.
import { SuperEdgeError } from "../../protocol/errors.ts";
import { parseExpression, toCount, type Values, type Words } from "../expression.ts";
import { sizeNames, stepNames, taskNames } from "../expressionNames.ts";
import type { Slice, WgslManifest } from "../kernel.ts";
import { scoped } from "./gpuErrors.ts";
import { MAX_DISPATCHES } from "./pieces.ts";
import { layOutUniform, type UniformLayout } from "./uniformLayout.ts";

// `GPUBufferUsage` and `GPUMapMode` as numbers: Node has no such globals.
const USAGE = { mapRead: 1, copySrc: 4, copyDst: 8, uniform: 64, storage: 128 } as const;
const STORAGE = USAGE.storage | USAGE.copySrc | USAGE.copyDst;

/** Buffer sizes and copies are multiples of 4 in WebGPU, and a binding is never empty. */
const padded = (bytes: number) => Math.max(4, Math.ceil(bytes / 4) * 4);

export interface UniformSlots {
  layout: UniformLayout;
  /** Bytes from one dispatch's values to the next one's. */
  stride: number;
  buffer: GPUBuffer;
  /** The next submit's values, written here first. */
  staged: DataView<ArrayBuffer>;
}

export interface TaskBuffers {
  inputs: ReadonlyMap<string, GPUBuffer>;
  uniforms: ReadonlyMap<string, UniformSlots>;
  scratch: ReadonlyMap<string, GPUBuffer>;
  output: GPUBuffer;
  staging: GPUBuffer;
}

export interface JobBuffers {
  /** For a task; `fresh` if a buffer was remade, so that bind groups must be too. Throws `bad-job`, `kernel-memory`. */
  forTask(values: Values): Promise<{ buffers: TaskBuffers; fresh: boolean }>;
  /** Encodes what makes a task start from known contents. */
  reset(encoder: GPUCommandEncoder, values: Values): void;
  dispose(): void;
}

/** Uploads the inputs. Throws `kernel-memory`. */
export async function createJobBuffers(
  device: GPUDevice,
  manifest: WgslManifest,
  inputBytes: readonly Uint8Array[],
  words: Words,
): Promise<JobBuffers> {
  const { wgsl } = manifest;
  const task = taskNames(manifest);
  const memory = parseExpression(manifest.memoryBytes, sizeNames(manifest), "memoryBytes");
  const sizes = wgsl.buffers.map(({ name, bytes }) => ({
    name,
    bytes: parseExpression(bytes, task, `buffer ${name}`),
  }));
  const ofJob = new Set<GPUBuffer>();
  const ofTask = new Set<GPUBuffer>();

  const create = (owner: Set<GPUBuffer>, label: string, size: number, usage: number): GPUBuffer => {
    const most = usage & USAGE.storage ? device.limits.maxStorageBufferBindingSize : device.limits.maxBufferSize;
    if (size > Math.min(most, device.limits.maxBufferSize))
      throw new SuperEdgeError("kernel-memory", `buffer ${label}: the GPU allows ${most} bytes, found ${size}`);
    const buffer = device.createBuffer({ label, size, usage });
    owner.add(buffer);
    return buffer;
  };
  const destroy = (owner: Set<GPUBuffer>) => {
    for (const buffer of owner) buffer.destroy();
    owner.clear();
  };
  const dispose = () => {
    destroy(ofJob);
    destroy(ofTask);
  };

  const inputs = new Map<string, GPUBuffer>();
  const uniforms = new Map<string, UniformSlots>();
  const { caught } = scoped(
    device,
    "inputs",
    () => {
      for (const [i, { name }] of manifest.inputs.entries()) {
        const bytes = inputBytes[i]!;
        const buffer = create(ofJob, name, padded(bytes.byteLength), STORAGE);
        const whole = bytes.byteLength - (bytes.byteLength % 4);
        device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
        const rest = new Uint8Array(4);
        rest.set(bytes.subarray(whole));
        if (whole < bytes.byteLength) device.queue.writeBuffer(buffer, whole, rest);
        inputs.set(name, buffer);
      }
      for (const uniform of wgsl.uniforms) {
        const layout = layOutUniform(uniform, stepNames(manifest), `uniform ${uniform.name}`);
        const align = device.limits.minUniformBufferOffsetAlignment;
        const stride = Math.ceil(layout.bytes / align) * align;
        const buffer = create(ofJob, uniform.name, stride * MAX_DISPATCHES, USAGE.uniform | USAGE.copyDst);
        const staged = new DataView(new ArrayBuffer(stride * MAX_DISPATCHES));
        uniforms.set(uniform.name, { layout, stride, buffer, staged });
      }
    },
    "kernel-memory",
  );
  const refused = await caught;
  if (refused) {
    dispose();
    throw refused;
  }

  let held: TaskBuffers | undefined;

  return {
    async forTask(values) {
      const outputBytes = values.items! * manifest.output.itemBytes;
      const scratchBytes = sizes.map(({ name, bytes }) => ({
        name,
        size: padded(
          toCount(bytes.evaluate(values, words), device.limits.maxBufferSize, `buffer ${name}`, "kernel-memory"),
        ),
      }));
      let total = 2 * padded(outputBytes);
      for (const buffer of inputs.values()) total += buffer.size;
      for (const { size } of scratchBytes) total += size;
      const allowed = memory.evaluate(values);
      if (!(total <= allowed))
        throw new SuperEdgeError("kernel-memory", `the manifest allows ${allowed} bytes, the buffers take ${total}`);

      const same =
        held?.staging.size === padded(outputBytes) &&
        scratchBytes.every(({ name, size }) => held?.scratch.get(name)?.size === size);
      if (held && same) return { buffers: held, fresh: false };

      held = undefined;
      destroy(ofTask);
      const { result, caught } = scoped(
        device,
        "buffers",
        (): TaskBuffers => ({
          inputs,
          uniforms,
          scratch: new Map(scratchBytes.map(({ name, size }) => [name, create(ofTask, name, size, STORAGE)])),
          output: create(ofTask, "output", padded(outputBytes), STORAGE),
          staging: create(ofTask, "staging", padded(outputBytes), USAGE.mapRead | USAGE.copyDst),
        }),
        "kernel-memory",
      );
      const error = await caught;
      if (error) throw error;
      held = result;
      return { buffers: result, fresh: true };
    },

    reset(encoder, values) {
      const fill = (buffer: GPUBuffer, from: Slice | undefined) => {
        const source = from && inputs.get(from.input);
        if (!source) return encoder.clearBuffer(buffer);
        const offset = toCount(
          parseExpression(from.offset, task, "offset").evaluate(values, words),
          source.size,
          `offset in input ${from.input}`,
        );
        const bytes = Math.min(buffer.size, source.size - offset);
        if (bytes < buffer.size) encoder.clearBuffer(buffer, bytes);
        if (bytes > 0) encoder.copyBufferToBuffer(source, offset, buffer, 0, bytes);
      };
      for (const { name, from } of wgsl.buffers) fill(held!.scratch.get(name)!, from);
      fill(held!.output, wgsl.outputFrom);
    },

    dispose,
  };
}
