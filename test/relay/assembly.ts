// Kernels written in a test: AssemblyScript text to a WASM module of the ABI, with one page of memory.
import asc from "assemblyscript/asc";

const ALLOC = "export function alloc(bytes: i32): i32 { return <i32>heap.alloc(<usize>bytes); }\n";

/** `source` exports `run(args: i32): i32`; `alloc` is added. */
export async function compileAssembly(source: string): Promise<Uint8Array> {
  let module: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["kernel.ts", "--outFile", "kernel.wasm", "-O3", "--runtime", "stub", "--maximumMemory", "4"],
    {
      readFile: (name) => (name === "kernel.ts" ? ALLOC + source : null),
      writeFile: (name, contents) => {
        if (name === "kernel.wasm") module = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !module) throw new Error(`the kernel does not compile: ${stderr.toString() || error?.message}`);
  return module;
}
