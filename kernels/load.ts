// Node only: what the built-in kernels have on the disk.
import { readFile } from "node:fs/promises";
import type { Builtin } from "./builtin.ts";
import type { ReferenceCode } from "./reference/measure.ts";

/** WGSL text in UTF-8, or the WASM module that `tools/build-kernels.ts` makes. */
export function loadCode({ manifest }: Builtin): Promise<Uint8Array<ArrayBuffer>> {
  const path = manifest.engine === "wgsl" ? "kernel.wgsl" : "build/kernel.wasm";
  return read(`${manifest.name}/${path}`);
}

/** The files a built-in kernel comes with, by `FileAsk.name`: `prepare` takes them as they are. */
export async function loadSamples({ manifest, files }: Builtin): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const samples: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const { name, sample } of files) if (sample) samples[name] = await read(`${manifest.name}/${sample}`);
  return samples;
}

/** The shader that asks a GPU how it rounds. */
export const loadProbe = (): Promise<string> => readText("probe/kernel.wgsl");

/** The kernels a machine's speed is measured with. */
export async function loadReference(): Promise<ReferenceCode> {
  const [f32, i32, wasm] = await Promise.all([
    readText("reference/f32.wgsl"),
    readText("reference/i32.wgsl"),
    read("reference/build/kernel.wasm"),
  ]);
  return { f32, i32, wasm };
}

const readText = async (path: string) => new TextDecoder().decode(await read(path));
const read = async (path: string) => new Uint8Array(await readFile(new URL(path, import.meta.url)));
