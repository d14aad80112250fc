import { useState } from "preact/hooks";
import { checkReceipt, type Job, type Receipt, type ReceiptChecks } from "../../../client/index.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { downloadJson } from "../results/download.ts";
import { CheckList } from "../sheet/CheckList.tsx";

type State =
  | { state: "unchecked" }
  | { state: "checking" }
  | { state: "checked"; receipt: Receipt; result: ReceiptChecks }
  | { state: "failed"; why: string };

/** Fetches a task's receipt and output and checks every claim here, with no server's help. */
export function ReceiptCheck({ job, index }: { job: Job; index: number }) {
  const [state, setState] = useState<State>({ state: "unchecked" });
  const check = async () => {
    setState({ state: "checking" });
    try {
      const [receipt, output] = await Promise.all([job.receipt(index), job.taskOutput(index)]);
      setState({ state: "checked", receipt, result: checkReceipt(receipt, output) });
    } catch (error) {
      setState({ state: "failed", why: wordsOf(error) });
    }
  };
  return (
    <div class="receipt">
      <div class="row">
        <button type="button" onClick={check} disabled={state.state === "checking"}>
          {state.state === "checking" ? "Checking…" : "Check the receipt here"}
        </button>
        {state.state === "checked" && (
          <button type="button" onClick={() => downloadJson(`receipt-${index}.json`, state.receipt)}>
            Download receipt
          </button>
        )}
      </div>
      <div role="status">
        {state.state === "failed" && <p class="notice wrong">The receipt could not be checked: {state.why}</p>}
        {state.state === "checked" && <Verdict result={state.result} />}
      </div>
      {state.state === "checked" && <CheckList checks={state.result.checks} />}
    </div>
  );
}

function Verdict({ result }: { result: ReceiptChecks }) {
  const wrong = result.checks.filter(({ ok }) => !ok).length;
  return result.ok ? (
    <p class="notice good">
      <strong>The receipt holds.</strong> All {result.checks.length} claims were checked in this page, from the
      signatures up.
    </p>
  ) : (
    <p class="notice wrong">
      <strong>The receipt does not hold.</strong> {wrong} of {result.checks.length} claims are false.
    </p>
  );
}
