// Builds the web pages into dist/web.
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

await build({ configFile: `${root}/vite.config.ts`, logLevel: "warn" });
