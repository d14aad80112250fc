import { afterAll, beforeAll, expect, it } from "vitest";
import type { Ad } from "../../protocol/ads.ts";
import { cidOf } from "../../protocol/cid.ts";
import { RawVolunteer } from "./rawVolunteer.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
beforeAll(async () => {
  grid = await openTestRelay();
});
afterAll(() => grid.close());

it("[X1] a session that switches peers off is named no more, and switched on again, only for what it says anew", async () => {
  const [ann, bob] = [await RawVolunteer.join(grid), await RawVolunteer.join(grid)];
  const cid = await cidOf(new Uint8Array([1, 2, 3]));
  const ad = (peers: boolean): Ad => ({ engines: [], cores: 1, hidden: false, peers });
  const named = async () => {
    bob.send({ type: "find", cid });
    return (await bob.next("peers")).peers;
  };
  for (const volunteer of [ann, bob]) volunteer.send({ type: "ad", ad: ad(true) });
  ann.send({ type: "have", cid });
  await ann.settled();
  expect(await named()).toEqual([ann.session]);
  ann.send({ type: "ad", ad: ad(false) });
  await ann.settled();
  expect(await named()).toEqual([]);
  ann.send({ type: "ad", ad: ad(true) });
  await ann.settled();
  bob.send({ type: "signal", to: ann.session, data: "offer" });
  expect((await ann.next("signal")).from).toBe(bob.session);
  ann.send({ type: "have", cid });
  await ann.settled();
  expect(await named()).toEqual([ann.session]);
  for (const volunteer of [ann, bob]) volunteer.close();
});
