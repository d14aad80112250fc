// Whether orders fit each other: the Market's own comparisons, in its order, so that a pool sends no transaction that would
// be refused. Audiences are groups on chain and asked there.
import type { Address } from "../../protocol/ids.ts";
import type { BookOrderOf } from "../../protocol/orderBook.ts";
import { NO_ASSET, type Tag } from "../../protocol/orders.ts";
import type { MarketState } from "./market.ts";

/** What a request is matched with; an app's and a dataset's order where it names them. */
export interface Offer {
  pool: BookOrderOf<"PoolOrder">;
  request: BookOrderOf<"RequestOrder">;
  app?: BookOrderOf<"AppOrder">;
  dataset?: BookOrderOf<"DatasetOrder">;
}

/** The first term by which a pool's order and a request do not fit, as the Market names it; undefined if they do. */
export function poolMismatch(
  { order: pool, left: poolLeft }: BookOrderOf<"PoolOrder">,
  { order: request, left: requestLeft }: BookOrderOf<"RequestOrder">,
  tags: readonly Tag[],
  nowS: number,
): string | undefined {
  if (pool.priceWei > request.poolMaxWei) return "poolWei";
  for (const term of ["category", "law"] as const) if (pool[term] !== request[term]) return term;
  for (const term of ["trust", "replicas"] as const) if (pool[term] < request[term]) return term;
  if ([...request.tags, ...tags].some((tag) => !pool.tags.includes(tag))) return "tags";
  if (request.deadline < nowS + pool.leastSeconds) return "deadline";
  if (pool.app !== NO_ASSET && pool.app !== request.app) return "app";
  const volume = Math.min(poolLeft, requestLeft);
  if (volume < pool.leastVolume && volume < poolLeft) return "leastVolume";
  if (volume < request.leastVolume && volume < requestLeft) return "leastVolume";
  return undefined;
}

/** The cheapest of the assets' orders that a request accepts; undefined if it names an asset and there is none. */
export function assetsFor(
  { order: request }: BookOrderOf<"RequestOrder">,
  apps: readonly BookOrderOf<"AppOrder">[],
  datasets: readonly BookOrderOf<"DatasetOrder">[],
): Pick<Offer, "app" | "dataset"> | undefined {
  const cheapest = <T extends { order: { priceWei: bigint } }>(orders: readonly T[]): T | undefined =>
    orders.toSorted((a, b) => (a.order.priceWei < b.order.priceWei ? -1 : 1))[0];
  const app = cheapest(apps.filter(({ order }) => order.app === request.app && order.priceWei <= request.appMaxWei));
  const dataset = cheapest(
    datasets.filter(
      ({ order }) =>
        order.dataset === request.dataset &&
        order.priceWei <= request.datasetMaxWei &&
        (order.app === NO_ASSET || order.app === request.app),
    ),
  );
  if ((request.app !== NO_ASSET && !app) || (request.dataset !== NO_ASSET && !dataset)) return undefined;
  return { ...(app && { app }), ...(dataset && { dataset }) };
}

/** Whether every order is for whom it would be matched with. Throws `chain-unavailable`. */
export async function admitsAll({ pool, request, app, dataset }: Offer, market: MarketState): Promise<boolean> {
  const { requester } = request.order;
  const audiences: [Address, Address][] = [
    [request.order.pools, pool.order.pool],
    [pool.order.requesters, requester],
    ...[app, dataset].flatMap((asset): [Address, Address][] =>
      asset
        ? [
            [asset.order.pools, pool.order.pool],
            [asset.order.requesters, requester],
          ]
        : [],
    ),
  ];
  for (const [restriction, account] of audiences) if (!(await market.admits(restriction, account))) return false;
  return true;
}
