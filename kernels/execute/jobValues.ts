import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_JOB_ITEMS, MAX_OUTPUT_BYTES } from "../../protocol/limits.ts";
import type { Values, Words } from "../expression.ts";
import { type Manifest, parseParams } from "../kernel.ts";
import type { Range } from "./program.ts";

/** The values every expression of a job may use. Throws `bad-job` unless parameters and inputs fit the manifest. */
export function jobValues(
  manifest: Manifest,
  params: Record<string, number>,
  inputs: readonly { byteLength: number }[],
): Record<string, number> {
  if (inputs.length !== manifest.inputs.length)
    throw new SuperEdgeError("bad-job", `expected ${manifest.inputs.length} inputs, found ${inputs.length}`);
  const values = parseParams(manifest, params);
  for (const [i, { name, maxBytes }] of manifest.inputs.entries()) {
    const bytes = inputs[i]!.byteLength;
    if (bytes > maxBytes)
      throw new SuperEdgeError("bad-job", `input ${name}: expected at most ${maxBytes} bytes, found ${bytes}`);
    values[`bytes_${name}`] = bytes;
  }
  return values;
}

/** The same with a task's range. Throws `bad-job` unless the range and its output are within bounds. */
export function taskValues(manifest: Manifest, job: Values, { first, count }: Range): Record<string, number> {
  const whole = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1;
  if (!whole || first + count > MAX_JOB_ITEMS)
    throw new SuperEdgeError("bad-job", `expected items below ${MAX_JOB_ITEMS}, found ${count} from ${first}`);
  const bytes = count * manifest.output.itemBytes;
  if (bytes > MAX_OUTPUT_BYTES)
    throw new SuperEdgeError("bad-job", `expected an output of at most ${MAX_OUTPUT_BYTES} bytes, found ${bytes}`);
  return { ...job, first, items: count };
}

/** What `word_NAME(i)` reads. */
export function inputWords(manifest: Manifest, inputs: readonly Uint8Array[]): Words {
  const views = new Map(
    manifest.inputs.map(({ name }, i) => {
      const { buffer, byteOffset, byteLength } = inputs[i]!;
      return [name, new DataView(buffer, byteOffset, byteLength)];
    }),
  );
  return (input, index) => {
    const view = views.get(input);
    const inside = view && Number.isInteger(index) && index >= 0 && 4 * index + 4 <= view.byteLength;
    return inside ? view.getUint32(4 * index, true) : Number.NaN;
  };
}
