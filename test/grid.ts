// A whole grid for a test: relay, chain and pages in a process of their own, on a free port, in a folder that is removed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RelayProcess, startRelay } from "../tools/relayProcess.ts";

export interface TestGrid {
  /** Of pages and API. */
  url: string;
  /** The relay's data folder. */
  data: string;
  relay: RelayProcess;
  /** Kills the relay as a power failure would and starts it again on the same data and port. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export async function startGrid(...args: string[]): Promise<TestGrid> {
  const data = mkdtempSync(join(tmpdir(), "superedge-test-"));
  const start = (port: string) => startRelay(["--port", port, "--data", data, "--window-seconds", "1", ...args]);
  const grid: TestGrid = {
    url: "",
    data,
    relay: await start("0"),
    async crash() {
      await grid.relay.kill();
      grid.relay = await start(new URL(grid.url).port);
    },
    async close() {
      await grid.relay.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
  grid.url = grid.relay.url;
  return grid;
}
