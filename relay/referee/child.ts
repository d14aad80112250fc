// The referee's process: runs one task, answers, and is killed. It may read its own code and nothing else, and knows nothing
// of the relay's environment; the kernel it runs is a stranger's.
//
//   relay ─fork▶ process ─▶ thread: WASM, which may never return        (WGSL is run by the process itself: it does not block)
//     └─ dies: the process sees its channel close, and takes the thread along
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import type { Program, Range } from "../../kernels/execute/program.ts";
import type { Manifest } from "../../kernels/kernel.ts";
import { openGpu } from "../../kernels/openGpu.ts";
import { runTwice, type Verdict } from "./twice.ts";

/** From the relay, which has parsed it. */
export interface Assignment {
  manifest: Manifest;
  code: Uint8Array;
  params: Record<string, number>;
  inputs: Uint8Array[];
  range: Range;
}
export type Answer = Verdict | { failed: string };

/** JavaScript heap of a thread, MiB; a kernel's own memory is bounded by its manifest. */
const HEAP_MIB = 512;

const load = async ({ manifest, code }: Assignment): Promise<Program> =>
  manifest.engine === "wasm"
    ? loadWasm(manifest, code)
    : loadWgsl(await openGpu(), manifest, new TextDecoder().decode(code));

async function judge(assignment: Assignment): Promise<Answer> {
  try {
    const program = await load(assignment);
    const bound = await program.bind(assignment.params, assignment.inputs);
    return await runTwice(bound, assignment.manifest, assignment.range);
  } catch (error) {
    return { failed: String((error as Error)?.message ?? error).slice(0, 1000) };
  }
}

function judgeInThread(assignment: Assignment): Promise<Answer> {
  const thread = new Worker(new URL(import.meta.url), {
    workerData: assignment,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  return new Promise((resolve) => {
    thread.once("message", resolve);
    thread.once("error", (error) => resolve({ failed: String((error as Error).message).slice(0, 1000) }));
    thread.once("exit", () => resolve({ failed: "its thread ended" }));
  });
}

if (isMainThread) {
  process.once("disconnect", () => process.exit(0));
  process.once("message", async (message) => {
    const assignment = message as Assignment;
    process.send!(await (assignment.manifest.engine === "wasm" ? judgeInThread : judge)(assignment));
  });
} else parentPort!.postMessage(await judge(workerData as Assignment));
