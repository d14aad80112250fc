// The order book over HTTP: post, read, watch, withdraw.
import type { FastifyInstance } from "fastify";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { toBytes32 } from "../../protocol/ids.ts";
import {
  afterQuerySchema,
  bookQuerySchema,
  depthQuerySchema,
  MAX_ORDER_BYTES,
  postOrderSchema,
  withdrawSchema,
} from "../../protocol/orderBook.ts";
import { inJson } from "../../protocol/orders.ts";
import { parseAs } from "../../protocol/parse.ts";
import type { Orders } from "../orders/orders.ts";
import { Crowd } from "../visitors.ts";
import { jsonBody, jsonQuery } from "./openapi.ts";
import { streamDepth } from "./streamDepth.ts";

/** Readers of live depth of one address, and all of them: each change is computed anew for each. */
const MAX_STREAMS_AN_ADDRESS = 16;
const MAX_STREAMS = 1000;

export function orderRoutes(app: FastifyInstance, orders: Orders): void {
  const tags = ["orders"];
  const watching = new Crowd(MAX_STREAMS_AN_ADDRESS, MAX_STREAMS);

  app.post(
    "/api/orders",
    {
      bodyLimit: MAX_ORDER_BYTES,
      schema: {
        tags,
        summary: "Post a signed order; it is checked as the contracts would",
        ...jsonBody(postOrderSchema),
      },
    },
    async (request) => inJson(await orders.post(parseAs(postOrderSchema, request.body))),
  );

  app.get(
    "/api/orders",
    { schema: { tags, summary: "Open orders, oldest first, page by page", ...jsonQuery(bookQuerySchema) } },
    async (request) => inJson(orders.page(parseAs(bookQuerySchema, request.query))),
  );

  app.get(
    "/api/orders/depth",
    {
      schema: {
        tags,
        summary: "What is asked and bid in one market, best price first",
        ...jsonQuery(depthQuerySchema),
      },
    },
    async (request) => orders.depth(parseAs(depthQuerySchema, request.query)),
  );

  app.get(
    "/api/orders/live",
    {
      schema: {
        tags,
        summary: "Server-sent events: the depth of one market, now and whenever it changes",
        ...jsonQuery(depthQuerySchema),
      },
    },
    (request, reply) => {
      const query = parseAs(depthQuerySchema, request.query);
      if (!watching.admit(request.ip, reply.raw))
        throw new SuperEdgeError(
          "too-many",
          `expected at most ${MAX_STREAMS_AN_ADDRESS} readers of one address, and ${MAX_STREAMS} in all`,
        );
      return streamDepth(orders, query, reply);
    },
  );

  app.get(
    "/api/orders/withdrawals",
    {
      schema: {
        tags,
        summary: "By whose word orders were withdrawn, for books that mirror this one",
        ...jsonQuery(afterQuerySchema),
      },
    },
    async (request) => orders.withdrawals(parseAs(afterQuerySchema, request.query).after),
  );

  app.get<{ Params: { order: string } }>(
    "/api/orders/:order",
    { schema: { tags, summary: "One open order" } },
    async (request) => inJson(orders.get(toBytes32(request.params.order))),
  );

  app.delete<{ Params: { order: string } }>(
    "/api/orders/:order",
    {
      schema: {
        tags,
        summary: "Have this book forget an order, by its signer's word; only cancelling on chain makes it void",
        ...jsonBody(withdrawSchema),
      },
    },
    async (request) => {
      const id = toBytes32(request.params.order);
      await orders.withdraw({ id, signature: parseAs(withdrawSchema, request.body).signature });
      return { id };
    },
  );
}
