// The relay's one port: HTTP API, volunteer sockets, the chain's JSON-RPC, and two sites on two host names: the pages,
// and the sandbox frame that kernels run in. Another host, not only another port: cookies ignore ports.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { MAX_FRAME_BYTES } from "../protocol/limits.ts";
import { blobRoutes } from "./api/blobRoutes.ts";
import type { ApiContext } from "./api/context.ts";
import { answerErrors, answerRouterErrors } from "./api/errors.ts";
import { jobRoutes } from "./api/jobRoutes.ts";
import { publishOpenApi } from "./api/openapi.ts";
import { orderRoutes } from "./api/orderRoutes.ts";
import { poolRoutes } from "./api/poolRoutes.ts";
import { quoteRoutes } from "./api/quoteRoutes.ts";
import { MAX_RPC_BODY_BYTES } from "./chain/rpc.ts";
import { clientIp } from "./clientIp.ts";
import { Crowd, limitRequests } from "./visitors.ts";

/** Sockets of one address: a school or an office behind one, not a flood. */
const MAX_SOCKETS_AN_ADDRESS = 256;
const MAX_SOCKETS = 20_000;
/** A machine that went without a word (asleep, out of range) is noticed between one and two of these, milliseconds. */
const PING_MS = 30_000;
/** A JSON body, bytes. */
const MAX_JSON_BYTES = 1024 * 1024;
/** A request that has not wholly arrived by then is cut off, milliseconds: a blob of 256 MiB at 4 Mbit/s. */
const REQUEST_MS = 10 * 60_000;

export interface ServerOptions {
  host: string;
  port: number;
  /** Built pages; undefined to serve the API alone. */
  pages: string | undefined;
  sandboxHost: string;
  trustedProxies: readonly string[];
  /** HTTP requests of one address. */
  requestsPerMinute: number;
  /** How often sockets are asked whether they are there, milliseconds; half a minute unless told. */
  pingMs?: number;
}

export interface Server {
  app: FastifyInstance;
  port: number;
  close(): Promise<void>;
}

/** `onSocket` gets every volunteer's socket with the address and page origin it comes from. */
export async function startServer(
  options: ServerOptions,
  makeContext: (port: number) => ApiContext,
  onSocket: (socket: WebSocket, ip: string, origin: string) => void,
): Promise<Server> {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: REQUEST_MS,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    forceCloseConnections: true,
    frameworkErrors: answerRouterErrors,
  });
  // Handlers parse with the protocol's schemas; fastify's own validation would be a second, different door.
  app.setValidatorCompiler(() => (data) => ({ value: data }));
  await limitRequests(app, options.requestsPerMinute);
  await publishOpenApi(app, "0.1.0");
  app.addHook("onRequest", async (request, reply) => {
    // The API has no cookies and no secrets in it: any page may call it.
    if (!request.url.startsWith("/api") && !request.url.startsWith("/chain")) return;
    reply.headers({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type, authorization, range, last-event-id",
      "access-control-allow-methods": "GET, PUT, POST, DELETE",
      "access-control-expose-headers": "content-range, accept-ranges",
      "access-control-max-age": "86400",
      // The page isolates nothing by COEP, but one that embeds may.
      "cross-origin-resource-policy": "cross-origin",
    });
    if (request.method === "OPTIONS") return reply.code(204).send();
  });

  // The context has the port in its URLs, and routes must be there before listening.
  const port = await reservePort(options.host, options.port);
  const context = makeContext(port);
  answerErrors(app, context);
  blobRoutes(app, context);
  jobRoutes(app, context);
  quoteRoutes(app, context);
  poolRoutes(app, context);
  if (context.orders) orderRoutes(app, context.orders);
  const { rpc } = context.chain;
  if (rpc)
    app.post(
      "/chain",
      { bodyLimit: MAX_RPC_BODY_BYTES, schema: { tags: ["chain"], summary: "JSON-RPC of the embedded chain" } },
      async (request) => rpc(request.body),
    );
  if (options.pages) await servePages(app, options.pages, options.sandboxHost);

  // Frames somewhat too large are read, so that they can be refused with a code; far larger ones end the connection.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 * MAX_FRAME_BYTES, perMessageDeflate: false });
  const crowd = new Crowd(MAX_SOCKETS_AN_ADDRESS, MAX_SOCKETS);
  const answering = new WeakSet<WebSocket>();
  const pinging = setInterval(() => {
    for (const client of sockets.clients) {
      if (answering.delete(client)) client.ping();
      else client.terminate();
    }
  }, options.pingMs ?? PING_MS);
  app.server.on("upgrade", (request, socket, head) => {
    const ip = clientIp(request, options.trustedProxies);
    // From here on nobody else listens: a visitor that breaks off must not end the relay.
    socket.on("error", () => socket.destroy());
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
    if (request.url?.split("?")[0] !== "/socket") return refuse("404 Not Found");
    if (!crowd.admit(ip, socket)) return refuse("429 Too Many Requests");
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      answering.add(webSocket.on("pong", () => answering.add(webSocket)));
      onSocket(webSocket, ip, request.headers.origin ?? "");
    });
  });

  await app.listen({ host: options.host, port });
  return {
    app,
    port,
    async close() {
      clearInterval(pinging);
      for (const client of sockets.clients) client.close(1001, "the relay stops");
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      await app.close();
    },
  };
}

/** A free port, if any will do. */
async function reservePort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
}

async function servePages(app: FastifyInstance, pages: string, sandboxHost: string): Promise<void> {
  const sandbox = readFileSync(join(pages, "sandbox.html"), "utf8");
  const isSandboxHost = (host: string | undefined) => (host ?? "").replace(/:\d+$/, "") === sandboxHost;
  app.get("/sandbox/", { schema: { hide: true } }, async (request, reply) => {
    if (!isSandboxHost(request.headers.host)) return reply.callNotFound();
    return reply
      .headers({ "content-type": "text/html; charset=utf-8", "content-security-policy": sandboxPolicy(sandbox) })
      .send(sandbox);
  });
  app.addHook("onRequest", async (request, reply) => {
    // Nothing but the sandbox lives on the sandbox's host; API and chain are for programs that know it by number.
    const { url } = request;
    if (!isSandboxHost(request.headers.host) || /^\/(api|chain|sandbox|socket)\b/.test(url)) return;
    if (request.method === "GET" && (request.headers.accept ?? "").includes("text/html"))
      return reply.redirect(`http://localhost:${(request.headers.host ?? "").split(":")[1] ?? ""}${url}`);
    return reply.callNotFound();
  });
  await app.register(fastifyStatic, {
    root: pages,
    // Hashed names never change; pages do.
    setHeaders: (reply, path) => {
      reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      reply.header("x-content-type-options", "nosniff");
      reply.header("referrer-policy", "no-referrer");
    },
  });
}

/**
 * No network, no other frames: kernels get bytes through messages and return bytes through messages. The one script is
 * allowed by its hash; `blob:` is the worker that script makes of its own text.
 */
function sandboxPolicy(html: string): string {
  const script = /<script[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
  const hash = createHash("sha256").update(script).digest("base64");
  return `default-src 'none'; script-src 'sha256-${hash}' 'wasm-unsafe-eval' blob:; worker-src blob:; base-uri 'none'; form-action 'none'`;
}
