import { useState } from "preact/hooks";
import type { PoolOnChain } from "../../../client/index.ts";
import type { Chain } from "../chain/chain.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { formatBps } from "../format/percent.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { AskedView } from "../sheet/AskedView.tsx";
import { Name } from "../sheet/Name.tsx";
import { rowsOf } from "../sheet/pages.ts";
import { useAsked } from "../sheet/useAsked.ts";
import { hashOf } from "./route.ts";

/** Every pool that registered, this relay's first. */
export function PoolsPage({ connected }: { connected: Chain }) {
  const { settlement, pool: own } = connected;
  const asked = useAsked(async () => {
    const { pools, searchedFrom } = await settlement.pools();
    return { pools: [own, ...pools.filter((pool) => pool !== own)], searchedFrom };
  }, [connected]);
  return (
    <article class="sheet-part">
      <h1>Explorer</h1>
      <p class="soft">
        What pools have settled on chain {connected.view.chainId}: which epochs, for which deals, with whose work. Every
        step is checked here, in your browser, against what the chain says; no wallet is needed.
      </p>
      <AskedView asked={asked} what="the pools">
        {({ pools, searchedFrom }) => <Pools connected={connected} pools={pools} searchedFrom={searchedFrom} />}
      </AskedView>
    </article>
  );
}

interface PoolsProps {
  connected: Chain;
  pools: PoolOnChain["pool"][];
  searchedFrom: number;
}

function Pools({ connected, pools, searchedFrom }: PoolsProps) {
  const { settlement } = connected;
  const [all, setAll] = useState({ pools, searchedFrom });
  const [page, setPage] = useState(0);
  const [problem, setProblem] = useState("");
  const { first, end, pages } = rowsOf(all.pools.length, page);
  const rows = useAsked(
    () => Promise.all(all.pools.slice(first, end).map((pool) => settlement.pool(pool))),
    [connected, all, page],
  );
  const older = () =>
    settlement.pools(all.searchedFrom - 1).then(
      (more) =>
        setAll({
          pools: [...new Set([...all.pools, ...more.pools])],
          searchedFrom: more.searchedFrom,
        }),
      (error: unknown) => setProblem(wordsOf(error)),
    );
  return (
    <section class="panel" aria-labelledby="pools-title">
      <h2 id="pools-title">Pools</h2>
      <AskedView asked={rows} what="what the pools have at stake">
        {(found) => (
          <ScrollBox label="Pools">
            <table>
              <thead>
                <tr>
                  <th scope="col">Pool</th>
                  <th scope="col" class="number">
                    Bond, ECT
                  </th>
                  <th scope="col" class="number">
                    Pending, ECT
                  </th>
                  <th scope="col" class="number">
                    Fee
                  </th>
                  <th scope="col" class="number">
                    Epochs
                  </th>
                </tr>
              </thead>
              <tbody>
                {found.map((row) => (
                  <tr key={row.pool}>
                    <td>
                      <a href={hashOf({ view: "pool", pool: row.pool, page: 0 })}>
                        <Name of={row.pool} />
                      </a>
                      {row.pool === connected.pool && (
                        <span class="soft small"> {connected.view.name}, this relay’s</span>
                      )}
                    </td>
                    <td class="number">{formatEct(row.bondWei)}</td>
                    <td class="number">{formatEct(row.pendingWei)}</td>
                    <td class="number">{formatBps(row.feeBps)}</td>
                    <td class="number">{formatCount(row.posted)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        )}
      </AskedView>
      {pages > 1 && (
        <div class="row">
          <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Previous
          </button>
          <button type="button" disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>
            Next
          </button>
        </div>
      )}
      {all.searchedFrom > 0 && (
        <div class="row">
          <button type="button" onClick={older}>
            Look further back
          </button>
          <span class="soft small">Blocks from {formatCount(all.searchedFrom)} on were searched for pools.</span>
        </div>
      )}
      {problem && (
        <p class="notice wrong" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
