import type { Bytes32 } from "../../../protocol/ids.ts";
import type { Chain } from "../chain/chain.ts";
import { AskedView } from "../sheet/AskedView.tsx";
import { Name } from "../sheet/Name.tsx";
import { useAsked } from "../sheet/useAsked.ts";
import { DealTerms } from "./DealTerms.tsx";

const REFRESH_MS = 5_000;

/** A deal as the chain has it, whatever epochs it is in. */
export function TermsPage({ connected, deal }: { connected: Chain; deal: Bytes32 }) {
  const asked = useAsked(() => connected.settlement.deal(deal), [connected, deal], REFRESH_MS);
  return (
    <article class="sheet-part">
      <h1>
        Deal <Name of={deal} />
      </h1>
      <AskedView asked={asked} what="the deal">
        {(terms) => <DealTerms terms={terms} />}
      </AskedView>
    </article>
  );
}
