import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Grid } from "../../client/index.ts";
import { launchOptions } from "../../tools/browser.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { expectSoundLayout, openPage, tabTo } from "./openPage.ts";
import { settled, submitJob } from "./settledJob.ts";

let server: TestGrid;
let browser: Browser;
let grid: Grid;
let volunteers: NodeVolunteer[];
/** Of the second job. */
let deal: string;
let epoch: number;

beforeAll(async () => {
  [server, browser] = await Promise.all([startGrid(), chromium.launch(launchOptions())]);
  volunteers = [new NodeVolunteer(server.url), new NodeVolunteer(server.url)];
  await Promise.all(volunteers.map(({ greeted }) => greeted));
  grid = await Grid.connect(server.url);
  await settled(grid, await submitJob(grid));
  const job = await submitJob(grid);
  deal = job.id;
  epoch = await settled(grid, job);
});

afterAll(async () => {
  grid.close();
  for (const volunteer of volunteers) volunteer.close();
  await browser.close();
  await server.close();
});

const openExplorer = async (hash = ""): Promise<Page> => {
  const page = await openPage(browser, `${server.url}/explorer/${hash}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
};
const taskLink = async () => `#pool=${(await grid.pool()).pool}&epoch=${epoch}&deal=${deal}&task=2`;

describe("the explorer", () => {
  test("leads by keyboard alone from the pools to a receipt, all checked in the page", async () => {
    const page = await openExplorer();
    const follow = async (name: string | RegExp) => {
      await tabTo(page, name);
      await page.keyboard.press("Enter");
    };
    const { pool } = await grid.pool();
    await page.getByRole("row").getByTitle(pool).waitFor();
    await follow(new RegExp(`^${pool.slice(0, 6)}…`));
    await page.getByRole("cell", { name: `Epoch ${epoch}` }).waitFor();
    expect(await page.getByRole("row").getByText("final").count()).toBe(2);
    await follow(new RegExp(`^Epoch ${epoch}$`));
    await page.getByText("Final: it is paid").waitFor();
    await page.getByText("It holds.").waitFor();
    expect(await page.locator(".checks .holds").count()).toBe(14);
    await follow("Check every contribution");
    await page.getByText("All hold.").waitFor();
    await follow(new RegExp(`^${deal.slice(0, 6)}…`));
    await page.getByRole("cell", { name: "2 of 2 contributions agree" }).first().waitFor();
    await follow(/^Task 2$/);
    await page.getByText("It holds.").waitFor();
    for (const { identity } of volunteers) await page.getByTitle(identity.address).waitFor();
    await follow("Fetch and check the receipt");
    await page.getByText("The receipt holds,").waitFor();
    expect(await page.locator(".checks .false").count()).toBe(0);
    expect(await page.locator(".checks .holds").count()).toBeGreaterThan(20);
    await expectSoundLayout(page);
  });

  test("opens at the task that a link names", async () => {
    const page = await openExplorer(await taskLink());
    await page.getByRole("heading", { name: "Task 2" }).waitFor();
    await page.getByText("It holds.").waitFor();
    await page.getByRole("link", { name: "Pools" }).click();
    await page.getByRole("heading", { name: "Explorer" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Task 2" }).waitFor();
  });

  test("says in a sentence that published data is not what was posted", async () => {
    const page = await openPage(browser, "about:blank");
    await page.route(`**/api/epochs/${epoch}/data`, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[body.length - 5]! ^= 1;
      await route.fulfill({ response, body });
    });
    await page.goto(`${server.url}/explorer/#pool=${(await grid.pool()).pool}&epoch=${epoch}`);
    await page.getByText("It does not hold.").waitFor();
    await page.getByText("the published data is what the chain names by its hash").waitFor();
    await expectSoundLayout(page);
  });

  test("says so when the pool withholds an epoch's data, and shows what the chain has", async () => {
    const page = await openPage(browser, "about:blank");
    await page.route("**/api/epochs/*/data", (route) => route.fulfill({ status: 404, body: "{}" }));
    await page.goto(`${server.url}/explorer/${await taskLink()}`);
    await page.getByText(/expected a relay's answer, found 404/).waitFor();
    await page.getByRole("link", { name: `Epoch ${epoch}` }).click();
    await page.getByText("What the pool published could not be checked.").waitFor();
    await page.getByRole("cell", { name: deal.slice(0, 6) }).waitFor();
  });

  test("reads the chain through the visitor's own wallet, if it is on the pool's chain", async () => {
    const { pool, chainId } = await grid.pool();
    const page = await openPage(browser, "about:blank");
    await page.addInitScript(
      ([url, wrongId]) => {
        const request = async (call: { method: string; params?: unknown }) => {
          if (call.method === "eth_chainId" && location.hash.includes("wrong")) return wrongId;
          const body = JSON.stringify({ jsonrpc: "2.0", id: 1, params: [], ...call });
          const answer = await fetch(url!, { method: "POST", headers: { "content-type": "application/json" }, body });
          const { result, error } = await answer.json();
          if (error) throw Object.assign(new Error(error.message), error);
          return result;
        };
        Object.assign(window, { ethereum: { request } });
      },
      [`${server.url}/chain?wallet`, "0x1"],
    );
    const throughWallet: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/chain?wallet")) throughWallet.push(request.postData() ?? "");
    });
    await page.goto(`${server.url}/explorer/`);
    await page.getByRole("row").getByTitle(pool).waitFor();
    expect(throughWallet).toEqual([]);
    await page.getByRole("radio", { name: "your wallet" }).click();
    await page.getByRole("row").getByTitle(pool).click();
    await page.getByRole("link", { name: `Epoch ${epoch}`, exact: true }).click();
    await page.getByText("It holds.").waitFor();
    expect(throughWallet.join()).toContain("eth_call");

    await page.goto(`${server.url}/explorer/#wrong`);
    await page.reload();
    await page.getByRole("radio", { name: "your wallet" }).click();
    await page.getByRole("alert").getByText(`expected your wallet on chain ${chainId}`).waitFor();
    await page.getByRole("button", { name: "Read through the pool’s relay" }).click();
    await page.getByRole("row").getByTitle(pool).waitFor();
  });

  test("has no serious barrier and fits a phone at every step", async () => {
    const { pool } = await grid.pool();
    for (const hash of ["", `#pool=${pool}`, `#pool=${pool}&epoch=${epoch}`, `#deal=${deal}`]) {
      const page = await openExplorer(hash);
      if (hash.includes("epoch")) await page.getByText("It holds.").waitFor();
      else await page.locator(".panel dl, .panel table").first().waitFor();
      await expectSoundLayout(page);
    }
  });
});
