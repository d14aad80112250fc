// What it costs to bring orders together. A match writes a word for each order it sees for the first time, besides the deal:
// `first` is of a requester's first order with an app and a pool that nobody has matched before, the others are with standing
// orders.
import { offersToAbi } from "../../../client/index.ts";
import { NO_ASSET } from "../../../protocol/orders.ts";
import { ECT, type World } from "../../settlement/world.ts";
import { offersFor, registerAsset } from "../offers.ts";

export type Match = "first" | "freeApp" | "app" | "firstDataset" | "appAndDataset" | "sponsored";

export async function matchFigures(world: World): Promise<Record<Match, number>> {
  await world.deposit("challenger", 1000n * ECT);
  const app = await registerAsset(world, "requester", 0);
  const dataset = await registerAsset(world, "stranger", 1);
  const gas = {} as Record<Match, number>;
  const match = async (name: Match, asked: "nothing" | "app" | "app and dataset", sponsored = false) => {
    const assets = { nothing: [NO_ASSET, NO_ASSET], app: [app, NO_ASSET], "app and dataset": [app, dataset] } as const;
    const offers = await offersFor(world, ...assets[asked], { salt: name });
    const method = sponsored ? "matchSponsored" : "matchOrders";
    gas[name] = await world.send(sponsored ? "requester" : "challenger", "market", method, offersToAbi(offers));
  };
  await match("first", "app");
  await match("freeApp", "nothing");
  await match("app", "app");
  await match("firstDataset", "app and dataset");
  await match("appAndDataset", "app and dataset");
  await match("sponsored", "app", true);
  return gas;
}
