// What a lazy deal of one task adds to the epoch that opens and settles it: the difference between an epoch with five of them
// and one with one, a fourth part of it.
import { orderId, signOrder } from "../../../client/index.ts";
import type { DealTerms } from "../../../protocol/epoch.ts";
import { assembleEpoch } from "../../../protocol/epochBuild.ts";
import type { Bytes32 } from "../../../protocol/ids.ts";
import type { Ledger } from "../../../protocol/ledger.ts";
import { type LazyOrder, orderMessage } from "../../../protocol/orders.ts";
import { FREE_ASSETS } from "../../../protocol/payout.ts";
import { dealsToAbi, rootsToAbi, sumTreeToAbi } from "../../../relay/settlement/abi.ts";
import { ECT, named, type Part, World, walletOf } from "../../settlement/world.ts";

const BUDGET_WEI = 10n * ECT;
const parts: Part[] = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));

export async function lazyDealGas(): Promise<number> {
  const world = await World.open();
  try {
    await world.settler().openPool(1000, 1000n * ECT);
    await world.deposit("requester", BUDGET_WEI);
    await world.send("requester", "hub", "lockBudget", world.address("pool"), BUDGET_WEI);
    const orders = [0, 1, 2, 3, 4, 5].map((sequence) => orderOf(world, sequence));
    const one = await post(world, orders.slice(0, 1), new Map());
    const five = await post(world, orders.slice(1), one.ledger);
    return Math.round((five.gas - one.gas) / 4);
  } finally {
    await world.close();
  }
}

function orderOf(world: World, sequence: number): LazyOrder {
  const order: LazyOrder["order"] = {
    ...{ pool: world.address("pool"), appHash: named("app"), jobHash: named("job"), law: "poco", trust: 2 },
    ...{ replicas: 2, tasks: 1, pricePerTaskWei: ECT, maxFeeBps: 1000, deadline: world.nowS + 1000 },
    ...FREE_ASSETS,
  };
  return { requester: world.address("requester"), order, sequence, mostWei: BUDGET_WEI };
}

async function post(world: World, orders: LazyOrder[], previous: Ledger): Promise<{ gas: number; ledger: Ledger }> {
  const place = world.addresses;
  const idOf = (order: LazyOrder): Bytes32 => orderId(place, "LazyOrder", order);
  const sorted = [...orders].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const deals = new Map(
    sorted.map((lazy): [Bytes32, DealTerms] => {
      const { requester, order } = lazy;
      return [idOf(lazy), { ...order, dealId: idOf(lazy), payer: requester, requester, assetsWei: 0n, feeBps: 1000 }];
    }),
  );
  const tasks = sorted.flatMap((lazy) => world.certify(idOf(lazy), { 0: parts }));
  const epoch = assembleEpoch({ previous, deals, tasks, batches: [] });
  const opened = await Promise.all(
    sorted.map(async (order) => {
      const { signature } = await signOrder(place, "LazyOrder", order, walletOf("requester"));
      return { order: orderMessage("LazyOrder", order), signature };
    }),
  );
  const args = [rootsToAbi(epoch.roots), sumTreeToAbi(epoch.previous), dealsToAbi(epoch.deals), opened];
  const gas = await world.send("pool", "epochs", "post", ...args);
  return { gas, ledger: new Map(epoch.ledger.map(({ worker, sum }) => [worker, sum])) };
}
