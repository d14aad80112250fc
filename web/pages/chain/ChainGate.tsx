import type { ComponentChildren } from "preact";
import { type Chain, chain, connectChain } from "./chain.ts";

/** What a page shows of the chain, once there is a connection to it. */
export function ChainGate({ children }: { children: (connected: Chain) => ComponentChildren }) {
  const state = chain.value;
  switch (state.state) {
    case "connecting":
      return <p class="soft">Connecting to the pool…</p>;
    case "failed":
      return (
        <div class="notice wrong" role="alert">
          <p>The chain could not be reached: {state.why}.</p>
          <div class="row">
            <button type="button" onClick={() => connectChain(state.source)}>
              Try again
            </button>
            {state.source === "wallet" && (
              <button type="button" onClick={() => connectChain("relay")}>
                Read through the pool’s relay
              </button>
            )}
          </div>
        </div>
      );
    case "connected":
      return <>{children(state)}</>;
  }
}
