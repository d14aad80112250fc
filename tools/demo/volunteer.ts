// One volunteer of the demo: a browser process of its own, a fresh profile, and the page's own button, clicked.
import { type Browser, type BrowserServer, chromium, type Page } from "playwright";
import { lieOnEvery } from "../../test/attackers/liar.ts";
import type { VolunteerState } from "../../web/volunteer/state.ts";
import { launchOptions } from "../browser.ts";

export type Shown = Omit<VolunteerState, "samples" | "earnedWei"> & { earnedWei: string };

export interface VolunteerOptions {
  url: string;
  name: string;
  /** Lies on every so many tasks. */
  lieOn?: number;
}

const LONGEST_START_MS = 60_000;

declare global {
  var shown: Shown | undefined;
}

export class DemoVolunteer {
  readonly name: string;
  readonly #server: BrowserServer;
  readonly #browser: Browser;
  readonly page: Page;
  /** As last told by the page; what a killed volunteer had reached. */
  shown: Shown | undefined;

  private constructor(name: string, server: BrowserServer, browser: Browser, page: Page) {
    this.name = name;
    this.#server = server;
    this.#browser = browser;
    this.page = page;
  }

  static async open({ url, name, lieOn }: VolunteerOptions): Promise<DemoVolunteer> {
    const server = await chromium.launchServer(launchOptions());
    const browser = await chromium.connect(server.wsEndpoint());
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(() => {
      document.addEventListener("superedge:state", (event) => {
        globalThis.shown = (event as CustomEvent).detail;
      });
    });
    if (lieOn) await page.addInitScript(lieOnEvery, lieOn);
    const volunteer = new DemoVolunteer(name, server, browser, page);
    await page.goto(url);
    return volunteer;
  }

  /** Presses the button and waits until the relay knows the volunteer. */
  async start(): Promise<void> {
    await this.page.locator("button.primary").first().click();
    const started = () => ["waiting", "working"].includes(globalThis.shown?.phase ?? "");
    try {
      await this.page.waitForFunction(started, undefined, { timeout: LONGEST_START_MS, polling: 100 });
    } catch (cause) {
      const shown = JSON.stringify(await this.look());
      throw new Error(`${this.name} did not start: ${shown ?? (await this.page.innerText("body"))}`, { cause });
    }
    await this.look();
  }

  async look(): Promise<Shown | undefined> {
    try {
      this.shown = (await this.page.evaluate(() => globalThis.shown)) ?? this.shown;
    } catch {
      // The browser is gone; what it showed last stands.
    }
    return this.shown;
  }

  /** As when the machine is switched off: no goodbye. */
  async kill(): Promise<void> {
    await this.look();
    this.#server.process().kill("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#browser.close().catch(() => {});
    await this.#server.close().catch(() => {});
  }
}
