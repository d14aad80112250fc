// The settler dies at every call it makes to the chain, once before the chain has heard it and once after; another is
// started on what the first left on disk.
import { DatabaseSync } from "node:sqlite";
import { BrowserProvider, Network } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bytes32 } from "../../protocol/ids.ts";
import type { Chain } from "../../relay/chain/chain.ts";
import { ECT, World } from "./world.ts";

/** More calls than one settlement makes: the loop ends when one got through. */
const MANY = 200;

const network = Network.from(31337);

class Died extends Error {}

/** A chain that can be reached `calls` times. */
function reachable(chain: Chain, calls: number, diesAfter: boolean) {
  let left = calls;
  return {
    async request(call: { method: string; params?: readonly unknown[] }): Promise<unknown> {
      if (left < 0) throw new Died();
      left--;
      if (left < 0 && !diesAfter) throw new Died();
      const answer = await chain.request(call);
      if (left < 0) throw new Died();
      return answer;
    },
  };
}

let world: World;
let dealId: Bytes32;
let settled = 0;
beforeAll(async () => {
  world = await World.open();
  dealId = await world.openDeal({ tasks: 1000 });
  await world.settler().openPool(1000, 1000n * ECT);
});
afterAll(() => world.close());

describe.each([{ diesAfter: false }, { diesAfter: true }])(
  "a settler that dies ($diesAfter: the chain heard it)",
  ({ diesAfter }) => {
    it("is taken up where it stopped: each task is settled once, each worker paid once", async () => {
      const db = new DatabaseSync(":memory:");
      // The ledger goes on from epoch to epoch, so all settlers of this test share one disk.
      const pool = diesAfter ? "otherPool" : "pool";
      const deal = diesAfter ? await world.openDeal({ tasks: 1000 }, pool, "stranger") : dealId;
      if (diesAfter) await world.settler({}, pool).openPool(1000, 1000n * ECT);
      const paidBefore = (await world.contracts.balances(world.address("ann"))).freeWei;

      let calls = 0;
      for (; calls < MANY; calls++) {
        const tasks = world.certify(
          deal,
          { [calls]: ["ann", "bob"].map((worker) => ({ worker, digest: "right" })) },
          pool,
        );
        const provider = new BrowserProvider(reachable(world.chain, calls, diesAfter), network, {
          cacheTimeout: -1,
          staticNetwork: network,
        });
        const first = await world
          .settler({ provider, db, tasks: () => tasks }, pool)
          .settle()
          .catch(() => undefined);
        provider.destroy();
        const report = first ?? (await world.settler({ db, tasks: () => tasks }, pool).settle());
        // Dead after the last word was on disk: nothing is left to do.
        if (report) expect(report.state).toBe("credited");
        expect((await world.contracts.dealTerms(deal))?.settledTasks).toBe(calls + 1);
        if (first) break;
      }
      settled += calls + 1;
      expect(calls).toBeGreaterThan(10);
      expect(calls).toBeLessThan(MANY);
      const { freeWei } = await world.contracts.balances(world.address("ann"));
      expect(freeWei - paidBefore).toBe((BigInt(calls + 1) * ECT * 85n) / 200n);
      expect(await world.contracts.score(world.address("ann"))).toBe(settled);
      const { pendingWei, claimableWei } = await world.contracts.pool(world.address(pool));
      expect([pendingWei, claimableWei]).toEqual([0n, 0n]);
    }, 120_000);
  },
);
