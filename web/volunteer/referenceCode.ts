// The code of the probe and the reference kernels, as the build brings it: loaded after consent, apart from what the first
// task needs.
import probe from "../../kernels/probe/kernel.wgsl?raw";
import wasmUrl from "../../kernels/reference/build/kernel.wasm?url";
import f32 from "../../kernels/reference/f32.wgsl?raw";
import i32 from "../../kernels/reference/i32.wgsl?raw";
import type { ReferenceCode } from "../../kernels/reference/measure.ts";

export { probe };

export async function fetchReference(): Promise<ReferenceCode> {
  const response = await fetch(wasmUrl);
  if (!response.ok) throw new Error(`expected the reference kernel, found status ${response.status}`);
  return { f32, i32, wasm: new Uint8Array(await response.arrayBuffer()) };
}
