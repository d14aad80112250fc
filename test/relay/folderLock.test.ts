import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "../../relay/folderLock.ts";
import { startRelay } from "../../tools/relayProcess.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "superedge-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a relay's folder", () => {
  it("is refused to a second relay while another process holds it, in one clear sentence", async () => {
    const holder = fork("-e", ["process.send('up'); setInterval(() => {}, 1000)"], { execPath: process.execPath });
    await once(holder, "message");
    writeFileSync(join(folder, "relay.pid"), String(holder.pid));
    const refusal = `${folder} is in use by another relay (process ${holder.pid}); name another with --data`;
    expect(() => lockFolder(folder)).toThrow(refusal);
    // The program itself ends with that sentence and touches nothing.
    await expect(startRelay(["--port", "0", "--data", folder])).rejects.toThrow(refusal);
    expect(existsSync(join(folder, "relay.db"))).toBe(false);

    holder.kill("SIGKILL");
    await once(holder, "exit");
    lockFolder(folder)();
  });

  it("is free again once unlocked", () => {
    lockFolder(folder)();
    lockFolder(folder)();
    expect(existsSync(join(folder, "relay.pid"))).toBe(false);
  });

  it.each(["", "not a number", "-1", "0", "99999999"])("is taken over from a holder that cannot be: %j", (pid) => {
    writeFileSync(join(folder, "relay.pid"), pid);
    lockFolder(folder)();
  });
});
