// One task, run twice in different pieces on the same instance: a kernel that keeps its contract gives the same bytes both
// times (kernels/ABI.md: an item depends on no other, no call changes the next).
import { ELEMENT_BYTES } from "../../kernels/dataTypes.ts";
import type { Bound, Range } from "../../kernels/execute/program.ts";
import type { Manifest } from "../../kernels/kernel.ts";
import { digestOf } from "../../protocol/digest.ts";
import type { Bytes32 } from "../../protocol/ids.ts";
import { sha256 } from "../hashes.ts";

export type Verdict =
  | { digest: Bytes32 }
  /** The two runs differ: where, in words. */
  | { unstable: string };

/** Throws what the kernel's run throws. */
export async function runTwice(bound: Bound, { output }: Pick<Manifest, "output">, range: Range): Promise<Verdict> {
  const first = await bound.run(range);
  const second = await runInHalves(bound, range, output.itemBytes);
  const at = first.findIndex((byte, i) => byte !== second[i]);
  if (at < 0) return { digest: digestOf(first, output.itemBytes, sha256) };
  const step = ELEMENT_BYTES[output.type];
  const from = at - (at % step);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(from, from + step)).toString("hex");
  const item = range.first + Math.floor(at / output.itemBytes);
  const byte = from % output.itemBytes;
  return {
    unstable: `two runs on one machine differ: item ${item}, from byte ${byte} on, was ${hex(first)} and then ${hex(second)}`,
  };
}

/** The second half first. */
async function runInHalves(bound: Bound, { first, count }: Range, itemBytes: number): Promise<Uint8Array> {
  const half = count >> 1;
  const output = new Uint8Array(count * itemBytes);
  output.set(await bound.run({ first: first + half, count: count - half }), half * itemBytes);
  if (half > 0) output.set(await bound.run({ first, count: half }));
  return output;
}
