import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Grid } from "../../client/index.ts";
import { loadCode } from "../../kernels/load.ts";
import { builtinOf } from "../../kernels/registry.ts";
import { launchOptions } from "../../tools/browser.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { expectSoundLayout, openPage, tabTo } from "./openPage.ts";

let server: TestGrid;
let browser: Browser;
let volunteers: NodeVolunteer[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startGrid(), chromium.launch(launchOptions())]);
  volunteers = [new NodeVolunteer(server.url), new NodeVolunteer(server.url)];
  await Promise.all(volunteers.map(({ greeted }) => greeted));
});

afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await browser.close();
  await server.close();
});

const openConsole = async (): Promise<Page> => {
  const page = await openPage(browser, `${server.url}/console/`);
  await page.getByRole("heading", { name: "New job" }).waitFor();
  return page;
};

/** Option prices: what the volunteers of this test, without a GPU, can compute. A few short tasks. */
async function chooseOptionPricing(page: Page): Promise<void> {
  await page.getByRole("radio", { name: /Option pricing/ }).check();
  await page.getByRole("button", { name: "Use the sample" }).click();
  await page.getByLabel("Style").fill("0");
  await page.getByLabel("Paths").fill("65536");
  await page.getByLabel("Items per task").fill("1");
}

async function finishOptionPricing(page: Page): Promise<void> {
  await chooseOptionPricing(page);
  await page.getByRole("button", { name: "Submit the job" }).click();
  await page.getByRole("heading", { name: "Done" }).waitFor();
}

const account = (page: Page) => page.locator(".balance code").getAttribute("title");

describe("the console", () => {
  test("takes a job from choice to checked receipt by keyboard alone", async () => {
    const page = await openConsole();
    await tabTo(page, "Protein search");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "Use the sample");
    await page.keyboard.press("Enter");
    for (const [name, value] of [
      ["Style", "0"],
      ["Paths", "65536"],
      ["Items per task", "1"],
    ] as const) {
      await tabTo(page, name);
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type(value);
    }
    await tabTo(page, "Submit the job");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByText("Option price", { exact: true }).waitFor();
    await tabTo(page, "Tasks");
    await page.keyboard.press("End");
    await page.getByRole("heading", { name: "Task 15" }).waitFor();
    await tabTo(page, "Check the receipt here");
    await page.keyboard.press("Enter");
    await page.getByText("The receipt holds.").waitFor();
    expect(await page.locator(".checks .holds").count()).toBeGreaterThan(8);
    expect(await page.locator(".checks .false").count()).toBe(0);
  });

  test("shows what a job costs and who can compute it before anything is paid", async () => {
    const page = await openConsole();
    await chooseOptionPricing(page);
    const review = page.getByRole("region", { name: "Review" });
    await review.getByText("2 volunteers with WebAssembly are connected and can start now.").waitFor();
    expect(await review.locator("dl").first().innerText()).toMatch(/Tasks\s*16.*0\.16 ECT.*0\.136.*0\.016.*0\.008/s);
    expect(await review.locator(".forecast").innerText()).toMatch(/can do it\s*2\s.*is computed\s*2\s/s);
    await page.getByRole("radio", { name: /Protein search/ }).check();
    await page.getByRole("button", { name: "Use the sample" }).click();
    await review
      .getByText("Needs workers of 2 different owners that run wgsl, found none among 2 connected.")
      .waitFor();
    expect(await (await Grid.connect(server.url)).jobs((await account(page)) ?? "")).toEqual([]);
  });

  test("forecasts anew when the law, the wishes or the terms change", async () => {
    const page = await openConsole();
    await chooseOptionPricing(page);
    const forecast = page.getByRole("region", { name: "Review" }).locator(".forecast");
    await forecast.getByText("2 volunteers with WebAssembly").waitFor();
    await page.getByLabel("Agreeing volunteers, at least").fill("3");
    await forecast
      .getByText("Needs workers of 3 different owners that run wasm, found 2 such owners among 2 connected.")
      .waitFor();
    await page.getByLabel("Agreeing volunteers, at least").fill("1");
    await page.getByRole("radio", { name: /By the pool/ }).check();
    await page.getByLabel("Prefer").selectOption("most trusted");
    await page.getByText("Those first whose results were right most often.").waitFor();
    await expect.poll(() => forecast.innerText()).toMatch(/is computed\s*[1-9]/);
    await page.getByLabel("Deadline (minutes)").fill("0.001");
    await page.getByText("Deadline: minutes are needed").waitFor();
    expect(await page.getByRole("button", { name: "Submit the job" }).isDisabled()).toBe(true);
    await page.getByLabel("Deadline (minutes)").fill("60");
    await page.getByLabel("Kept with (%)").waitFor();
    await page.getByText(/The pool would (not )?promise the deadline/).waitFor();
    const requirements = page.getByLabel("Requirements");
    await requirements.fill("HasWasm && Cores >");
    await page.getByText(/^Not a ClassAd expression: line 1, column \d+: expected/).waitFor();
    expect(await page.getByRole("button", { name: "Submit the job" }).isDisabled()).toBe(true);
    await expectSoundLayout(page);
    await requirements.fill("HasWasm && Memory > 1");
    await page.getByText("No machine has an attribute named Memory").waitFor();
    await forecast.getByText("runs wasm and meets the job's requirements, found none among 2 connected.").waitFor();
    await requirements.fill("HasWasm && Cores >= 1");
    await forecast.getByText("2 volunteers with WebAssembly").waitFor();
    await expectSoundLayout(page);
  });

  test("names the line that is wrong in a file, and the parameter that is out of range", async () => {
    const page = await openConsole();
    await page.getByRole("radio", { name: /Protein search/ }).check();
    const file = { name: "mine.fasta", mimeType: "text/plain", buffer: Buffer.from(">one\nMKV\n>two\nMK1\n") };
    await page.getByLabel("Queries").setInputFiles(file);
    await page.getByText(/queries, line 4/).waitFor();
    await page.getByLabel("Gap opening").fill("99");
    await page.getByText("It must be from 0 to 15.").first().waitFor();
    expect(await page.getByRole("button", { name: "Submit the job" }).isDisabled()).toBe(true);
  });

  test("resumes the same job with the same key after a reload", async () => {
    const page = await openConsole();
    await finishOptionPricing(page);
    const [url, name] = [page.url(), await account(page)];
    await page.reload();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByText("Option price", { exact: true }).waitFor();
    expect([page.url(), await account(page)]).toEqual([url, name]);
  });

  test("says what was paid and what came back, as the chain has it", async () => {
    const page = await openConsole();
    await finishOptionPricing(page);
    const cost = page.getByRole("region", { name: "Cost" });
    await cost.getByText(/^Paid on chain$/).waitFor();
    await expect
      .poll(() => cost.locator("dl").innerText(), { timeout: 60_000 })
      .toMatch(/Deposit of this deal\s*0\.16 ECT\s*Paid on chain\s*0\.16 ECT\s*$/);
  });

  test("shows no output whose bytes are not the certified ones", async () => {
    const page = await openConsole();
    await page.route("**/api/jobs/*/results", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(
        /"output":"./,
        (said) => `"output":"${said.at(-1) === "B" ? "C" : "B"}`,
      );
      await route.fulfill({ response, body });
    });
    await finishOptionPricing(page);
    await page.getByRole("alert").getByText("outputs that are not the certified ones").waitFor();
    expect(await page.getByRole("button", { name: "Raw output" }).isDisabled()).toBe(true);
  });

  test("forgets no deal that was paid before the relay could be told", async () => {
    const page = await openConsole();
    await page.route("**/api/jobs", (route) =>
      route.request().method() === "POST" ? route.abort() : route.continue(),
    );
    await chooseOptionPricing(page);
    await page.getByLabel("Title").fill("paid for");
    await page.getByRole("button", { name: "Submit the job" }).click();
    await page.getByText("expected an answer from").waitFor();
    expect(await page.getByRole("link", { name: /paid for/ }).count()).toBe(0);
    await page.unroute("**/api/jobs");
    await page.reload();
    await page.getByRole("link", { name: /paid for/ }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
  });

  test("offers an app it does not know by its manifest alone, and its results raw", async () => {
    const grid = await Grid.connect(server.url);
    const builtin = builtinOf("option-pricing")!;
    await grid.publish({ ...builtin.manifest, title: "Somebody’s prices" }, await loadCode(builtin));
    grid.close();
    const page = await openConsole();
    await page.getByRole("radio", { name: /Somebody’s prices.*shown by its manifest alone/ }).check();
    // Log returns, as the kernel takes them.
    const returns = Buffer.from(new Float64Array([0.01, -0.01, 0.02]).buffer);
    await page.locator("input[type=file]").first().setInputFiles({ name: "returns", mimeType: "", buffer: returns });
    for (const [name, value] of [
      ["Style", "0"],
      ["Items", "4"],
      ["Items per task", "1"],
    ] as const)
      await page.getByLabel(name, { exact: true }).fill(value);
    await page.getByRole("button", { name: "Submit the job" }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Raw output" }).click();
    expect((await downloading).suggestedFilename()).toBe("option-pricing.bin");
  });

  test("says that the pool does not answer, and connects at the next try", async () => {
    const page = await openPage(browser, "about:blank");
    await page.route("**/api/pool", (route) => route.abort());
    await page.goto(`${server.url}/console/`);
    await page.getByRole("alert").getByText("The console could not start").waitFor();
    await page.unroute("**/api/pool");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "New job" }).waitFor();
  });

  test("has no serious barrier and fits a phone: composing, finished, with a receipt open", async () => {
    const page = await openConsole();
    await chooseOptionPricing(page);
    await expectSoundLayout(page);
    await page.getByRole("button", { name: "Submit the job" }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByText("The same as a table").click();
    await page.getByRole("slider", { name: "Tasks" }).press("Enter");
    await page.getByRole("button", { name: "Check the receipt here" }).click();
    await page.getByText("The receipt holds.").waitFor();
    await expectSoundLayout(page);
  });

  test("shows, under law pool, how far each result was believed by itself, and the odds reached", async () => {
    const page = await openConsole();
    await chooseOptionPricing(page);
    await page.getByRole("radio", { name: /By the pool/ }).check();
    await page.getByRole("spinbutton", { name: "Trust" }).fill("4");
    await page.getByLabel("Deadline (minutes)").fill("60");
    await page.getByRole("button", { name: "Submit the job" }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByText("The deadline was kept.").waitFor();
    await page.getByRole("slider", { name: "Tasks" }).press("Home");
    const detail = page.getByRole("region", { name: "Task 0" });
    await detail.getByText(/That those who agree are right stands .* to 1; the deal asked for 3 to 1\./).waitFor();
    expect(await detail.getByRole("columnheader").allInnerTexts()).toContain("Believed by itself");
    expect(await detail.getByRole("cell", { name: /^(8|9)\d(\.\d+)?\s%$/ }).count()).toBeGreaterThan(0);
    await expectSoundLayout(page);
  });

  test("shows who computed a task, and whose result was refused", async () => {
    for (const volunteer of volunteers) volunteer.close();
    // With two owners and two replicas, the liar has a hand in every task until a third one comes.
    const liar = new NodeVolunteer(server.url, { tamper: (output) => output.fill(7, 0, 1) });
    volunteers = [new NodeVolunteer(server.url), liar];
    const page = await openConsole();
    await chooseOptionPricing(page);
    await page.getByRole("button", { name: "Submit the job" }).click();
    await page.getByRole("heading", { name: "Tasks" }).waitFor();
    const grid = await Grid.connect(server.url);
    const job = grid.job(new URL(page.url()).hash.slice("#job=".length));
    await expect
      .poll(async () => (await job.tasks()).some(({ state }) => state === "disputed"), { timeout: 60_000 })
      .toBe(true);
    volunteers.push(new NodeVolunteer(server.url));
    await page.getByRole("heading", { name: "Done" }).waitFor();
    const tasks = await job.tasks();
    grid.close();
    const lied = tasks.find(({ contributions }) => contributions.some(({ agrees }) => agrees === false))!;
    const squares = page.getByRole("slider", { name: "Tasks" });
    await squares.press("Home");
    for (let index = 0; index < lied.index; index++) await squares.press("ArrowRight");
    const row = page.getByRole("row").filter({ has: page.getByTitle(liar.identity.address) });
    await row.getByText("differs").waitFor();
    const detail = page.getByRole("region", { name: `Task ${lied.index}` });
    await detail.getByText("The weights of those who agree make 57 % of all there is").waitFor();
    await detail.getByText("Where results first differ.").waitFor();
    const difference = detail.locator(".difference");
    await difference.getByTitle(liar.identity.address).waitFor();
    expect(await difference.locator("dd").allInnerTexts()).toContainEqual(expect.stringMatching(/^07 /));
    await expectSoundLayout(page);
    expect(await page.getByRole("row").getByText("agrees").count()).toBe(2);
  });
});
