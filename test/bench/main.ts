// `npm run bench -- NAME`: measures one part against a baseline of the same run, says what it found, and ends in one
// line of JSON. docs/performance.md tells what each measures and how to read it.
import { machineFacts } from "./machine.ts";

interface Bench {
  /** Prints lines for people on the way; what it returns goes into the JSON line. */
  run(): Promise<Record<string, unknown>>;
}

const benches: Record<string, () => Promise<Bench>> = {
  grid: () => import("./grid.ts"),
  kernels: () => import("./kernels.ts"),
  relay: () => import("./relay.ts"),
  peer: () => import("./peer.ts"),
  classad: () => import("./classad.ts"),
  scheduler: () => import("./scheduler.ts"),
  gas: () => import("./gas.ts"),
};

const name = process.argv[2] ?? "";
const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (!load) {
  process.stderr.write(`expected one of ${Object.keys(benches).join(", ")}, found ${JSON.stringify(name)}\n`);
  process.exit(2);
}
const facts = machineFacts();
const figures = await (await load()).run();
process.stdout.write(`${JSON.stringify({ bench: name, ...figures, machine: { ...facts, ...machineFacts() } })}\n`);
