import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { RawVolunteer } from "./rawVolunteer.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
beforeAll(async () => {
  grid = await openTestRelay({ pingMs: 100 });
});
afterAll(() => grid.close());

it("a machine that has gone without a word is noticed, one that answers stays", async () => {
  const here = await RawVolunteer.join(grid);
  const silent = new WebSocket(`${grid.url.replace("http", "ws")}/socket`, { autoPong: false });
  silent.on("error", () => {});
  // Cut off, not told to go, as one that never says hello is.
  expect(await new Promise((resolve) => silent.once("close", resolve))).toBe(1006);
  expect(here.isClosed).toBe(false);
  expect(await here.settled()).toEqual([]);
  here.close();
});
