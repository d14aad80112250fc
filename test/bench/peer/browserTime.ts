// Processor time of the processes this one has started: unlike wall time, it says little of what else the machine does.
import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts in hundredths of a second on every Linux in use. */
const TICK_MS = 10;

/** Milliseconds of all descendants of this process by Chromium's `--type`; undefined where there is no /proc. */
export function descendantsCpuMs(): Map<string, number> | undefined {
  if (process.platform !== "linux") return undefined;
  const processes = new Map<number, { parent: number; type: string; ms: number }>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      // The command's name comes second, in parentheses, and may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .map(Number);
      const type = /--type=([\w-]+)/.exec(readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.[1] ?? "browser";
      processes.set(pid, { parent: fields[1]!, type, ms: (fields[11]! + fields[12]!) * TICK_MS });
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const isOurs = (pid: number): boolean => {
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  const sums = new Map<string, number>();
  for (const [pid, { type, ms }] of processes) if (isOurs(pid)) sums.set(type, (sums.get(type) ?? 0) + ms);
  return sums;
}
