// Processor time of another process, where the system tells: on a busy machine it says more than the clock on the wall.
import { readFileSync } from "node:fs";

/** Linux reports processor time in hundredths of a second, whatever the kernel's own tick (`man 5 proc`, USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Seconds of user and system time of all its threads; undefined where there is no /proc. */
export function cpuSeconds(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets, and may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
