import { proxy } from "comlink";
import { useState } from "preact/hooks";
import type { Check } from "../../../protocol/receipt.ts";
import { counted, formatCount } from "../format/count.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { CheckList } from "../sheet/CheckList.tsx";
import { type EpochBook, MAX_EARLIER } from "./epochBook.ts";
import type { BuiltEpoch } from "./epochWorker.ts";
import { hashOf } from "./route.ts";

/** Whether what the pool published of the epoch holds. */
export function EpochChecks({ book }: { book: EpochBook }) {
  const published = book.published.value;
  return (
    <section class="panel" aria-labelledby="checks-title">
      <h2 id="checks-title">Checked here</h2>
      <div role="status">
        {published.state === "fetching" && <p class="soft">{published.words}</p>}
        {published.state === "unpublished" && (
          <p class="notice warn">What the pool published could not be checked. {published.why}</p>
        )}
        {published.state === "checked" && <Verdict checks={published.checks} />}
      </div>
      {published.state === "checked" && (
        <>
          <CheckList checks={published.checks} />
          {!published.isLedgerChecked && (
            <p class="notice">
              The ledger of all workers’ earnings was not checked: it builds on more than {MAX_EARLIER} earlier epochs,
              or on more data than a page should hold.
            </p>
          )}
          {published.built && <EveryContribution book={book} built={published.built} />}
          <p class="soft small">
            Not to be seen in it: whether workers are strangers to each other, whether the score named with a
            contribution was the chain’s when the task was leased, and whether somebody was left out who holds the
            pool’s ack.
          </p>
        </>
      )}
    </section>
  );
}

function Verdict({ checks }: { checks: readonly Check[] }) {
  const wrong = checks.filter(({ ok }) => !ok).length;
  return wrong === 0 ? (
    <p class="notice good">
      <strong>It holds.</strong> What the pool published makes exactly what it posted; {checks.length} claims were
      checked in this page.
    </p>
  ) : (
    <p class="notice wrong">
      <strong>It does not hold.</strong> {wrong} of {checks.length} claims are false. While the epoch is pending,
      whoever proves that on chain voids it.
    </p>
  );
}

type Every =
  | { state: "unchecked" }
  | { state: "checking"; done: number }
  | { state: "checked"; wrong: number; named: number[] }
  | { state: "failed"; why: string };

/** Signatures take a millisecond or more each: on request. */
function EveryContribution({ book, built }: { book: EpochBook; built: BuiltEpoch }) {
  const [every, setEvery] = useState<Every>({ state: "unchecked" });
  const count = built.tasks.length;
  const check = async () => {
    setEvery({ state: "checking", done: 0 });
    try {
      const found = await book.checker.everyTask(proxy((done: number) => setEvery({ state: "checking", done })));
      setEvery({ state: "checked", ...found });
    } catch (error) {
      setEvery({ state: "failed", why: wordsOf(error) });
    }
  };
  return (
    <div class="every">
      <button type="button" onClick={check} disabled={every.state === "checking"}>
        Check every contribution
      </button>
      <div role="status">
        {every.state === "checking" && (
          <p class="soft">
            {formatCount(every.done)} of {counted(count, "task")} checked…
          </p>
        )}
        {every.state === "failed" && <p class="notice wrong">It could not be finished: {every.why}</p>}
        {every.state === "checked" && every.wrong === 0 && (
          <p class="notice good">
            <strong>All hold.</strong> The commitments, signatures and law of {counted(count, "task")} were checked.
          </p>
        )}
        {every.state === "checked" && every.wrong > 0 && (
          <p class="notice wrong">
            <strong>{counted(every.wrong, "task")} do not hold:</strong>{" "}
            {every.named.map((position) => (
              <TaskLink key={position} book={book} task={built.tasks[position]!} />
            ))}
          </p>
        )}
      </div>
    </div>
  );
}

function TaskLink({ book, task }: { book: EpochBook; task: BuiltEpoch["tasks"][number] }) {
  const { pool, number: epoch } = book;
  return (
    <>
      <a href={hashOf({ view: "task", pool, epoch, deal: task.dealId, task: task.index })}>task {task.index}</a>{" "}
    </>
  );
}
