import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("web"),
  base: "/",
  publicDir: false,
  build: {
    outDir: at("dist/web"),
    emptyOutDir: true,
    // The pages need WebGPU or WebAssembly; every browser that has them reads this.
    target: "es2022",
    // A module that another loads is fetched with it, not after it.
    modulePreload: { polyfill: false },
    // Never as data: URLs: sample data is fetched only when asked for, and the pages' CSP allows no data: fetches.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        volunteer: at("web/index.html"),
        console: at("web/console/index.html"),
        explorer: at("web/explorer/index.html"),
      },
    },
  },
});
