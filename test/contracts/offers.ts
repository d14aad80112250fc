// Orders that fit each other, of accounts that a World has.
import { type Offers, signOrder } from "../../client/index.ts";
import { type Bytes32, toBytes32 } from "../../protocol/ids.ts";
import { ANYBODY, type AppOrder, type DatasetOrder, NO_ASSET } from "../../protocol/orders.ts";
import { ECT, named, type World, walletOf } from "../settlement/world.ts";

/** SHA-256 in the content id of an app. */
export const APP = named("app");

const signerOf = (world: World, name: string) => walletOf(name).connect(world.provider);
const hex = (id: bigint) => toBytes32(`0x${id.toString(16).padStart(64, "0")}`);

/** Kind 0 is an app, 1 a dataset; both cost what their orders say. */
export async function registerAsset(world: World, as: string, kind: 0 | 1): Promise<Bytes32> {
  const manifestHash = kind === 0 ? APP : named("dataset");
  const price = { perUseWei: 0n, mayUndercut: true };
  const registration = { kind, updates: 2, manifestHash, uri: "ipfs://x", price, restrictedTo: ANYBODY };
  const id: bigint = await world.contract("assets").getFunction("idOf")(kind, manifestHash, world.address(as));
  await world.send(as, "assets", "register", registration);
  return hex(id);
}

export interface Wishes {
  requestVolume?: number;
  payer?: string;
  salt?: string;
}

/** No order of an asset that is `NO_ASSET`. Of the requester's app, the stranger's dataset, the pool's machines, for the challenger; all fit each other. */
export async function offersFor(
  world: World,
  app: Bytes32,
  dataset: Bytes32,
  { requestVolume = 10, payer, salt = "1" }: Wishes = {},
): Promise<Offers> {
  const place = world.addresses;
  const expiry = world.nowS + 3600;
  const common = { expiry, salt: named("salt"), pools: ANYBODY, requesters: ANYBODY };
  const belief = { category: "S", law: "poco", trust: 2, replicas: 2 } as const;
  const prices = { appWei: ECT / 10n, datasetWei: ECT / 20n, poolWei: ECT };
  const appOrder: AppOrder = { app, priceWei: prices.appWei, volume: 1000, tags: ["wasm"], ...common };
  const datasetTerms = { priceWei: prices.datasetWei, volume: 1000, tags: [], ...common };
  const datasetOrder: DatasetOrder = { dataset, app: NO_ASSET, ...datasetTerms };
  return {
    ...(app !== NO_ASSET && { app: await signOrder(place, "AppOrder", appOrder, signerOf(world, "requester")) }),
    ...(dataset !== NO_ASSET && {
      dataset: await signOrder(place, "DatasetOrder", datasetOrder, signerOf(world, "stranger")),
    }),
    pool: await signOrder(
      place,
      "PoolOrder",
      {
        ...{ pool: world.address("pool"), priceWei: prices.poolWei, volume: 1000, leastVolume: 1, ...belief },
        ...{
          tags: ["wgsl", "wasm"],
          app: NO_ASSET,
          requesters: ANYBODY,
          leastSeconds: 60,
          expiry,
          salt: named("salt"),
        },
      },
      signerOf(world, "pool"),
    ),
    request: await signOrder(
      place,
      "RequestOrder",
      {
        ...{ requester: world.address("challenger"), payer: payer ? world.address(payer) : ANYBODY },
        ...{ app, appHash: APP, appMaxWei: prices.appWei, dataset, datasetMaxWei: prices.datasetWei },
        ...{ pools: ANYBODY, poolMaxWei: prices.poolWei, maxFeeBps: 1000, jobHash: named("job") },
        ...{ volume: requestVolume, leastVolume: 1, ...belief, tags: ["wgsl"] },
        ...{ deadline: world.nowS + 7200, expiry, salt: named(`salt ${salt}`) },
      },
      signerOf(world, "challenger"),
    ),
  };
}
