import { useEffect, useState } from "preact/hooks";
import type { DealView } from "../../../client/index.ts";
import type { JobView } from "../../../protocol/api.ts";
import { formatEct } from "../format/ect.ts";
import { wordsOf } from "../format/wordsOf.ts";
import type { Connected } from "./connection.ts";
import { costOf } from "./cost.ts";

/** How often the chain is asked while something is still to be settled, milliseconds. */
const ASK_EVERY_MS = 5_000;

/** Paid, pending, refunded: as the chain has it. */
export function CostPanel({ connected, view }: { connected: Connected; view: JobView }) {
  const [deal, setDeal] = useState<DealView>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let stale = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const next = await connected.grid.deal(view.job);
        if (stale) return;
        setDeal(next);
        setProblem("");
        if (next.closed) return;
      } catch (error) {
        if (stale) return;
        setProblem(wordsOf(error));
      }
      timer = setTimeout(ask, ASK_EVERY_MS);
    };
    ask();
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [connected, view.job]);
  return (
    <section class="panel cost" aria-labelledby="cost-title">
      <h2 id="cost-title">Cost</h2>
      {problem && <p class="notice warn small">{problem}</p>}
      {deal && <Rows deal={deal} certified={view.certified} />}
    </section>
  );
}

/** Shown even at zero. */
const ALWAYS = "Paid on chain";

function Rows({ deal, certified }: { deal: DealView; certified: number }) {
  const cost = costOf(deal, certified);
  const rows: [string, bigint][] = [
    [ALWAYS, cost.paidWei],
    ["In an open challenge window", cost.pendingWei],
    ["Certified, not yet posted", cost.owedWei],
    [deal.closed ? "Refunded" : "Locked for the rest", deal.closed ? cost.refundedWei : cost.lockedWei],
  ];
  return (
    <dl class="pairs">
      <div class="total">
        <dt>Deposit of this deal</dt>
        <dd class="number">{formatEct(cost.depositWei)} ECT</dd>
      </div>
      {rows
        .filter(([name, wei]) => wei > 0n || name === ALWAYS)
        .map(([name, wei]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{formatEct(wei)} ECT</dd>
          </div>
        ))}
    </dl>
  );
}
