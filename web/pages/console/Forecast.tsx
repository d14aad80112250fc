import { useEffect, useMemo } from "preact/hooks";
import type { Quote } from "../../../client/index.ts";
import { formatDuration } from "../format/duration.ts";
import { formatEct } from "../format/ect.ts";
import { significant } from "../format/significant.ts";
import { QuoteAsker } from "./askQuote.ts";
import { type Connected, pool } from "./connection.ts";
import { offerWords } from "./promiseWords.ts";
import type { Prepared } from "./submission.ts";

/** What the pool expects of a job: who could do it, how often, how long. Asked anew when terms or volunteers change. */
export function Forecast({ connected, ready }: { connected: Connected; ready: Prepared }) {
  const asker = useMemo(() => new QuoteAsker(connected.grid), [connected]);
  const { inputs, title: _, ...terms } = ready;
  const inputBytes = [...new Set(inputs)].reduce((sum, { length }) => sum + length, 0);
  const key = JSON.stringify([terms, inputBytes, pool.value?.workers], (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  // The key says all of them by value.
  useEffect(() => asker.ask(terms, inputBytes), [asker, key]);
  useEffect(() => () => asker.close(), [asker]);
  const asked = asker.asked.value;
  return (
    <div class="forecast" aria-live="polite">
      {asked.state === "asking" && <p class="soft small">Asking the pool who could compute it…</p>}
      {asked.state === "failed" && <p class="notice wrong small">{asked.why}</p>}
      {asked.state === "here" && <Rows quote={asked.quote} deadline={ready.deadlineSeconds} />}
    </div>
  );
}

function Rows({ quote, deadline }: { quote: Quote; deadline: number | undefined }) {
  const { redundancy, outlook, eta, usual, promise } = quote;
  const times = significant(redundancy.expected, 3);
  const newcomers = significant(redundancy.newcomers, 3);
  return (
    <>
      <dl class="pairs">
        <div>
          <dt>Volunteers that can do it</dt>
          <dd class="number">{outlook.eligible}</dd>
        </div>
        <div>
          <dt>Times each task is computed</dt>
          <dd class="number">{times}</dd>
        </div>
        {newcomers !== times && (
          <div class="part">
            <dt>if all were newcomers</dt>
            <dd class="number">{newcomers}</dd>
          </div>
        )}
        <div>
          <dt>Time, half of all such jobs</dt>
          <dd class="number">{eta ? formatDuration(eta.p50Ms) : "not known yet"}</dd>
        </div>
        {eta && (
          <div class="part">
            <dt>nine of ten</dt>
            <dd class="number">{formatDuration(eta.p90Ms)}</dd>
          </div>
        )}
        {usual && (
          <div>
            <dt>Usual price of a task</dt>
            <dd class="number">{priceRange(usual)}</dd>
          </div>
        )}
      </dl>
      {promise && deadline !== undefined && (
        <p class={`notice small ${promise.granted ? "good" : "warn"}`}>{offerWords(promise)}</p>
      )}
      <p class={`notice small ${outlook.state === "ready" ? "good" : "warn"}`}>{outlook.words}</p>
    </>
  );
}

function priceRange({ lowWei, highWei }: { lowWei: bigint; highWei: bigint }): string {
  const [low, high] = [formatEct(lowWei), formatEct(highWei)];
  return low === high ? `${low} ECT` : `${low}–${high} ECT`;
}
