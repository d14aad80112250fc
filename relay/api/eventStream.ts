// The beginning of every stream of server-sent events.
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** Comment lines that keep proxies from closing a quiet stream, milliseconds. */
export const KEEP_ALIVE_MS = 15_000;

/** Takes the answer out of fastify's hands; what is written into it from here on are events. */
export function beginEventStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
    "x-accel-buffering": "no",
  });
  return reply.raw;
}
