// A relay in this process, with real sockets and a real store, and a chain that holds just the deals a test opens.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../kernels/kernel.ts";
import { type JobSpec, type JobView, tasksOf } from "../../protocol/api.ts";
import type { Domain } from "../../protocol/commit.ts";
import type { DealTerms } from "../../protocol/epoch.ts";
import { type Address, type Cid, fromHex, hex32, type JobId } from "../../protocol/ids.ts";
import { appHash, jobHash } from "../../protocol/job.ts";
import { PROTOCOL_VERSION } from "../../protocol/messages.ts";
import type { ChainSide } from "../../relay/api/context.ts";
import type { Orders } from "../../relay/orders/orders.ts";
import { publishApp } from "../../relay/publish.ts";
import { makeLog, openRelay, type Relay } from "../../relay/relay.ts";
import { addressOfKey } from "../../relay/signature.ts";
import type { Store } from "../../relay/store/store.ts";
import { openStores } from "../../relay/stores.ts";

export const ECT = 10n ** 18n;
const REQUESTER = `0x${"07".repeat(20)}` as Address;

export interface TestRelay {
  relay: Relay;
  /** Of the API. */
  url: string;
  data: string;
  domain: Domain;
  pool: Address;
  deals: Map<JobId, DealTerms>;
  publish(manifest: Manifest, code: Uint8Array): Promise<Cid>;
  /** Opens a deal for the job and submits it over HTTP. */
  submit(spec: JobSpec, title?: string): Promise<JobView>;
  /** Opens a deal without submitting its job. */
  openDeal(spec: JobSpec, terms?: Partial<DealTerms>): JobId;
  close(): Promise<void>;
}

export interface TestRelayOptions {
  /** Kept when the relay is closed; a folder of its own, removed then, unless told. */
  data?: string;
  poolKey?: string;
  /** Of a chain that is there; of none unless told. */
  domain?: Domain;
  messagesPerSecond?: number;
  trustedProxies?: string[];
  requestsPerMinute?: number;
  requester?: Address;
  /** The scheduler's clock. */
  now?: () => number;
  /** The pool pays for spot checks. */
  audits?: boolean;
  /** The relay runs disputed tasks itself. */
  referee?: boolean;
  /** Half a minute unless told. */
  pingMs?: number;
  /** A book of orders, kept in the relay's store. */
  orders?: (store: Store) => Orders;
  /** What the chain says of deals; if not told, the deals that the test opened. */
  deal?: ChainSide["deal"];
}

export async function openTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "superedge-relay-"));
  const poolKey = options.poolKey ?? hex32(randomBytes(32));
  const pool = addressOfKey(fromHex(poolKey));
  const domain: Domain = options.domain ?? { chainId: 31_337, hub: `0x${"48".repeat(20)}` as Address };
  const deals = new Map<JobId, DealTerms>();
  const log = makeLog("silent");
  const stores = openStores(data, log);
  const openDeal = (spec: JobSpec, terms: Partial<DealTerms> = {}): JobId => {
    const id = hex32(randomBytes(32)) as JobId;
    deals.set(id, {
      dealId: id,
      payer: options.requester ?? REQUESTER,
      requester: options.requester ?? REQUESTER,
      pool,
      appHash: appHash(spec.app as Cid),
      jobHash: jobHash(spec),
      law: spec.law,
      trust: spec.trust,
      replicas: spec.replicas,
      tasks: tasksOf(spec),
      pricePerTaskWei: ECT,
      assetsWei: 0n,
      feeBps: 1000,
      deadline: 4_000_000_000,
      ...terms,
    });
    return id;
  };
  const relay = await openRelay(
    {
      data,
      domain,
      poolKey,
      chain: {
        deal: options.deal ?? (async (id) => deals.get(id)),
        epochs: () => [],
        epochData: () => undefined,
        credited: () => 0n,
        score: () => 0,
        faucet: async () => ({ ect: "1", gas: "1" }),
      },
      server: {
        host: "127.0.0.1",
        port: 0,
        pages: undefined,
        sandboxHost: "127.0.0.1",
        trustedProxies: options.trustedProxies ?? [],
        requestsPerMinute: options.requestsPerMinute ?? 1_000_000,
        ...(options.pingMs !== undefined && { pingMs: options.pingMs }),
      },
      ...(options.orders && { orders: options.orders(stores.store) }),
      ...(options.now && { now: options.now }),
      ...(options.referee && { referee: true }),
      ...(options.audits && { openAudit: async (_, spec) => ({ dealId: openDeal(spec), feeBps: 1000 }) }),
      messagesPerSecond: options.messagesPerSecond ?? 1_000_000,
      view: () => ({
        name: "test",
        version: "0",
        protocol: PROTOCOL_VERSION,
        token: domain.hub,
        epochs: domain.hub,
        assets: domain.hub,
        market: domain.hub,
        tasks: domain.hub,
        withdrawals: domain.hub,
        rpcUrl: "/chain",
        sandboxOrigin: "http://127.0.0.1",
        feeBps: 1000,
        burnBps: 500,
        windowSeconds: 1,
        faucet: true,
      }),
    },
    stores,
    log,
  );
  const url = `http://127.0.0.1:${relay.server.port}`;

  return {
    relay,
    url,
    data,
    domain,
    pool,
    deals,
    publish: async (manifest, code) => (await publishApp(stores, manifest, await stores.blobs.put(code))).app,
    openDeal,
    async submit(spec, title = "") {
      const response = await fetch(`${url}/api/jobs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ dealId: openDeal(spec), spec, title }),
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      return (await response.json()) as JobView;
    },
    async close() {
      await relay.close();
      if (!options.data) rmSync(data, { recursive: true, force: true });
    },
  };
}
