// Where outputs that should be the same first differ, and what each worker put there: for whoever asks why a task was
// disputed. Pure; what it is given are whole outputs, or the same leaves of each.
import { agreement } from "../kernels/agreement.ts";
import { ELEMENT_BYTES } from "../kernels/dataTypes.ts";
import type { Manifest } from "../kernels/kernel.ts";
import type { Address } from "../protocol/ids.ts";

/** The same part of several workers' outputs, beginning `start` bytes into them. */
export interface Part {
  start: number;
  of: readonly { worker: Address; bytes: Uint8Array }[];
}

export interface Difference {
  /** Counted from the task's first. */
  item: number;
  /** Where in the item the bytes below begin. */
  offsetBytes: number;
  workers: { worker: Address; bytes: Uint8Array }[];
}

/** As many bytes of a differing item as are kept: a small item whole, of a large one the place. */
const SHOWN_BYTES = 32;

/** The first element that two of the workers do not agree on, in the first part that has one. */
export function firstDifference(
  parts: readonly Part[],
  rule: Pick<Manifest, "compare" | "output">,
): Difference | undefined {
  for (const { start, of } of parts) {
    const at = firstDisagreement(
      of.map(({ bytes }) => bytes),
      rule,
    );
    if (at === undefined) continue;
    const { itemBytes } = rule.output;
    const item = Math.floor((start + at) / itemBytes);
    // Small items lie whole in their part: leaves hold whole items up to 4 KiB.
    const from = itemBytes <= SHOWN_BYTES ? item * itemBytes - start : at;
    const to = Math.min(from + SHOWN_BYTES, (item + 1) * itemBytes - start);
    const workers = of.map(({ worker, bytes }) => ({ worker, bytes: bytes.slice(from, to) }));
    return { item, offsetBytes: start + from - item * itemBytes, workers };
  }
  return undefined;
}

/** Where, in bytes, the first element begins that not all agree on. */
function firstDisagreement(outputs: readonly Uint8Array[], rule: Pick<Manifest, "compare" | "output">) {
  const [first, ...others] = outputs;
  const step = ELEMENT_BYTES[rule.output.type];
  if (!first) return undefined;
  for (let at = 0; at < first.length; at++) {
    if (others.every((other) => other[at] === first[at])) continue;
    const from = at - (at % step);
    const element = outputs.map((output) => output.subarray(from, from + step));
    const agrees = (a: Uint8Array, b: Uint8Array) => agreement(rule.compare, rule.output.type, a, b);
    if (element.some((a, i) => element.slice(i + 1).some((b) => !agrees(a, b)))) return from;
    at = from + step - 1;
  }
  return undefined;
}
