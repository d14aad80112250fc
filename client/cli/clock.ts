/** Processor time where the processor computes: what other programs of this machine do is no work of the app's. */
export function clockFor(device: GPUDevice | undefined): () => number {
  const used = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000;
  if (!device) return () => used(process.threadCpuUsage());
  // A software driver has threads of its own.
  if (device.adapterInfo.isFallbackAdapter || device.adapterInfo.architecture === "swiftshader")
    return () => used(process.cpuUsage());
  return () => performance.now();
}
