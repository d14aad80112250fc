// A page in a real browser with a fresh profile, and what every page must be: free of serious barriers, and as narrow as
// the window.
import axe from "axe-core";
import type { Browser, Page } from "playwright";
import { expect, onTestFinished } from "vitest";

export const WIDE = { width: 1280, height: 900 };
/** The narrowest phone the pages are made for, CSS pixels. */
export const PHONE = { width: 360, height: 740 };

/** Closed when the test is over. A page's uncaught error fails the test. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: WIDE });
  const page = await context.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  onTestFinished(async () => {
    await context.close();
    expect(errors).toEqual([]);
  });
  await page.goto(url);
  return page;
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

/** Looks at the page as it stands: light and dark, wide and narrow. */
export async function expectSoundLayout(page: Page): Promise<void> {
  for (const viewport of [PHONE, WIDE])
    for (const colorScheme of ["dark", "light"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const where = `${viewport.width} px, ${colorScheme}`;
      // Charts are drawn anew a frame after the page has got another width.
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth), { message: where, timeout: 5000 })
        .toBeLessThanOrEqual(viewport.width);
      expect(await barriers(page), where).toEqual([]);
    }
}

/** What axe calls serious or critical. */
async function barriers(page: Page): Promise<string[]> {
  // Evaluated, not added as an element: the page's policy need not allow it.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    return (await run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
    );
}

/** Presses Tab until the element that has this name has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as (HTMLElement & { labels?: NodeListOf<HTMLElement> }) | null;
      // Past the last element, before the first: all of the page's text is no name.
      if (element === document.body) return "";
      const labels = [...(element?.labels ?? [])].map((label) => label.textContent);
      return [element?.getAttribute("aria-label"), ...labels, element?.textContent].filter(Boolean).join(" ").trim();
    });
    seen.push(focused.slice(0, 40));
    if (typeof name === "string" ? focused.includes(name) : name.test(focused)) return;
  }
  throw new Error(`expected ${name} to be reached by Tab, found only ${seen.join(" | ")}`);
}
