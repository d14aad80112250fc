// Bind group layouts and pipelines of a shader. The layouts are explicit, made from the manifest: an entry point may then
// use any subset of the bindings, and uniforms get dynamic offsets without the shader knowing.
import { parseExpression, type Values } from "../expression.ts";
import { jobNames } from "../expressionNames.ts";
import type { Binding, Pass, WgslManifest } from "../kernel.ts";
import { awaitGpu, scoped } from "./gpuErrors.ts";

export interface PassLayout {
  pipeline: GPUPipelineLayout;
  /** By group number; groups that the bindings skip are empty. Bindings in the order of their numbers. */
  groups: { layout: GPUBindGroupLayout; bindings: Binding[] }[];
}

/** Throws `kernel-compile` if the device refuses a layout. */
export async function layOutPasses(
  device: GPUDevice,
  manifest: WgslManifest,
  passes: readonly Pass[],
): Promise<PassLayout[]> {
  const made = new Map<Binding[], PassLayout>();
  const { result, caught } = scoped(
    device,
    "bindings",
    () =>
      passes.map(({ bindings = manifest.wgsl.bindings }) => {
        const layout = made.get(bindings) ?? layOut(device, bindings);
        made.set(bindings, layout);
        return layout;
      }),
    "kernel-compile",
  );
  const error = await caught;
  if (error) throw error;
  return result;
}

function layOut(device: GPUDevice, bindings: readonly Binding[]): PassLayout {
  const count = Math.max(0, ...bindings.map(({ group }) => group + 1));
  const groups = Array.from({ length: count }, (_, group) => {
    const mine = bindings.filter((binding) => binding.group === group).sort((a, b) => a.binding - b.binding);
    const entries = mine.map(({ binding, kind }) => ({
      binding,
      visibility: GPU_SHADER_STAGE_COMPUTE,
      buffer: { type: kind, hasDynamicOffset: kind === "uniform" },
    }));
    return { layout: device.createBindGroupLayout({ entries }), bindings: mine };
  });
  return { groups, pipeline: device.createPipelineLayout({ bindGroupLayouts: groups.map(({ layout }) => layout) }) };
}

/** `GPUShaderStage.COMPUTE`: Node has no such global. */
const GPU_SHADER_STAGE_COMPUTE = 4;

export type PipelineFor = (index: number, values: Values) => Promise<GPUComputePipeline>;

/** Pipelines by pass and constants, compiled when first asked for. They throw `kernel-compile`. */
export function cachePipelines(
  device: GPUDevice,
  manifest: WgslManifest,
  module: GPUShaderModule,
  passes: readonly Pass[],
  layouts: readonly PassLayout[],
): PipelineFor {
  const names = jobNames(manifest);
  const made = new Map<string, Promise<GPUComputePipeline>>();
  return (index, values) => {
    const { entryPoint, constants: sources = {} } = passes[index]!;
    const constants: Record<string, number> = {};
    for (const [name, source] of Object.entries(sources))
      constants[name] = parseExpression(source, names, `constants.${name}`).evaluate(values);
    const key = JSON.stringify([index, constants]);
    const pipeline =
      made.get(key) ??
      awaitGpu(
        device,
        "kernel-compile",
        `entry point ${entryPoint}`,
        device.createComputePipelineAsync({
          layout: layouts[index]!.pipeline,
          compute: { module, entryPoint, constants },
        }),
      );
    made.set(key, pipeline);
    return pipeline;
  };
}
