// A relay in a process of its own, as `npm start` runs it: for the demo, the tests and the benchmarks.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../relay/main.ts", import.meta.url));
/** Starting includes replaying the chain and deploying the contracts, milliseconds. */
const START_MS = 60_000;

export interface RelayProcess {
  /** Of the pages. */
  url: string;
  process: ChildProcess;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
  /** As a power failure does, but for the disk's own cache. */
  kill(): Promise<void>;
}

/** Resolves when the relay is ready. Throws with what it printed if it is not. */
export async function startRelay(args: readonly string[], execArgv: readonly string[] = []): Promise<RelayProcess> {
  const child = fork(program, args, { silent: true, execArgv: [...execArgv] });
  let printed = "";
  const keep = (text: Buffer) => {
    printed = (printed + text.toString()).slice(-10_000);
  };
  child.stderr?.on("data", keep);
  child.stdout?.resume();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the relay did not start in ${START_MS} ms: ${printed}`)),
      START_MS,
    );
    child.once("message", (message: { url: string }) => {
      clearTimeout(timer);
      resolve(message.url);
    });
    child.once("exit", (code) => reject(new Error(`the relay ended with ${code}: ${printed}`)));
  });
  if (process.env.SUPEREDGE_SHOW_LOG) child.stderr?.pipe(process.stderr);
  const end = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return { url, process: child, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
