// Makes the README's pictures: `npm run screenshots`. A real relay, three real volunteers, a real job from the console.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { launchOptions } from "./browser.ts";
import { DemoVolunteer } from "./demo/volunteer.ts";
import { startRelay } from "./relayProcess.ts";

const WIDE = { width: 1280, height: 900 };
const LONGEST_MS = 180_000;

const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));
const data = mkdtempSync(join(tmpdir(), "superedge-pictures-"));
mkdirSync(folder, { recursive: true });
const relay = await startRelay(["--port", "0", "--data", data, "--window-seconds", "2"]);
const volunteers = await Promise.all(["Ada", "Ben", "Eve"].map((name) => DemoVolunteer.open({ url: relay.url, name })));
for (const volunteer of volunteers) await volunteer.start();
const browser = await chromium.launch(launchOptions());
const requester = await browser.newPage({ viewport: WIDE });
await requester.goto(`${relay.url}/console/`);
await requester
  .getByRole("button", { name: /sample|example|swissprot/i })
  .first()
  .click();
await requester.locator("button.primary:enabled").last().click();

const [shown] = volunteers;
await shown!.page.setViewportSize(WIDE);
await shown!.page.waitForFunction(() => (globalThis.shown?.tasks.certified ?? 0) >= 30, undefined, {
  polling: 200,
  timeout: LONGEST_MS,
});
await shown!.page.screenshot({ path: join(folder, "volunteer.png") });
await requester.waitForSelector(".progress-panel.done", { timeout: LONGEST_MS });
await requester.screenshot({ path: join(folder, "console.png"), fullPage: true });

await browser.close();
for (const volunteer of volunteers) await volunteer.close();
await relay.stop();
rmSync(data, { recursive: true, force: true });
