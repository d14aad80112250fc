import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchOptions } from "../../tools/browser.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { expectSoundLayout, openPage, tabTo } from "./openPage.ts";

let server: TestGrid;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startGrid(), chromium.launch(launchOptions())]);
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

const status = (page: Page, title: string) => page.getByRole("heading", { name: title }).waitFor();

describe("the volunteer page", () => {
  test("runs nothing, keeps nothing and loads nothing large before the button is pressed", async () => {
    const page = await openPage(browser, "about:blank");
    let sockets = 0;
    let scriptBytes = 0;
    page.on("websocket", () => sockets++);
    page.on("response", async (response) => {
      if (response.request().resourceType() === "script") scriptBytes += (await response.body()).length;
    });
    await page.goto(server.url, { waitUntil: "networkidle" });
    expect(sockets).toBe(0);
    expect(page.workers()).toEqual([]);
    expect(page.frames()).toHaveLength(1);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect(scriptBytes).toBeLessThan(60_000);
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Waiting for work");
    expect(sockets).toBe(1);
  });

  test("can be started, paused, resumed and stopped by keyboard alone", async () => {
    const page = await openPage(browser, server.url);
    await tabTo(page, "Start computing");
    await page.keyboard.press("Enter");
    await status(page, "Waiting for work");
    await tabTo(page, /^Pause$/);
    await page.keyboard.press("Enter");
    await status(page, "Paused");
    await tabTo(page, /^Resume$/);
    await page.keyboard.press("Space");
    await status(page, "Waiting for work");
    await tabTo(page, /^Stop$/);
    await page.keyboard.press("Enter");
    await status(page, "Stopped");
    await tabTo(page, /^Start again$/);
    await page.keyboard.press("Enter");
    await status(page, "Waiting for work");
  });

  test("tells what it measured of the machine, and remembers it", async () => {
    const page = await openPage(browser, server.url);
    const machine = page.getByRole("region", { name: "This machine" });
    await page.getByRole("button", { name: "Start computing" }).click();
    const speed = machine.getByText("Speed of one processor core").locator("xpath=following-sibling::dd");
    await speed.waitFor();
    expect(await speed.textContent()).toMatch(/^[\d.,]+ (million|billion|trillion) a second$/);
    const kind = (await machine.locator("code").textContent())!;
    expect(kind).toMatch(/^chromium-[0-9a-f]{16}$/);
    await expectSoundLayout(page);

    const measured = await speed.textContent();
    const hellos: string[] = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => hellos.push(payload.toString("latin1"))));
    await page.reload();
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Waiting for work");
    expect(hellos[0]).toContain(kind);
    expect(await speed.textContent()).toBe(measured);
  });

  test("keeps the limits that were set, by keyboard too", async () => {
    const page = await openPage(browser, server.url);
    await tabTo(page, "Exchange data with other volunteers");
    await page.keyboard.press("Space");
    await tabTo(page, /^Limits$/);
    await page.keyboard.press("Enter");
    await page.getByRole("slider").waitFor();
    await tabTo(page, "Busy at most");
    await page.keyboard.press("ArrowLeft");
    await page.reload();
    expect(await page.getByRole("switch").isChecked()).toBe(false);
    await page.getByText("Limits", { exact: true }).click();
    expect(await page.getByRole("slider").inputValue()).toBe("75");
  });

  test("tells the pool whether this machine wants peers", async () => {
    const page = await openPage(browser, server.url);
    const sent: Buffer[] = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(Buffer.from(payload))));
    await page.getByRole("switch").click();
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Waiting for work");
    // MessagePack: the text `peers`, then false (0xc2).
    expect(sent.some((frame) => frame.includes(Buffer.from("peers\xc2", "latin1")))).toBe(true);
  });

  test("says why it could not start, and starts at the next try", async () => {
    const page = await openPage(browser, server.url);
    await page.route("**/api/pool", (route) => route.abort());
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Stopped");
    await page.unroute("**/api/pool");
    await page.getByRole("button", { name: "Start again" }).click();
    await status(page, "Waiting for work");
  });

  test("says what to do where WebGPU is missing, and volunteers all the same", async () => {
    const page = await openPage(browser, "about:blank");
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
    await page.goto(server.url);
    await page.getByRole("heading", { name: "No WebGPU here" }).waitFor();
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Waiting for work");
  });

  test("has no serious barrier and fits a phone, before and after the button", async () => {
    const page = await openPage(browser, server.url);
    await page.getByText("Limits", { exact: true }).click();
    await expectSoundLayout(page);
    await page.getByRole("button", { name: "Start computing" }).click();
    await status(page, "Waiting for work");
    await page.locator(".chart canvas").waitFor();
    await expectSoundLayout(page);
    await page.getByRole("button", { name: "Pause" }).click();
    await status(page, "Paused");
    await expectSoundLayout(page);
  });
});
