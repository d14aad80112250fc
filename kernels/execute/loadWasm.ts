// WebAssembly kernels: one instance a job, no imports but `env.abort`, memory bounded by the manifest. ABI.md has the ABI.
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Manifest } from "../kernel.ts";
import { jobValues } from "./jobValues.ts";
import type { Program } from "./program.ts";
import { maximumMemoryBytes } from "./wasmMemory.ts";
import { bindWasm } from "./wasmTask.ts";

const EXPORTS = { memory: "memory", alloc: "function", run: "function" } as const;

/**
 * Compiles a module. Throws `kernel-compile` if it is not valid, imports anything but `env.abort`, or lacks an export of
 * the ABI; `kernel-memory` if its memory has no maximum; `bad-app` if the manifest is of another engine.
 */
export async function loadWasm(manifest: Manifest, code: Uint8Array): Promise<Program> {
  if (manifest.engine !== "wasm")
    throw new SuperEdgeError("bad-app", `expected a manifest for engine wasm, found ${manifest.engine}`);
  const module = await compile(code);
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (from !== "env" || name !== "abort" || kind !== "function")
      throw new SuperEdgeError("kernel-compile", `a kernel may import env.abort only, found ${kind} ${from}.${name}`);
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind as string]));
  for (const [name, kind] of Object.entries(EXPORTS))
    if (exported.get(name) !== kind)
      throw new SuperEdgeError(
        "kernel-compile",
        `expected export ${name} (${kind}), found ${exported.get(name) ?? "none"}`,
      );
  const maximumBytes = maximumMemoryBytes(code);

  return {
    async bind(params, inputs) {
      return bindWasm({ manifest, module, maximumBytes, values: jobValues(manifest, params, inputs), inputs });
    },
    dispose() {},
  };
}

async function compile(code: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(code as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    throw new SuperEdgeError("kernel-compile", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
