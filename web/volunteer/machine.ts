// What the browser tells of the machine without being asked for permission. Each part is missing in some browser.
import type { Ad } from "../../protocol/ads.ts";

interface Telling {
  /** GiB, rounded to a power of two and cut at 8: https://www.w3.org/TR/device-memory/ */
  deviceMemory?: number;
  /** https://wicg.github.io/netinfo/ */
  connection?: { downlink?: number };
}

const MIB_IN_GIB = 1024;

export function machineFacts(): Pick<Ad, "cores" | "memoryMiB" | "downMbps"> {
  const { deviceMemory, connection } = navigator as Telling;
  return {
    cores: navigator.hardwareConcurrency || 1,
    ...(deviceMemory && { memoryMiB: Math.round(deviceMemory * MIB_IN_GIB) }),
    ...(connection?.downlink && Number.isFinite(connection.downlink) && { downMbps: connection.downlink }),
  };
}
