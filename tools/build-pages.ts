// Builds the web pages into dist/web, and with them the sandbox frame that kernels run in.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildSandbox } from "../web/sandbox/build.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

// The pages first: their build empties the folder.
await build({ configFile: at("vite.config.ts"), logLevel: "warn" });
await buildSandbox(at("dist/web"));
