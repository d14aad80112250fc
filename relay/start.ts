// Everything of the embedded default in one process: chain, store, relay, pages, settlement.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCode } from "../kernels/load.ts";
import { builtins } from "../kernels/registry.ts";
import { PROTOCOL_VERSION } from "../protocol/messages.ts";
import { BURN_BPS } from "../protocol/payout.ts";
import type { Config } from "./config.ts";
import { openEmbeddedChain } from "./embeddedChain.ts";
import { lockFolder } from "./folderLock.ts";
import { openKeys } from "./keys.ts";
import { Bookkeeping } from "./orders/bookkeeping.ts";
import { Filler } from "./orders/filler.ts";
import { Mirror } from "./orders/mirror.ts";
import { Orders } from "./orders/orders.ts";
import { publishApp } from "./publish.ts";
import { makeLog, openRelay, type Relay } from "./relay.ts";
import { Requests } from "./requests/requests.ts";
import { ChainMarket } from "./settlement/market.ts";
import { Settling } from "./settling.ts";
import { openStores } from "./stores.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

export interface Running {
  /** Of the pages, or of the API alone where the pages are not built. */
  url: string;
  close(): Promise<void>;
}

export async function start(config: Config): Promise<Running> {
  const log = makeLog(config.log);
  mkdirSync(config.data, { recursive: true });
  const unlock = lockFolder(config.data);
  const keys = openKeys(config.data);
  const chain = await openEmbeddedChain(config.data, keys, config);
  const { addresses } = chain;
  const stores = openStores(config.data, log, config.blobGib * 1024 ** 3);
  for (const builtin of builtins)
    await publishApp(stores, builtin.manifest, await stores.blobs.put(await loadCode(builtin)));

  const settling = new Settling(chain, stores.store, () => relay.loop, config.epochSeconds, log);
  await settling.open(config.feeBps);
  const market = new ChainMarket(addresses, chain.provider);
  const orders = new Orders({ store: stores.store, market, domain: addresses });
  const built = fileURLToPath(new URL("../dist/web", import.meta.url));
  const pages = existsSync(join(built, "index.html")) ? built : undefined;
  const pageOrigin = (port: number) => config.pageOrigin ?? `http://${config.pageHost}:${port}`;
  const relay: Relay = await openRelay(
    {
      data: config.data,
      domain: { chainId: addresses.chainId, hub: addresses.hub },
      poolKey: keys.pool,
      chain: {
        deal: async (id) => {
          const deal = await settling.settler.contracts.dealTerms(id);
          // A task that a contract asked for is pending from the start: it is no job for others to submit.
          const isSpent = !deal || deal.closed || deal.settledTasks + deal.pendingTasks >= deal.tasks;
          return isSpent ? undefined : deal;
        },
        epochs: () => settling.epochs(),
        epochData: (number) => settling.settler.data(number),
        credited: (worker) => settling.credited(worker),
        score: (worker) => settling.score(worker),
        faucet: chain.faucet,
        rpc: chain.rpc,
      },
      server: {
        host: config.host,
        port: config.port,
        pages,
        sandboxHost: config.sandboxHost,
        trustedProxies: config.trustedProxies,
        requestsPerMinute: config.requestsPerMinute,
      },
      messagesPerSecond: config.messagesPerSecond,
      referee: config.referee,
      orders,
      lazy: settling.lazy,
      openAudit: (job, spec, priceWei) => settling.openAudit(job, spec, priceWei),
      view: (port) => ({
        name: config.name,
        version,
        protocol: PROTOCOL_VERSION,
        token: addresses.token,
        epochs: addresses.epochs,
        assets: addresses.assets,
        market: addresses.market,
        withdrawals: addresses.withdrawals,
        tasks: addresses.tasks,
        rpcUrl: "/chain",
        sandboxOrigin: config.sandboxOrigin ?? `http://${config.sandboxHost}:${port}`,
        feeBps: config.feeBps,
        burnBps: BURN_BPS,
        windowSeconds: config.windowSeconds,
        faucet: true,
      }),
    },
    stores,
    log,
  );
  const requests = new Requests({
    provider: chain.provider,
    contracts: settling.settler.contracts,
    pool: settling.settler.pool,
    sender: settling.settler.sender,
    stores,
    loop: () => relay.loop,
    log,
    settled: (workers) => settling.readAccounts(workers),
  });
  const logEvent = (event: string, fields: Record<string, unknown>) => log.info(fields, event);
  const filler = new Filler({
    ...{ orders, stores, loop: () => relay.loop, log: logEvent },
    ...{ pool: settling.settler.pool, contracts: settling.settler.contracts, sender: settling.settler.sender },
  });
  const mirrors = config.mirrors.map((url) => new Mirror({ url, orders, log: logEvent }));
  const bookkeeping = new Bookkeeping({ orders, mirrors, filler: config.fillOrders ? filler : undefined, log });
  bookkeeping.begin();
  settling.begin();
  requests.begin();
  return {
    url: pageOrigin(relay.server.port),
    async close() {
      await Promise.all([settling.stop(), requests.stop(), bookkeeping.stop()]);
      await relay.close();
      await chain.close();
      unlock();
    },
  };
}
