// What a job would take here, before it is paid for.
import { setImmediate } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { type QuoteRequest, type QuoteView, quoteSchema, tasksOf } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { parseAs } from "../../protocol/parse.ts";
import { laws } from "../scheduler/laws.ts";
import { needsOf } from "../scheduler/needs.ts";
import { prospectsOf, redundancyOf, whatIsMissing } from "../scheduler/prospects.ts";
import type { ApiContext } from "./context.ts";
import { jsonBody } from "./openapi.ts";
import { checkTerms } from "./terms.ts";

/** Jobs of the same app whose prices are compared, newest first. */
const COMPARED_JOBS = 100;

export function quoteRoutes(app: FastifyInstance, context: ApiContext): void {
  const { loop, store } = context;
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
      const found = store.apps.get(asked.app as Cid);
      if (!found) throw new SuperEdgeError("not-found", `this relay has no app ${asked.app}`);
      const { manifest } = found;
      checkTerms(manifest, asked);
      const { state } = loop;
      const needs = needsOf(asked, manifest.engine);
      const search = prospectsOf(
        state.workers.values(),
        (worker) => worker.engines.has(manifest.engine) && needs.admits(worker.attributes),
      );
      let step = search.next();
      for (; !step.done; step = search.next()) await setImmediate();
      const { connected, eligible, owners } = step.value;
      const terms = { ...asked, tasks: tasksOf(asked) };
      const redundancy = redundancyOf(terms, eligible, state.rules);
      const needed = Math.max(asked.replicas, laws[asked.law]!.first(asked));
      const isPicky = asked.requirements !== undefined || asked.minScore !== undefined;
      const counts = { connected, owners: owners.size };
      const missing = whatIsMissing({ engine: manifest.engine, isPicky }, needed, counts);
      const price = usualPrice(asked);
      return {
        tasks: terms.tasks,
        connected,
        eligible: { workers: eligible.length, owners: owners.size },
        redundancy,
        ...(price && { price }),
        ...(missing && { missing }),
      };
    },
  );

  /** The range of what the same app's items have cost in other jobs, for a task of this size. */
  function usualPrice({ app, itemsPerTask }: QuoteRequest): QuoteView["price"] {
    const perItem: number[] = [];
    for (const { row } of [...loop.jobs.values()].reverse()) {
      if (row.spec.app !== app || row.state === "stopped") continue;
      perItem.push(Number(row.priceWei) / row.spec.itemsPerTask);
      if (perItem.length === COMPARED_JOBS) break;
    }
    if (perItem.length === 0) return undefined;
    perItem.sort((a, b) => a - b);
    const at = (share: number) => BigInt(Math.round(perItem[Math.floor(share * (perItem.length - 1))]! * itemsPerTask));
    return { lowWei: String(at(0.1)), highWei: String(at(0.9)) };
  }
}
