// Compiles every kernels/NAME/assembly/index.ts (AssemblyScript) to kernels/NAME/build/kernel.wasm.
import { globSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const OPTIONS = [
  "-O3",
  // Kernels allocate when a job is bound and never free: no collector, nothing but a bump pointer.
  ...["--runtime", "stub"],
  // Pages of 64 KiB: 16 MiB. The executor accepts no module without a maximum.
  ...["--maximumMemory", "256"],
];

for (const source of globSync("kernels/*/assembly/index.ts", { cwd: root }).sort()) {
  const output = join(root, dirname(source), "..", "build", "kernel.wasm");
  let module: Uint8Array | undefined;
  const { error, stderr } = await asc.main([source, "--outFile", "kernel.wasm", "--baseDir", root, ...OPTIONS], {
    writeFile: (name, contents) => {
      if (name === "kernel.wasm") module = contents as Uint8Array;
    },
  });
  if (error || !module) {
    process.stderr.write(`${source}: ${stderr.toString() || error?.message}\n`);
    process.exit(1);
  }
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, module);
}
