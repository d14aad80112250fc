// The relay put together: store, blobs, loop, sockets, HTTP. What it needs of a chain comes in as `ChainSide`.
import pino, { type Logger } from "pino";
import type { PoolView } from "../protocol/api.ts";
import type { Domain } from "../protocol/commit.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, fromHex } from "../protocol/ids.ts";
import type { RelayMessage } from "../protocol/messages.ts";
import type { ApiContext, ChainSide } from "./api/context.ts";
import type { OpenAudit } from "./audits.ts";
import type { LazyDeals } from "./lazy/lazyDeals.ts";
import { Loop } from "./loop.ts";
import { Newcomers } from "./newcomers.ts";
import type { Orders } from "./orders/orders.ts";
import { Referee } from "./referee/referee.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";
import { Session, type SessionContext } from "./session.ts";
import { Signaling } from "./signaling.ts";
import { addressOfKey } from "./signature.ts";
import type { Stores } from "./stores.ts";

export interface RelayOptions {
  /** Holds `relay.db`, `blobs/` and `outputs/`. */
  data: string;
  domain: Domain;
  /** Hexadecimal private key: signs acks. */
  poolKey: string;
  chain: ChainSide;
  server: ServerOptions;
  messagesPerSecond: number;
  /** Disputed tasks are run by the relay itself. */
  referee?: boolean;
  orders?: Orders;
  lazy?: LazyDeals;
  /** Pays for spot checks; without it there are none. */
  openAudit?: OpenAudit;
  /** The scheduler's clock, milliseconds; tests stop it. */
  now?: () => number;
  /** What the pool says of itself; URLs are filled in once the port is known. */
  view: (port: number) => Omit<PoolView, "workers" | "pool" | "chainId" | "hub">;
}

export interface Relay extends Stores {
  loop: Loop;
  server: Server;
  log: Logger;
  close(): Promise<void>;
}

export const makeLog = (level: string): Logger => pino({ name: "superedge", level }, pino.destination(2));

export async function openRelay(options: RelayOptions, stores: Stores, log: Logger): Promise<Relay> {
  const { store, blobs } = stores;
  const poolKey = fromHex(options.poolKey);
  const pool = addressOfKey(poolKey);
  const sessions = new Map<string, Session>();
  const byWorker = new Map<Address, Session>();
  const logEvent = (event: string, fields: Record<string, unknown>) => log.info(fields, event);

  const referee = options.referee ? new Referee({ store, blobs, log: logEvent }) : undefined;
  const loop = new Loop({
    store,
    domain: options.domain,
    pool,
    poolKey,
    openAudit: options.openAudit,
    ...(options.now && { now: options.now }),
    ...(referee && { referee: (job, index) => referee.run(job, index) }),
    send: (worker, message) => byWorker.get(worker)?.send(message),
    dismiss: (worker, error) => byWorker.get(worker)?.close(error),
    log: logEvent,
  });
  const signaling = new Signaling((session, message: RelayMessage) => {
    const found = sessions.get(session);
    if (!found?.peers) return false;
    found.send(message);
    return true;
  });
  const newcomers = new Newcomers();
  const sessionContext: SessionContext = {
    admitsNewcomer: (ip) => newcomers.admit(ip, Date.now()),
    loop,
    signaling,
    domain: options.domain,
    pool,
    messagesPerSecond: options.messagesPerSecond,
    scoreOf: (worker) => options.chain.score(worker),
    onGreeted(session) {
      const worker = session.worker!;
      // One connection a key: the newest wins, as when a tab is reloaded before the old socket has noticed.
      byWorker.get(worker)?.close(new SuperEdgeError("too-many", "this worker has connected again elsewhere"));
      sessions.set(session.id, session);
      byWorker.set(worker, session);
    },
    onClosed(session) {
      sessions.delete(session.id);
      if (byWorker.get(session.worker!) !== session) return;
      byWorker.delete(session.worker!);
      loop.leave(session.worker!);
    },
    log: logEvent,
  };

  const server = await startServer(
    options.server,
    (port): ApiContext => ({
      ...stores,
      loop,
      chain: options.chain,
      orders: options.orders,
      lazy: options.lazy,
      sessions,
      pool,
      domain: options.domain,
      poolView: { ...options.view(port), pool, chainId: options.domain.chainId, hub: options.domain.hub },
      egress: new Map(),
      log: logEvent,
    }),
    (socket, ip, origin) => new Session(socket, ip, origin, sessionContext),
  );
  return {
    loop,
    ...stores,
    server,
    log,
    async close() {
      loop.close();
      referee?.close();
      await server.close();
      store.close();
    },
  };
}
