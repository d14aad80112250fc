// WebGPU in Node for measuring: this machine's own GPU, where kernels/openGpu.ts prefers a driver that is the same
// everywhere.
import { constants } from "node:os";
import { openGpu } from "../../kernels/openGpu.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";

/** Held for good: Dawn frees the instance with its JavaScript object, whatever devices are still in use. */
let instance: GPU | undefined;

/** This machine's GPU, or a software driver where there is none. Throws `no-engine`. */
export async function openNodeGpu(): Promise<GPUDevice> {
  const create = await dawn();
  if (hasVulkan()) {
    instance ??= create([]);
    const adapter = await instance.requestAdapter();
    if (adapter) {
      const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
      return adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
    }
  }
  try {
    return await openGpu();
  } catch (cause) {
    throw new SuperEdgeError("no-engine", (cause as Error).message, { cause });
  }
}

/** Without it Dawn finds nothing on Linux, and says so on the terminal. */
function hasVulkan(): boolean {
  if (process.platform !== "linux") return true;
  try {
    process.dlopen({ exports: {} }, "libvulkan.so.1", constants.dlopen.RTLD_NOW);
    return true;
  } catch (error) {
    // "Did not self-register": it was loaded, and is no Node module.
    return String(error).includes("self-register");
  }
}

async function dawn(): Promise<(flags: string[]) => GPU> {
  try {
    return (await import("webgpu")).create;
  } catch (cause) {
    throw new SuperEdgeError(
      "no-engine",
      "a WGSL app runs in Node with the development package webgpu only: npm install --save-dev webgpu",
      { cause },
    );
  }
}
