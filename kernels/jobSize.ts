import { SuperEdgeError } from "../protocol/errors.ts";
import { jobValues } from "./execute/jobValues.ts";
import { parseExpression } from "./expression.ts";
import { sizeNames } from "./expressionNames.ts";
import type { Manifest } from "./kernel.ts";

export interface JobSize {
  /** Of a task, as the manifest bounds it. */
  memoryBytes: number;
  /** All input blobs, once. */
  inputBytes: number;
  /** Of the whole job. */
  outputBytes: number;
}

/** What a job takes besides time. Throws `bad-job` unless parameters and inputs fit the manifest. */
export function jobSize(
  manifest: Manifest,
  job: {
    params: Record<string, number>;
    inputs: readonly { byteLength: number }[];
    items: number;
    itemsPerTask: number;
  },
): JobSize {
  const values = { ...jobValues(manifest, job.params, job.inputs), items: Math.min(job.items, job.itemsPerTask) };
  const memoryBytes = parseExpression(manifest.memoryBytes, sizeNames(manifest), "memoryBytes").evaluate(values);
  if (!(memoryBytes >= 0)) throw new SuperEdgeError("bad-job", `memoryBytes: expected bytes, found ${memoryBytes}`);
  return {
    memoryBytes,
    inputBytes: job.inputs.reduce((sum, { byteLength }) => sum + byteLength, 0),
    outputBytes: job.items * manifest.output.itemBytes,
  };
}
