// Node only: WebGPU where the package `webgpu` (Dawn) is installed, on Chromium's software driver where there is one, so
// that every machine computes what headless browsers do; elsewhere on the machine's own GPU.
import { existsSync } from "node:fs";
import { constants } from "node:os";

const CHROMIUM = "/usr/lib/chromium";
/** Keeps a library loaded after the close that follows: glibc's and musl's RTLD_NODELETE. */
const RTLD_NODELETE = 0x1000;

/** Held for good: Dawn frees the instance with its JavaScript object, whatever devices are still in use. */
let instance: GPU | undefined;

async function openInstance(): Promise<GPU> {
  const { create } = await import("webgpu");
  if (process.platform !== "linux" || !existsSync(`${CHROMIUM}/vk_swiftshader_icd.json`)) return create([]);
  process.env.VK_ICD_FILENAMES = `${CHROMIUM}/vk_swiftshader_icd.json`;
  try {
    // Dawn loads "libvulkan.so.1" by name. Chromium brings one outside the linker's path; once loaded, its name is known.
    process.dlopen({ exports: {} }, `${CHROMIUM}/libvulkan.so.1`, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // "Did not self-register": it is no Node module, and was loaded. If it was not there, the system's serves.
  }
  return create(["backend=vulkan"]);
}

/** Throws if the package, or an adapter, is not there. */
export async function openGpu(): Promise<GPUDevice> {
  instance ??= await openInstance();
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: install chromium, or a Vulkan driver");
  return adapter.requestDevice();
}
