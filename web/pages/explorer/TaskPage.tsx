import type { DealOnChain } from "../../../client/index.ts";
import type { SettledTask } from "../../../protocol/epoch.ts";
import { rewardsOf } from "../../../protocol/payout.ts";
import { weightOf } from "../../../protocol/poco.ts";
import type { Chain } from "../chain/chain.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { AskedView } from "../sheet/AskedView.tsx";
import { CheckList } from "../sheet/CheckList.tsx";
import { Facts } from "../sheet/Facts.tsx";
import { Name } from "../sheet/Name.tsx";
import { useAsked } from "../sheet/useAsked.ts";
import type { EpochBook, OnChain } from "./epochBook.ts";
import type { BuiltEpoch } from "./epochWorker.ts";
import { ReceiptOfTask } from "./ReceiptOfTask.tsx";
import type { Route } from "./route.ts";

interface Props {
  connected: Chain;
  book: EpochBook;
  onChain: OnChain;
  route: Route & { view: "task" };
}

/** One task: who contributed what, whether that holds, and its receipt. */
export function TaskPage({ connected, book, onChain, route }: Props) {
  const published = book.published.value;
  const built = published.state === "checked" ? published.built : undefined;
  const position = built?.tasks.findIndex(({ dealId, index }) => dealId === route.deal && index === route.task) ?? -1;
  const task = built?.tasks[position];
  const terms = onChain.deals.get(route.deal);
  return (
    <article class="sheet-part">
      <h1>Task {formatCount(route.task)}</h1>
      {published.state === "fetching" && <p class="soft">{published.words}</p>}
      {published.state === "unpublished" && <p class="notice warn">{published.why}</p>}
      {published.state === "checked" && !task && (
        <p class="notice">Epoch {formatCount(book.number)} settles no task of this number of this deal.</p>
      )}
      {built && task && terms && (
        <>
          <Contributions built={built} task={task} terms={terms} position={position} />
          <TaskChecks book={book} position={position} />
          <ReceiptOfTask connected={connected} task={task} jobHash={terms.jobHash} />
        </>
      )}
    </article>
  );
}

interface ContributionsProps {
  built: BuiltEpoch;
  task: SettledTask;
  terms: DealOnChain;
  position: number;
}

function Contributions({ built, task, terms, position }: ContributionsProps) {
  const { pricePerTaskWei: priceWei, assetsWei, feeBps } = terms;
  const rewards = rewardsOf(
    { priceWei, assetsWei, feeBps },
    task.contributions.filter(({ agrees }) => agrees),
  );
  return (
    <section class="panel" aria-labelledby="contributions-title">
      <h2 id="contributions-title">Contributions</h2>
      <Facts
        rows={[
          ["Digest of the result", <Name key="digest" of={task.digest} />],
          ["Place in the epoch", formatCount(position)],
          [
            "Price",
            <span key="price" class="number">
              {formatEct(priceWei)} ECT
            </span>,
          ],
          ["Law", `${terms.law}, trust ${formatCount(terms.trust)}, at least ${terms.replicas} agreeing`],
        ]}
      />
      <ScrollBox label="Contributions">
        <table>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">Result</th>
              <th scope="col" class="number">
                Score
              </th>
              {terms.law === "poco" && (
                <th scope="col" class="number">
                  Weight
                </th>
              )}
              <th scope="col" class="number">
                Reward, ECT
              </th>
            </tr>
          </thead>
          <tbody>
            {task.contributions.map(({ worker, agrees, score }) => (
              <tr key={worker}>
                <td>
                  <Name of={worker} />
                </td>
                <td>
                  {agrees ? <span class="agrees">✓ agrees</span> : <span class="differs">✗ differs</span>}
                  {built.forfeited.has(worker) && <span class="soft small"> forfeits this epoch’s rewards</span>}
                </td>
                <td class="number">{formatCount(score)}</td>
                {terms.law === "poco" && <td class="number">{formatCount(weightOf(score))}</td>}
                <td class="number">{formatEct(built.forfeited.has(worker) ? 0n : (rewards.get(worker) ?? 0n))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}

function TaskChecks({ book, position }: { book: EpochBook; position: number }) {
  const asked = useAsked(() => book.checkTask(position), [book, position]);
  return (
    <section class="panel" aria-labelledby="checks-title">
      <h2 id="checks-title">Checked here</h2>
      <AskedView asked={asked} what="the task’s proofs">
        {(checks) => (
          <>
            <p class={`notice ${checks.every(({ ok }) => ok) ? "good" : "wrong"}`} role="status">
              {checks.every(({ ok }) => ok) ? (
                <>
                  <strong>It holds.</strong> Each contribution opens a commitment that its worker signed, and together
                  they satisfy the deal’s law.
                </>
              ) : (
                <>
                  <strong>It does not hold:</strong> see what is marked below. While the epoch is pending, whoever
                  proves that on chain voids it.
                </>
              )}
            </p>
            <CheckList checks={checks} />
          </>
        )}
      </AskedView>
    </section>
  );
}
