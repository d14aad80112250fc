// The GPU of this machine, asked for once and again when it was lost.

import type { Ad } from "../../protocol/ads.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";

export interface Gpu {
  device: GPUDevice;
  adapter: NonNullable<Ad["adapter"]>;
}

/** Limits raised to what the adapter offers: kernels say what they need, and inputs may be large. */
const RAISED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage",
] as const;

let current: Promise<Gpu> | undefined;

/** Throws `no-engine` with the reason in plain words. */
export function openGpu(): Promise<Gpu> {
  current ??= request().catch((error) => {
    current = undefined;
    throw error;
  });
  return current;
}

async function request(): Promise<Gpu> {
  if (!("gpu" in navigator)) {
    const why = globalThis.isSecureContext
      ? "this browser has no WebGPU"
      : "the page is not served over https or from this machine, and browsers offer WebGPU nowhere else";
    throw new SuperEdgeError("no-engine", why);
  }
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new SuperEdgeError("no-engine", "the browser has WebGPU but offers no GPU for it");
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED) requiredLimits[name] = adapter.limits[name];
  const device = await adapter.requestDevice({ requiredLimits });
  void device.lost.then(() => {
    current = undefined;
  });
  const { vendor, architecture } = adapter.info;
  return {
    device,
    adapter: {
      vendor: vendor.slice(0, 100),
      architecture: architecture.slice(0, 100),
      isFallback: adapter.info.isFallbackAdapter ?? false,
      maxBufferBytes: device.limits.maxBufferSize,
      maxStorageBindingBytes: device.limits.maxStorageBufferBindingSize,
      workgroupBytes: device.limits.maxComputeWorkgroupStorageSize,
      workgroupInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
      storageBuffers: device.limits.maxStorageBuffersPerShaderStage,
      features: [...device.features].slice(0, 64).map((name) => name.slice(0, 60)),
    },
  };
}
