// Takes jobs: with a deal that is on chain, or with a lazy order that will be.
import type { Manifest } from "../../kernels/kernel.ts";
import type { JobSpec, Submit } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { JobId } from "../../protocol/ids.ts";
import type { LazySubmit } from "../../protocol/lazy.ts";
import { checkDeal, partFor } from "../deals.ts";
import type { JobContext } from "../rows.ts";
import type { PromiseRow } from "../store/promises.ts";
import type { ApiContext } from "./context.ts";
import { foresee } from "./foresee.ts";
import { checkSpec } from "./terms.ts";

/** Again with the same deal does no harm. Throws `bad-deal`, `bad-job`, `not-found`, `too-many`. */
export async function submit(context: ApiContext, { dealId, spec: asked, title }: Submit): Promise<JobContext> {
  const id = dealId as JobId;
  const known = knownJob(context, id);
  if (known) return known;
  const spec = partFor(asked, await context.orders?.market.originOf(id));
  const manifest = await checkSpec(context, spec);
  const terms = checkDeal(await context.chain.deal(id), id, spec, context.pool);
  return context.loop.addJob({
    id,
    title: title ?? "",
    spec,
    requester: terms.requester,
    priceWei: terms.pricePerTaskWei,
    assetsWei: terms.assetsWei,
    feeBps: terms.feeBps,
    promise: await promiseFor(context, manifest, spec, terms.pricePerTaskWei),
  });
}

/** The same with an order. Throws as `LazyDeals.take` too, and `not-found` if this pool takes no lazy orders. */
export async function submitLazily(context: ApiContext, { lazy, spec, title }: LazySubmit): Promise<JobContext> {
  const { lazy: deals } = context;
  if (!deals) throw new SuperEdgeError("not-found", "this pool takes deals that are on chain, no lazy orders");
  const id = deals.idOf(lazy.order);
  const known = knownJob(context, id);
  if (known) return known;
  const manifest = await checkSpec(context, spec);
  try {
    return await deals.take(lazy, spec, async ({ write, ...terms }) =>
      context.loop.addJob({
        ...terms,
        title: title ?? "",
        spec,
        alongside: write,
        promise: await promiseFor(context, manifest, spec, terms.priceWei),
      }),
    );
  } catch (error) {
    // The same was sent twice, and the other came first.
    const other = knownJob(context, id);
    if (other) return other;
    throw error;
  }
}

/** With no number in the store yet, it is being added by another request. */
function knownJob({ loop }: ApiContext, id: JobId): JobContext | undefined {
  const known = loop.jobs.get(id);
  return known && known.row.n > 0 ? known : undefined;
}

async function promiseFor(
  context: ApiContext,
  manifest: Manifest,
  spec: JobSpec,
  priceWei: bigint,
): Promise<PromiseRow | undefined> {
  if (spec.deadlineSeconds === undefined) return undefined;
  return (await foresee(context, manifest, { ...spec, priceWei: String(priceWei) })).promise;
}
