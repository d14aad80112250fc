// What a job would take here, before it is paid for.
import type { FastifyInstance } from "fastify";
import { type QuoteView, quoteSchema } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { parseAs } from "../../protocol/parse.ts";
import type { ApiContext } from "./context.ts";
import { foresee } from "./foresee.ts";
import { jsonBody } from "./openapi.ts";
import { checkTerms, usableApp } from "./terms.ts";

export function quoteRoutes(app: FastifyInstance, context: ApiContext): void {
  app.post(
    "/api/quote",
    {
      schema: {
        tags: ["jobs"],
        summary: "Who could do a job now, how often its tasks would be computed, and how long it would take",
        ...jsonBody(quoteSchema),
      },
    },
    async (request): Promise<QuoteView> => {
      const asked = parseAs(quoteSchema, request.body);
      const manifest = usableApp(context.store, asked.app as Cid);
      checkTerms(manifest, asked);
      return foresee(context, manifest, asked);
    },
  );
}
