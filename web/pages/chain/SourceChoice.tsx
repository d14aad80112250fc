import { type Chain, connectChain, type Source, walletProvider } from "./chain.ts";

/** Whose word the page takes for the chain. */
export function SourceChoice({ connected }: { connected: Chain }) {
  const choose = (source: Source) => {
    if (source !== connected.source) void connectChain(source);
  };
  const hasWallet = walletProvider() !== undefined;
  return (
    <fieldset class="source">
      <legend>The chain is read through</legend>
      <label>
        <input type="radio" name="source" checked={connected.source === "relay"} onChange={() => choose("relay")} />
        the pool’s relay
      </label>
      <label>
        <input
          type="radio"
          name="source"
          checked={connected.source === "wallet"}
          disabled={!hasWallet}
          onChange={() => choose("wallet")}
        />
        your wallet{hasWallet ? "" : " (none in this browser)"}
      </label>
    </fieldset>
  );
}
