import type { Deposit } from "../../../client/index.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { balances, type Connected, pool } from "./connection.ts";
import type { Draft } from "./draft.ts";
import { Forecast } from "./Forecast.tsx";
import { hashOf } from "./route.ts";
import { type Step, submission, submitJob } from "./submission.ts";

/** What it will take and cost, and the button. */
export function Review({ connected, draft }: { connected: Connected; draft: Draft }) {
  const deposit = draft.deposit.value;
  const ready = draft.ready.value;
  const running = submission.value.state === "running";
  const submit = async () => {
    if (!ready.ok) return;
    const job = await submitJob(connected, ready.value);
    if (job) location.hash = hashOf(job.id);
  };
  return (
    <section class="panel review" aria-labelledby="review-title">
      <h2 id="review-title">Review</h2>
      {deposit.ok ? <DepositRows deposit={deposit.value} /> : <p class="notice">{deposit.why}</p>}
      {deposit.ok && ready.ok && <Forecast connected={connected} ready={ready.value} />}
      <button type="button" class="primary" onClick={submit} disabled={!deposit.ok || running}>
        {running ? "Submitting…" : "Submit the job"}
      </button>
      <Progress />
    </section>
  );
}

function DepositRows({ deposit }: { deposit: Deposit }) {
  const { tasks, depositWei, workersWei, poolWei, burnedWei } = deposit;
  return (
    <>
      <dl class="pairs">
        <div>
          <dt>Tasks</dt>
          <dd class="number">{formatCount(tasks)}</dd>
        </div>
        <div class="total">
          <dt>Deposit</dt>
          <dd class="number">{formatEct(depositWei)} ECT</dd>
        </div>
        <div class="part">
          <dt>to volunteers</dt>
          <dd class="number">{formatEct(workersWei)}</dd>
        </div>
        <div class="part">
          <dt>to the pool</dt>
          <dd class="number">{formatEct(poolWei)}</dd>
        </div>
        <div class="part">
          <dt>burned</dt>
          <dd class="number">{formatEct(burnedWei)}</dd>
        </div>
      </dl>
      <p class="soft small">What is not computed comes back.</p>
      <Means depositWei={depositWei} />
    </>
  );
}

/** Whether the money is there. */
function Means({ depositWei }: { depositWei: bigint }) {
  const held = balances.value;
  if (!held || held.walletWei + held.freeWei >= depositWei) return null;
  return (
    <p class={`notice small ${pool.value?.faucet ? "" : "warn"}`}>
      {pool.value?.faucet
        ? "Your account holds less than that; submitting asks the pool’s faucet for a starting balance first."
        : `Your account holds ${formatEct(held.walletWei + held.freeWei)} ECT: too little.`}
    </p>
  );
}

function Progress() {
  const state = submission.value;
  return (
    <div role="status" class="submit-progress">
      {state.state !== "none" && (
        <ol class="steps small">
          {state.steps.map((step, at) => (
            <li key={`${at} ${step.words}`} class={step.state}>
              <span aria-hidden="true">{MARK[step.state]}</span> {step.words}
              <span class="visually-hidden">: {step.state}</span>
            </li>
          ))}
        </ol>
      )}
      {state.state === "failed" && <p class="notice wrong">{state.why}</p>}
    </div>
  );
}

const MARK: Record<Step["state"], string> = { running: "…", done: "✓", failed: "✗" };
