// The depth of a market as server-sent events. A reader gets the newest depth, not every one there was: who is slow, or a
// book that changes a hundred times a second, must not make a queue.
import type { FastifyReply } from "fastify";
import type { DepthQuery } from "../../protocol/orderBook.ts";
import type { Orders } from "../orders/orders.ts";
import { beginEventStream, KEEP_ALIVE_MS } from "./eventStream.ts";

/** Between two events, milliseconds: as often as somebody can read them. */
const LEAST_GAP_MS = 100;

export function streamDepth(orders: Orders, query: DepthQuery, reply: FastifyReply): void {
  const raw = beginEventStream(reply);
  let told = "";
  let waiting: NodeJS.Timeout | undefined;
  let isBehind = false;
  const tell = () => {
    waiting = undefined;
    if (raw.destroyed || isBehind) return;
    const depth = JSON.stringify(orders.depth(query));
    if (depth === told) return;
    told = depth;
    isBehind = !raw.write(`event: depth\ndata: ${depth}\n\n`);
  };
  const onChange = () => {
    waiting ??= setTimeout(tell, LEAST_GAP_MS);
  };
  raw.on("drain", () => {
    isBehind = false;
    onChange();
  });
  const alive = setInterval(() => raw.destroyed || isBehind || raw.write(": still here\n\n"), KEEP_ALIVE_MS);
  orders.changes.on("changed", onChange);
  raw.on("close", () => {
    clearInterval(alive);
    clearTimeout(waiting);
    orders.changes.off("changed", onChange);
  });
  tell();
}
