import { cpus, loadavg, platform, release, totalmem } from "node:os";

export interface MachineFacts {
  cpu: string;
  cores: number;
  memoryGib: number;
  system: string;
  node: string;
  /** Processes that wanted a core, averaged over the last minute: well above `cores`, the figures are too low. */
  load: number;
}

export const machineFacts = (): MachineFacts => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.versions.node,
  load: Math.round(10 * loadavg()[0]!) / 10,
});
