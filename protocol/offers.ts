// Orders that are to become a deal, as the Market takes them.
import type { Hex } from "./ids.ts";
import { ANYBODY, type AppOrder, type DatasetOrder, NO_ASSET, orderMessage, type Signed } from "./orders.ts";

/** `payerSignature` where the request names another payer, who does not make the match. */
export interface Offers {
  /** Absent for a free app named by its hash. */
  app?: Signed<"AppOrder">;
  dataset?: Signed<"DatasetOrder">;
  pool: Signed<"PoolOrder">;
  request: Signed<"RequestOrder"> & { payerSignature?: Hex | undefined };
}

const NO_SIGNATURE = "0x" as Hex;
const free = { priceWei: 0n, volume: 0, tags: [], pools: ANYBODY, requesters: ANYBODY, expiry: 0, salt: NO_ASSET };
const NO_APP: AppOrder = { app: NO_ASSET, ...free };
const NO_DATASET: DatasetOrder = { dataset: NO_ASSET, app: NO_ASSET, ...free };

/** The argument of `matchOrders` and `matchSponsored`. */
export function offersToAbi({ app, dataset, pool, request }: Offers) {
  return {
    app: { order: orderMessage("AppOrder", app?.order ?? NO_APP), signature: app?.signature ?? NO_SIGNATURE },
    dataset: {
      order: orderMessage("DatasetOrder", dataset?.order ?? NO_DATASET),
      signature: dataset?.signature ?? NO_SIGNATURE,
    },
    pool: { order: orderMessage("PoolOrder", pool.order), signature: pool.signature },
    request: {
      order: orderMessage("RequestOrder", request.order),
      signature: request.signature,
      payerSignature: request.payerSignature ?? NO_SIGNATURE,
    },
  };
}
