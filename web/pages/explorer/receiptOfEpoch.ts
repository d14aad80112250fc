// Whether a relay's receipt and what its epoch settled are about the same work.
import type { SettledTask } from "../../../protocol/epoch.ts";
import type { Bytes32 } from "../../../protocol/ids.ts";
import type { Check, Receipt } from "../../../protocol/receipt.ts";

/** `jobHash`: the deal's, on chain. */
export function receiptAgainstEpoch(receipt: Receipt, task: SettledTask, jobHash: Bytes32): Check[] {
  const settled = new Map(task.contributions.map((contribution) => [contribution.worker, contribution]));
  const isSame =
    receipt.contributions.length === settled.size &&
    receipt.contributions.every((claimed) => {
      const found = settled.get(claimed.worker);
      const names = ["digest", "salt", "agrees", "score", "position"] as const;
      return found?.batch.root === claimed.batch.root && names.every((name) => found[name] === claimed[name]);
    });
  return [
    {
      claim: "the receipt is of this task of this deal",
      ok: receipt.job === task.dealId && receipt.index === task.index && receipt.nonce === task.nonce,
    },
    { claim: "its job is the one that the deal on chain names", ok: receipt.jobHash === jobHash, found: jobHash },
    { claim: "its digest is the one that was settled", ok: receipt.digest === task.digest, found: task.digest },
    { claim: "its contributions are those that were settled", ok: isSame },
  ].map(({ found, ...check }) => (check.ok || found === undefined ? check : { ...check, found }));
}
