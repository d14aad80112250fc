// Whether this relay can run a job on such terms at all: asked when one is quoted, and again when it is submitted.
import { jobSize } from "../../kernels/jobSize.ts";
import { type Manifest, parseParams } from "../../kernels/kernel.ts";
import { parseJobExpression } from "../../protocol/adExpressions.ts";
import { type JobSpec, rangeOf, tasksOf, wholeTasksOf } from "../../protocol/api.ts";
import { type Category, limitsOf } from "../../protocol/categories.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { MAX_JOB_TASKS, MAX_OUTPUT_BYTES } from "../../protocol/limits.ts";
import { MAX_CONTRIBUTIONS } from "../../protocol/poco.ts";
import type { Blobs } from "../blobs/blobs.ts";
import { canBeBelieved } from "../scheduler/laws.ts";
import type { Store } from "../store/store.ts";

/** The app's manifest. Throws `not-found`, or `kernel-nondeterministic` if its kernel was found not to agree with itself. */
export function usableApp({ apps }: Store, id: Cid): Manifest {
  const app = apps.get(id);
  if (!app) throw new SuperEdgeError("not-found", `this relay has no app ${id}`);
  const unstable = apps.quarantined(id);
  if (unstable) throw new SuperEdgeError("kernel-nondeterministic", `this pool runs the app no more: ${unstable}`);
  return app.manifest;
}

/** Throws `bad-job`. */
export function checkTerms(manifest: Manifest, spec: Omit<JobSpec, "params" | "inputs">): void {
  if (tasksOf(spec) > MAX_JOB_TASKS)
    throw new SuperEdgeError(
      "bad-job",
      `expected at most ${MAX_JOB_TASKS} tasks, found ${tasksOf(spec)}: put more items in one`,
    );
  if (spec.part && spec.part.firstTask + spec.part.tasks > wholeTasksOf(spec))
    throw new SuperEdgeError(
      "bad-job",
      `part: expected tasks of the ${wholeTasksOf(spec)} there are, found ${spec.part.tasks} from ${spec.part.firstTask}`,
    );
  const outputBytes = rangeOf(spec, 0).count * manifest.output.itemBytes;
  if (outputBytes > MAX_OUTPUT_BYTES)
    throw new SuperEdgeError(
      "bad-job",
      `itemsPerTask: a task's output may have ${MAX_OUTPUT_BYTES} bytes, found ${outputBytes}`,
    );
  if (manifest.compare.kind === "tolerance" && spec.law !== "pool")
    throw new SuperEdgeError("bad-job", "law: an app that compares within a tolerance runs under law pool only");
  if (spec.requirements !== undefined) parseJobExpression("requirements", spec.requirements);
  if (spec.rank !== undefined) parseJobExpression("rank", spec.rank);
  if (spec.completion !== undefined && spec.deadlineSeconds === undefined)
    throw new SuperEdgeError("bad-job", "completion: expected a deadlineSeconds with it, found none");
  if (!canBeBelieved(spec))
    throw new SuperEdgeError(
      "bad-job",
      `trust: ${MAX_CONTRIBUTIONS} workers without reputation, the most a task may have, cannot reach ${spec.trust}`,
    );
}

/** Memory and data are known beforehand, time is not. Throws `bad-job`. */
export function checkCategory(
  manifest: Manifest,
  spec: JobSpec,
  category: Category,
  inputs: readonly { byteLength: number }[],
): void {
  const { memoryBytes, inputBytes, outputBytes } = jobSize(manifest, { ...spec, inputs });
  const limits = limitsOf(category, manifest.engine);
  if (memoryBytes > limits.memoryBytes)
    throw new SuperEdgeError(
      "bad-job",
      `category: a task of ${category} may take ${limits.memoryBytes} bytes of memory, found ${memoryBytes}`,
    );
  if (inputBytes + outputBytes > limits.dataBytes)
    throw new SuperEdgeError(
      "bad-job",
      `category: ${category} has ${limits.dataBytes} bytes of input and output, found ${inputBytes + outputBytes}`,
    );
}

/** Whether this relay can run the job at all. Throws `bad-job` or `not-found`. */
export async function checkSpec({ store, blobs }: { store: Store; blobs: Blobs }, spec: JobSpec): Promise<Manifest> {
  const manifest = usableApp(store, spec.app as Cid);
  parseParams(manifest, spec.params);
  if (spec.inputs.length !== manifest.inputs.length)
    throw new SuperEdgeError("bad-job", `inputs: expected ${manifest.inputs.length}, found ${spec.inputs.length}`);
  const inputs: { byteLength: number }[] = [];
  for (const [i, input] of manifest.inputs.entries()) {
    const size = await blobs.size(spec.inputs[i] as Cid);
    if (size === undefined)
      throw new SuperEdgeError("not-found", `input ${input.name}: upload blob ${spec.inputs[i]} first`);
    if (size > input.maxBytes)
      throw new SuperEdgeError(
        "bad-job",
        `input ${input.name}: expected at most ${input.maxBytes} bytes, found ${size}`,
      );
    inputs.push({ byteLength: size });
  }
  checkTerms(manifest, spec);
  if (spec.category) checkCategory(manifest, spec, spec.category, inputs);
  return manifest;
}
