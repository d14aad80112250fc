// One relay a data folder: two would both acknowledge, and each overwrite what the other promised.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns what unlocks. Throws if a living process holds the folder; a dead one's lock is taken over. */
export function lockFolder(folder: string): () => void {
  const file = join(folder, "relay.pid");
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(readFileSync(file, "utf8"));
    if (isAlive(holder))
      throw new Error(`${folder} is in use by another relay (process ${holder}); name another with --data`);
    rmSync(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
