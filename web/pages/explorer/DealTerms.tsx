import type { DealOnChain } from "../../../client/index.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { formatBps } from "../format/percent.ts";
import { formatWhen } from "../format/when.ts";
import { Facts } from "../sheet/Facts.tsx";
import { Name } from "../sheet/Name.tsx";
import { hashOf } from "./route.ts";

/** What was agreed, and how far it has come. */
export function DealTerms({ terms }: { terms: DealOnChain }) {
  const left = terms.tasks - terms.settledTasks - terms.pendingTasks;
  return (
    <section class="panel" aria-labelledby="terms-title">
      <h2 id="terms-title">Terms</h2>
      <Facts
        rows={[
          ["Deal", <code key="deal">{terms.dealId}</code>],
          ["Requester", <Name key="requester" of={terms.requester} />],
          terms.payer === terms.requester ? undefined : ["Payer", <Name key="payer" of={terms.payer} />],
          [
            "Pool",
            <a key="pool" href={hashOf({ view: "pool", pool: terms.pool, page: 0 })}>
              <Name of={terms.pool} />
            </a>,
          ],
          [
            "Price of a task",
            <span key="price" class="number">
              {formatEct(terms.pricePerTaskWei)} ECT
            </span>,
          ],
          terms.assetsWei > 0n
            ? [
                "Of it for app and dataset",
                <span key="assets" class="number">
                  {formatEct(terms.assetsWei)} ECT
                </span>,
              ]
            : undefined,
          ["Pool’s fee, of the rest", formatBps(terms.feeBps)],
          ["Law", `${terms.law}, trust ${formatCount(terms.trust)}, at least ${terms.replicas} agreeing`],
          ["Tasks", formatCount(terms.tasks)],
          ["Paid", formatCount(terms.settledTasks)],
          ["In an epoch that is not final", formatCount(terms.pendingTasks)],
          [terms.closed ? "Refunded" : "Open", formatCount(left)],
          ["Deadline", formatWhen(terms.deadline)],
        ]}
      />
      <p>
        {terms.closed
          ? "The deal is closed: what was not computed has been refunded to its payer."
          : "The deal is open: the price of what is neither paid nor pending stays locked in it."}
      </p>
    </section>
  );
}
