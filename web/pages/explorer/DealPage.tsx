import type { Bytes32 } from "../../../protocol/ids.ts";
import { counted, formatCount } from "../format/count.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { Name } from "../sheet/Name.tsx";
import { Pager } from "../sheet/Pager.tsx";
import { rowsOf } from "../sheet/pages.ts";
import { DealTerms } from "./DealTerms.tsx";
import type { EpochBook, OnChain } from "./epochBook.ts";
import { hashOf } from "./route.ts";

interface Props {
  book: EpochBook;
  onChain: OnChain;
  deal: Bytes32;
  page: number;
}

/** A deal's part of an epoch: its terms, and its tasks. */
export function DealPage({ book, onChain, deal, page }: Props) {
  const terms = onChain.deals.get(deal);
  return (
    <article class="sheet-part">
      <h1>
        Deal <Name of={deal} />
      </h1>
      {terms ? (
        <>
          <Tasks book={book} deal={deal} page={page} />
          <DealTerms terms={terms} />
        </>
      ) : (
        <p class="notice">Epoch {formatCount(book.number)} settles nothing of this deal.</p>
      )}
    </article>
  );
}

function Tasks({ book, deal, page }: { book: EpochBook; deal: Bytes32; page: number }) {
  const published = book.published.value;
  const { pool, number: epoch } = book;
  const tasks =
    published.state === "checked" ? (published.built?.tasks ?? []).filter(({ dealId }) => dealId === deal) : [];
  const { first, end } = rowsOf(tasks.length, page);
  return (
    <section class="panel" aria-labelledby="tasks-title">
      <h2 id="tasks-title">Tasks in epoch {formatCount(epoch)}</h2>
      {published.state === "fetching" && <p class="soft">{published.words}</p>}
      {published.state === "unpublished" && <p class="notice warn">{published.why}</p>}
      {published.state === "checked" && !published.built && (
        <p class="notice wrong">What the pool published cannot be read, so no task can be shown.</p>
      )}
      {tasks.length > 0 && (
        <ScrollBox label="Tasks">
          <table>
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Digest of the result</th>
                <th scope="col">Contributions</th>
              </tr>
            </thead>
            <tbody>
              {tasks.slice(first, end).map(({ index, digest, contributions }) => {
                const agreeing = contributions.filter(({ agrees }) => agrees).length;
                return (
                  <tr key={index}>
                    <td>
                      <a href={hashOf({ view: "task", pool, epoch, deal, task: index })}>Task {formatCount(index)}</a>
                    </td>
                    <td>
                      <Name of={digest} />
                    </td>
                    <td>
                      {agreeing} of {counted(contributions.length, "contribution")} agree
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </ScrollBox>
      )}
      <Pager
        count={tasks.length}
        page={page}
        noun="task"
        hrefOf={(next) => hashOf({ view: "deal", pool, epoch, deal, page: next })}
      />
    </section>
  );
}
