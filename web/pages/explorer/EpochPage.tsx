import type { PostedEpoch } from "../../../client/index.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { formatWhen } from "../format/when.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { Facts } from "../sheet/Facts.tsx";
import { Name } from "../sheet/Name.tsx";
import { Pager } from "../sheet/Pager.tsx";
import { rowsOf } from "../sheet/pages.ts";
import { EpochChecks } from "./EpochChecks.tsx";
import type { EpochBook, OnChain } from "./epochBook.ts";
import { hashOf } from "./route.ts";
import { STATE_WORDS, stateSentence } from "./stateWords.ts";

/** An epoch: its state, whether it holds, and what it does to each deal. */
export function EpochPage({ book, onChain, page }: { book: EpochBook; onChain: OnChain; page: number }) {
  const { posted, state, windowSeconds } = onChain;
  const { header } = posted;
  const nowS = Math.floor(Date.now() / 1000);
  return (
    <article class="sheet-part">
      <h1>
        Epoch {formatCount(header.number)} <span class={`epoch-state ${state}`}>{STATE_WORDS[state]}</span>
      </h1>
      <p>{stateSentence(state, header.postedAt, windowSeconds, nowS)}</p>
      <section class="panel" aria-labelledby="facts-title">
        <h2 id="facts-title">What was posted</h2>
        <Facts
          rows={[
            ["Pool", <Name key="pool" of={header.pool} />],
            [
              "Value",
              <span key="value" class="number">
                {formatEct(header.valueWei)} ECT
              </span>,
            ],
            ["Tasks", formatCount(header.roots.tasks.count)],
            ["Contributions", formatCount(header.roots.rewards.count)],
            ["Commit batches", formatCount(header.roots.commits.count)],
            ["Workers ever paid by the pool", formatCount(header.roots.ledger.count)],
            ["Posted", formatWhen(header.postedAt)],
            ["In transaction", <Name key="transaction" of={posted.transaction} />],
            ["Hash the chain keeps", <Name key="hash" of={onChain.hash} />],
          ]}
        />
      </section>
      <EpochChecks book={book} />
      <Deals posted={posted} page={page} />
    </article>
  );
}

function Deals({ posted, page }: { posted: PostedEpoch; page: number }) {
  const { pool, number: epoch } = posted.header;
  const { first, end } = rowsOf(posted.deals.length, page);
  return (
    <section class="panel" aria-labelledby="deals-title">
      <h2 id="deals-title">Deals</h2>
      <ScrollBox label="Deals">
        <table>
          <thead>
            <tr>
              <th scope="col">Deal</th>
              <th scope="col" class="number">
                Tasks
              </th>
              <th scope="col" class="number">
                To workers, ECT
              </th>
              <th scope="col" class="number">
                To the pool, ECT
              </th>
              <th scope="col" class="number">
                Burned, ECT
              </th>
            </tr>
          </thead>
          <tbody>
            {posted.deals.slice(first, end).map(({ dealId, tasks, workersWei, poolWei, burnedWei }) => (
              <tr key={dealId}>
                <td>
                  <a href={hashOf({ view: "deal", pool, epoch, deal: dealId, page: 0 })}>
                    <Name of={dealId} />
                  </a>
                </td>
                <td class="number">{formatCount(tasks)}</td>
                <td class="number">{formatEct(workersWei)}</td>
                <td class="number">{formatEct(poolWei)}</td>
                <td class="number">{formatEct(burnedWei)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <Pager
        count={posted.deals.length}
        page={page}
        noun="deal"
        hrefOf={(next) => hashOf({ view: "epoch", pool, epoch, page: next })}
      />
    </section>
  );
}
