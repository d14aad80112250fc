// A Chromium for the demo, the tests and the benchmarks: the one named in SUPEREDGE_BROWSER, one on the system, or
// Playwright's own. On Debian as root it is installed; anywhere else one sentence says what to do.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium, type LaunchOptions } from "playwright";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const PLACES: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA].flatMap((root) =>
    root ? [join(root, "Google/Chrome/Application/chrome.exe"), join(root, "Chromium/Application/chrome.exe")] : [],
  ),
};

function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}

function find(): string | undefined {
  const named = process.env.SUPEREDGE_BROWSER;
  if (named) {
    if (!existsSync(named)) throw new Error(`SUPEREDGE_BROWSER names ${named}, which does not exist`);
    return named;
  }
  const own = chromium.executablePath();
  const found = [...NAMES.map(onPath), ...(PLACES[process.platform] ?? []), own];
  return found.find((file) => file && existsSync(file));
}

/** Path of a browser. Throws with what to do if there is none. */
export function findBrowser(): string {
  const found = find();
  if (found) return found;
  if (process.platform === "linux" && process.getuid?.() === 0 && onPath("apt-get")) {
    process.stderr.write("no browser found: installing Debian's chromium\n");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const run = (...args: string[]) => spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", 2] }).status;
    if (run("update", "-qq") === 0) run("install", "-y", "-qq", "--no-install-recommends", "chromium");
    const installed = find();
    if (installed) return installed;
  }
  throw new Error(
    "needs Chrome or Chromium: install one, or run `npx playwright install chromium`, or name one in SUPEREDGE_BROWSER",
  );
}

/** Headless, WebGPU on (by the software driver where there is no GPU), quiet: no request to anywhere but the pages opened. */
export function launchOptions(): LaunchOptions {
  return {
    executablePath: findBrowser(),
    headless: true,
    args: [
      "--enable-unsafe-webgpu",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  };
}

/** A browser of its own with a fresh profile in `folder`: its own key, its own storage. */
export const openProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, launchOptions());
