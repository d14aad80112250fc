// `npm start`: the relay with everything it needs, until it is stopped.
import { readConfig, usage } from "./config.ts";
import { start } from "./start.ts";

const NEEDED_MAJOR = 24;

async function main(): Promise<void> {
  if (Number(process.versions.node.split(".")[0]) < NEEDED_MAJOR)
    throw new Error(
      `needs Node.js ${NEEDED_MAJOR} or newer, found ${process.versions.node}: use npm start, which brings it`,
    );
  const args = process.argv.slice(2);
  if (args.includes("--help")) return void process.stdout.write(`${usage()}\n`);
  const running = await start(readConfig(args, process.env));
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(130);
    stopping = true;
    running.close().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`${String(error?.stack ?? error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // A program that started us (the demo, a test) waits for this.
  process.send?.({ type: "ready", url: running.url });
  process.on("disconnect", stop);
  process.stdout.write(`SuperEdge is ready at ${running.url}\n`);
}

main().catch((error) => {
  const code = (error as { code?: string }).code;
  const hint = code === "EADDRINUSE" ? " (is it running already? choose another with --port)" : "";
  process.stderr.write(`superedge: ${(error as Error).message}${hint}\n`);
  process.exit(1);
});
