// What a worker has earned pays for its own jobs, and no token leaves the Hub or comes to it.
import type { Contract } from "ethers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { ECT, named, type Part, World, walletOf } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

it("credited earnings open the worker's own deal, and lock its own budget", async () => {
  const parts: Part[] = ["stranger", "bob"].map((worker) => ({ worker, digest: "right" }));
  const dealId = await world.openDeal({ tasks: 10, pricePerTaskWei: ECT });
  const tasks = world.certify(dealId, Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, parts])));
  const settler = world.settler({ tasks: () => tasks });
  await settler.openPool(1000, 1000n * ECT);
  await settler.settle();
  const earned = (await world.contracts.balances(world.address("stranger"))).freeWei;
  expect(earned).toBe((10n * ECT * 85n) / 200n);

  const hub = world.contract("hub").connect(walletOf("stranger").connect(world.provider)) as Contract;
  const { tokenWei } = await world.contracts.balances(world.address("stranger"));
  const order = {
    ...{ pool: world.address("pool"), appHash: named("app"), jobHash: named("job"), law: 1, trust: 2, replicas: 2 },
    ...{ tasks: 3, pricePerTaskWei: ECT, maxFeeBps: 1000, deadline: world.nowS + 1000, ...FREE_ASSETS },
  };
  await (await hub.getFunction("openDeal")(order)).wait();
  await (await hub.getFunction("lockBudget")(world.address("pool"), ECT)).wait();
  expect(await world.contracts.balances(world.address("stranger"))).toMatchObject({
    freeWei: earned - 4n * ECT,
    tokenWei,
  });
});
