// WebGPU compute shaders, in a browser's worker or in Node. What a job shares is made once: the shader module and its
// layouts at load, the pipelines and the input buffers at bind.
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Manifest } from "../kernel.ts";
import { planPasses } from "./dispatches.ts";
import { assertAlive, awaitGpu, scoped, watch } from "./gpuErrors.ts";
import { cachePipelines, layOutPasses } from "./gpuPipelines.ts";
import { bindWgsl } from "./gpuTask.ts";
import { jobValues } from "./jobValues.ts";
import type { Program } from "./program.ts";

/**
 * Compiles a shader. Throws `kernel-compile` with line, column and message; `no-engine` if the device lacks what the
 * manifest requires; `bad-app` if the manifest is of another engine; `device-lost`.
 */
export async function loadWgsl(device: GPUDevice, manifest: Manifest, code: string): Promise<Program> {
  if (manifest.engine !== "wgsl")
    throw new SuperEdgeError("bad-app", `expected a manifest for engine wgsl, found ${manifest.engine}`);
  watch(device);
  assertRequirements(device, manifest);

  const { result: module } = scoped(device, "shader", () => device.createShaderModule({ code, label: manifest.name }));
  const { messages } = await awaitGpu(device, "kernel-compile", "shader", module.getCompilationInfo());
  const errors = messages.filter(({ type }) => type === "error");
  if (errors.length > 0) {
    const shown = errors.slice(0, 5).map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`);
    throw new SuperEdgeError("kernel-compile", shown.join("\n"));
  }

  const plan = planPasses(manifest);
  const passes = plan.passes.map(({ pass }) => pass);
  const layouts = await layOutPasses(device, manifest, passes);
  const pipelineFor = cachePipelines(device, manifest, module, passes, layouts);
  // Without constants a pipeline depends on no job: what does not link is known now.
  await Promise.all(passes.map((pass, i) => (pass.constants ? undefined : pipelineFor(i, {}))));
  // A lost device pretends that everything succeeds.
  assertAlive(device);

  return {
    async bind(params, inputs) {
      const values = jobValues(manifest, params, inputs);
      const pipelines = await Promise.all(passes.map((_, i) => pipelineFor(i, values)));
      return bindWgsl({ device, manifest, plan, layouts, pipelines, values, inputs });
    },
    // Modules and pipelines are freed with their last reference: WebGPU has no call for it.
    dispose() {},
  };
}

/** Limits where a machine offers more by offering less. */
const LOWER_IS_BETTER = new Set(["minUniformBufferOffsetAlignment", "minStorageBufferOffsetAlignment"]);

function assertRequirements(device: GPUDevice, { requirements = {} }: Manifest): void {
  for (const feature of requirements.features ?? [])
    if (!device.features.has(feature)) throw new SuperEdgeError("no-engine", `the GPU device lacks feature ${feature}`);
  for (const [name, needed] of Object.entries(requirements.limits ?? {})) {
    const offered = (device.limits as unknown as Record<string, number | undefined>)[name];
    const enough = offered !== undefined && (LOWER_IS_BETTER.has(name) ? offered <= needed : offered >= needed);
    if (!enough)
      throw new SuperEdgeError("no-engine", `the GPU device's ${name}: needed ${needed}, found ${offered ?? "none"}`);
  }
}
