import { useState } from "preact/hooks";
import { toAddress } from "../../../protocol/ids.ts";
import { formatEct } from "../format/ect.ts";
import { shortName } from "../format/shortName.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { balances, type Connected, pool, refresh } from "./connection.ts";

/** The requester's key, what it holds, and where it is kept. */
export function Balance({ connected }: { connected: Connected }) {
  const held = balances.value;
  const [state, setState] = useState<"idle" | "asking" | string>("idle");
  const fund = () => {
    setState("asking");
    connected.grid
      .fund(toAddress(connected.address))
      .then(() => refresh(connected))
      .then(
        () => setState("idle"),
        (error: unknown) => setState(wordsOf(error)),
      );
  };
  return (
    <section class="panel balance" aria-labelledby="balance-title">
      <h2 id="balance-title">Your account</h2>
      <p class="small">
        <code title={connected.address}>{shortName(connected.address)}</code>
      </p>
      <dl class="pairs">
        <div>
          <dt>Wallet</dt>
          <dd class="number">{held ? formatEct(held.walletWei) : "…"} ECT</dd>
        </div>
        <div>
          <dt>Deposited, free</dt>
          <dd class="number">{held ? formatEct(held.freeWei) : "…"} ECT</dd>
        </div>
      </dl>
      {pool.value?.faucet && held && held.walletWei + held.freeWei === 0n && (
        <button type="button" onClick={fund} disabled={state === "asking"}>
          {state === "asking" ? "Asking the faucet…" : "Get a starting balance"}
        </button>
      )}
      {state !== "idle" && state !== "asking" && (
        <p class="notice wrong small" role="alert">
          {state}
        </p>
      )}
      <p class="soft small">
        This page made the key on your first visit and keeps it in this browser only. Clearing the site’s data loses it
        and what it holds.
      </p>
    </section>
  );
}
