import { useEffect, useState } from "preact/hooks";
import type { Law, TaskView } from "../../../protocol/api.ts";
import { type JobId, toAddress } from "../../../protocol/ids.ts";
import { hashOf } from "../explorer/route.ts";
import { counted, formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { shortName } from "../format/shortName.ts";
import { significant } from "../format/significant.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { ScrollBox } from "../results/ScrollBox.tsx";
import { beliefWords, percent } from "./beliefWords.ts";
import { pool } from "./connection.ts";
import { ReceiptCheck } from "./ReceiptCheck.tsx";
import { STATE_WORDS } from "./taskField.ts";
import type { JobWatch } from "./watchJob.ts";

type Asked = { state: "asking" } | { state: "here"; task: TaskView } | { state: "failed"; why: string };

/** Who computed one task, whether they agree, and its receipt. */
export function TaskDetail({ watch, index, version }: { watch: JobWatch; index: number; version: number }) {
  const [asked, setAsked] = useState<Asked>({ state: "asking" });
  // A new version means that the task may have changed.
  useEffect(() => {
    let stale = false;
    watch.task(index).then(
      (task) => !stale && task && setAsked({ state: "here", task }),
      (error: unknown) => !stale && setAsked({ state: "failed", why: wordsOf(error) }),
    );
    return () => {
      stale = true;
    };
  }, [watch, index, version]);
  return (
    <section class="task-detail" aria-labelledby="task-title">
      <h3 id="task-title">Task {formatCount(index)}</h3>
      {asked.state === "failed" && <p class="notice wrong">{asked.why}</p>}
      {asked.state === "here" && asked.task.index === index && <Task watch={watch} task={asked.task} />}
    </section>
  );
}

function Task({ watch, task }: { watch: JobWatch; task: TaskView }) {
  const law = task.belief?.law;
  return (
    <>
      <p>
        <strong>{capital(STATE_WORDS[task.state])}.</strong> {counted(task.count, "item")} from{" "}
        {formatCount(task.first)}
        {task.digest && (
          <>
            , digest <code title={task.digest}>{shortName(task.digest)}</code>
          </>
        )}
        {task.epoch !== undefined && <InEpoch job={watch.job.id} index={task.index} epoch={task.epoch} />}.
      </p>
      {task.contributions.length > 0 ? (
        <ScrollBox label="Contributions">
          <table>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Result</th>
                {law && (
                  <th scope="col" class="number">
                    {law === "pool" ? "Believed by itself" : "Weight"}
                  </th>
                )}
                {law === "pool" && (
                  <th scope="col" class="number">
                    Checks passed
                  </th>
                )}
                <th scope="col" class="number">
                  Reward, ECT
                </th>
              </tr>
            </thead>
            <tbody>
              {task.contributions.map((contribution, at) => (
                <tr key={`${at} ${contribution.worker}`}>
                  <td>
                    <code title={contribution.worker}>{shortName(contribution.worker)}</code>
                  </td>
                  <td>
                    <Verdict contribution={contribution} />
                  </td>
                  {law && <td class="number">{standing(law, contribution)}</td>}
                  {law === "pool" && (
                    <td class="number">
                      {contribution.checks === undefined ? "–" : significant(contribution.checks, 3)}
                    </td>
                  )}
                  <td class="number">
                    {contribution.rewardWei === undefined ? "–" : formatEct(BigInt(contribution.rewardWei))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      ) : (
        <p class="soft">Nobody has it yet.</p>
      )}
      {task.belief && (
        <p>
          <strong>Why it is believed.</strong> {beliefWords(task.belief)}
        </p>
      )}
      {task.firstDifference && <Difference difference={task.firstDifference} />}
      {task.state === "certified" && <ReceiptCheck key={task.index} job={watch.job} index={task.index} />}
    </>
  );
}

/** Where the settlement of the task can be looked at. */
function InEpoch({ job, index, epoch }: { job: JobId; index: number; epoch: number }) {
  if (!pool.value) return <>, in epoch {epoch}</>;
  const route = { view: "task", pool: toAddress(pool.value.pool), epoch, deal: job, task: index } as const;
  return (
    <>
      , settled in <a href={`/explorer/${hashOf(route)}`}>epoch {formatCount(epoch)}</a>
    </>
  );
}

/** As the law saw it when the task was decided. */
function standing(law: Law, { weight, credibility }: TaskView["contributions"][number]): string {
  const figure = law === "pool" ? credibility : weight;
  if (figure === undefined) return "–";
  return law === "pool" ? percent(figure) : formatCount(figure);
}

/** What each volunteer had where their results first differ. */
function Difference({ difference }: { difference: TaskView["firstDifference"] & object }) {
  const { item, offsetBytes, workers } = difference;
  return (
    <div class="difference">
      <p>
        <strong>Where results first differ.</strong> Item {formatCount(item)}
        {offsetBytes > 0 && `, from its byte ${formatCount(offsetBytes)}`}:
      </p>
      <dl class="pairs">
        {workers.map(({ worker, bytesHex }) => (
          <div key={worker}>
            <dt>
              <code title={worker}>{shortName(worker)}</code>
            </dt>
            <dd>
              <code>{bytesHex.replace(/(..)(?=.)/g, "$1 ")}</code>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Verdict({ contribution }: { contribution: TaskView["contributions"][number] }) {
  if (contribution.agrees === true) return <span class="agrees">✓ agrees</span>;
  if (contribution.agrees === false) return <span class="differs">✗ differs</span>;
  switch (contribution.state) {
    case "leased":
      return <span>computing</span>;
    case "committed":
      return <span>committed</span>;
    case "revealed":
      return <span>revealed, being compared</span>;
    case "lapsed":
      return <span class="soft">lapsed: not counted, not held against it</span>;
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
