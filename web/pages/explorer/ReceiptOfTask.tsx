import { useState } from "preact/hooks";
import { checkReceipt, type Receipt } from "../../../client/index.ts";
import type { SettledTask } from "../../../protocol/epoch.ts";
import { SuperEdgeError } from "../../../protocol/errors.ts";
import type { Bytes32 } from "../../../protocol/ids.ts";
import type { Check } from "../../../protocol/receipt.ts";
import type { Chain } from "../chain/chain.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { downloadJson } from "../results/download.ts";
import { CheckList } from "../sheet/CheckList.tsx";
import { receiptAgainstEpoch } from "./receiptOfEpoch.ts";

type State =
  | { state: "unchecked" | "checking" }
  | { state: "checked"; receipt: Receipt; checks: Check[] }
  | { state: "failed"; why: string };

interface Props {
  connected: Chain;
  task: SettledTask;
  jobHash: Bytes32;
}

/** The receipt that the requester was given, held to its own claims, to the result's bytes and to the epoch. */
export function ReceiptOfTask({ connected, task, jobHash }: Props) {
  const [state, setState] = useState<State>({ state: "unchecked" });
  const check = async () => {
    setState({ state: "checking" });
    try {
      const job = connected.grid.job(task.dealId);
      const [receipt, output] = await Promise.all([job.receipt(task.index), job.taskOutput(task.index)]);
      const { checks } = checkReceipt(receipt, output);
      setState({ state: "checked", receipt, checks: [...receiptAgainstEpoch(receipt, task, jobHash), ...checks] });
    } catch (error) {
      const isUnknown = error instanceof SuperEdgeError && error.code === "not-found";
      const why = isUnknown
        ? "this relay shows no receipt of it. It may be a check that the pool ordered from itself, or a task that a contract asked for."
        : wordsOf(error);
      setState({ state: "failed", why });
    }
  };
  return (
    <section class="panel" aria-labelledby="receipt-title">
      <h2 id="receipt-title">Receipt</h2>
      <p class="soft">What the requester holds: the same contributions with the pool’s acks, and the result’s bytes.</p>
      <div class="row">
        <button type="button" onClick={check} disabled={state.state === "checking"}>
          {state.state === "checking" ? "Checking…" : "Fetch and check the receipt"}
        </button>
        {state.state === "checked" && (
          <button type="button" onClick={() => downloadJson(`receipt-${task.index}.json`, state.receipt)}>
            Download receipt
          </button>
        )}
      </div>
      <div role="status">
        {state.state === "failed" && <p class="notice warn">The receipt could not be checked: {state.why}</p>}
        {state.state === "checked" && <Verdict checks={state.checks} />}
      </div>
      {state.state === "checked" && <CheckList checks={state.checks} />}
    </section>
  );
}

function Verdict({ checks }: { checks: readonly Check[] }) {
  const wrong = checks.filter(({ ok }) => !ok).length;
  return wrong === 0 ? (
    <p class="notice good">
      <strong>The receipt holds,</strong> and it is of the work that the epoch settled. {checks.length} claims were
      checked in this page.
    </p>
  ) : (
    <p class="notice wrong">
      <strong>The receipt does not hold.</strong> {wrong} of {checks.length} claims are false.
    </p>
  );
}
