// Builds the sandbox frame into one file: the worker's script inside the frame's script inside the page. The frame's
// policy allows exactly that one script, by hash, and no request for anything.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Rollup } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Writes `sandbox.html` into `outDir`. */
export async function buildSandbox(outDir: string): Promise<void> {
  const worker = await bundle(join(here, "../worker/main.ts"), {});
  const frame = await bundle(join(here, "frame.ts"), { __WORKER_SOURCE__: JSON.stringify(worker) });
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>SuperEdge sandbox</title><script>${escapeScript(frame)}</script></html>\n`;
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, "sandbox.html"), html);
}

/** One classic script. */
async function bundle(entry: string, define: Record<string, string>): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: "warn",
    define,
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: { entry, formats: ["iife"], name: "superedge" },
    },
  })) as Rollup.RollupOutput | Rollup.RollupOutput[];
  const [output] = Array.isArray(result) ? result : [result];
  const chunk = output?.output.find((part) => part.type === "chunk");
  if (chunk?.type !== "chunk") throw new Error(`${entry}: the build made no script`);
  return chunk.code;
}

/** An HTML parser ends a script at its closing tag, wherever it stands. */
const escapeScript = (code: string): string => code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
