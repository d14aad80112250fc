import type { PoolOnChain } from "../../../client/index.ts";
import type { Chain } from "../chain/chain.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { formatBps } from "../format/percent.ts";
import { formatWhen } from "../format/when.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { AskedView } from "../sheet/AskedView.tsx";
import { Facts } from "../sheet/Facts.tsx";
import { Name } from "../sheet/Name.tsx";
import { Pager } from "../sheet/Pager.tsx";
import { rowsOf } from "../sheet/pages.ts";
import { useAsked } from "../sheet/useAsked.ts";
import { hashOf, type Route } from "./route.ts";
import { STATE_WORDS, windowWords } from "./stateWords.ts";

const REFRESH_MS = 5_000;

/** What a pool has at stake, and its epochs, newest first. */
export function PoolPage({ connected, route }: { connected: Chain; route: Route & { view: "pool" } }) {
  const { settlement } = connected;
  const asked = useAsked(() => settlement.pool(route.pool), [connected, route.pool], REFRESH_MS);
  return (
    <article class="sheet-part">
      <h1>
        Pool <Name of={route.pool} />
      </h1>
      {route.pool === connected.pool && (
        <p class="soft">{connected.view.name}: the relay that serves this page is this pool’s.</p>
      )}
      <AskedView asked={asked} what="the pool">
        {(pool) =>
          pool.registered ? (
            <>
              <Stake pool={pool} />
              <Epochs connected={connected} pool={pool} page={route.page} />
            </>
          ) : (
            <p class="notice">No pool is registered under this account.</p>
          )
        }
      </AskedView>
    </article>
  );
}

function Stake({ pool }: { pool: PoolOnChain }) {
  const ect = (wei: bigint) => <span class="number">{formatEct(wei)} ECT</span>;
  return (
    <section class="panel" aria-labelledby="stake-title">
      <h2 id="stake-title">At stake</h2>
      <Facts
        rows={[
          ["Account", <code key="account">{pool.pool}</code>],
          ["Bond", ect(pool.bondWei)],
          pool.unbondingWei > 0n
            ? [
                "On its way out of the bond",
                <>
                  {ect(pool.unbondingWei)} from {formatWhen(pool.unbondsAt)} on
                </>,
              ]
            : undefined,
          ["Posted, and not final", ect(pool.pendingWei)],
          ["Final, and not yet credited to workers", ect(pool.claimableWei)],
          ["Fee for deals to come, of the pool’s part", formatBps(pool.feeBps)],
        ]}
      />
      <p class="soft small">
        The bond is at least twice what is posted and not final. A lie that somebody proves costs twice its epoch’s
        value.
      </p>
    </section>
  );
}

function Epochs({ connected, pool, page }: { connected: Chain; pool: PoolOnChain; page: number }) {
  const { settlement, grid } = connected;
  const { first, end } = rowsOf(pool.posted, page);
  const numbers = Array.from({ length: end - first }, (_, at) => pool.posted - 1 - first - at);
  const asked = useAsked(
    async () => {
      const views = pool.pool === connected.pool ? await grid.epochs().catch(() => []) : [];
      const [windowSeconds, chainS] = await Promise.all([settlement.windowSeconds(), settlement.nowSeconds()]);
      const epochs = await Promise.all(
        numbers.map(async (number) => {
          const hint = views.find(({ epoch }) => epoch === number)?.postedTx;
          const [{ state }, posted] = await Promise.all([
            settlement.epochState(pool.pool, number),
            settlement.epoch(pool.pool, number, hint),
          ]);
          return { number, state, header: posted.header, deals: posted.deals.length };
        }),
      );
      // The embedded chain makes a block only when there is something to put in.
      return { windowSeconds, nowS: Math.max(chainS, Math.floor(Date.now() / 1000)), epochs };
    },
    [connected, pool.pool, pool.posted, page],
    REFRESH_MS,
  );
  return (
    <section class="panel" aria-labelledby="epochs-title">
      <h2 id="epochs-title">Epochs</h2>
      {pool.posted === 0 && <p class="soft">None yet: nothing of this pool’s work has been settled.</p>}
      {pool.posted > 0 && (
        <AskedView asked={asked} what="the epochs">
          {({ windowSeconds, nowS, epochs }) => (
            <ScrollBox label="Epochs">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Epoch</th>
                    <th scope="col">State</th>
                    <th scope="col" class="number">
                      Window left
                    </th>
                    <th scope="col" class="number">
                      Value, ECT
                    </th>
                    <th scope="col" class="number">
                      Tasks
                    </th>
                    <th scope="col" class="number">
                      Contributions
                    </th>
                    <th scope="col" class="number">
                      Deals
                    </th>
                    <th scope="col">Posted</th>
                  </tr>
                </thead>
                <tbody>
                  {epochs.map(({ number, state, header, deals }) => (
                    <tr key={number}>
                      <td>
                        <a href={hashOf({ view: "epoch", pool: pool.pool, epoch: number, page: 0 })}>
                          Epoch {formatCount(number)}
                        </a>
                      </td>
                      <td>
                        <span class={`epoch-state ${state}`}>{STATE_WORDS[state]}</span>
                      </td>
                      <td class="number">{windowWords(state, header.postedAt, windowSeconds, nowS)}</td>
                      <td class="number">{formatEct(header.valueWei)}</td>
                      <td class="number">{formatCount(header.roots.tasks.count)}</td>
                      <td class="number">{formatCount(header.roots.rewards.count)}</td>
                      <td class="number">{formatCount(deals)}</td>
                      <td class="when">{formatWhen(header.postedAt)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollBox>
          )}
        </AskedView>
      )}
      <Pager
        count={pool.posted}
        page={page}
        noun="epoch"
        hrefOf={(next) => hashOf({ view: "pool", pool: pool.pool, page: next })}
      />
    </section>
  );
}
