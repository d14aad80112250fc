import { ChainGate } from "../chain/ChainGate.tsx";
import type { Chain } from "../chain/chain.ts";
import { SourceChoice } from "../chain/SourceChoice.tsx";
import { Header } from "../header/Header.tsx";
import { Crumbs } from "./Crumbs.tsx";
import { EpochPages } from "./EpochPages.tsx";
import { PoolPage } from "./PoolPage.tsx";
import { PoolsPage } from "./PoolsPage.tsx";
import { type Route, shown } from "./route.ts";
import { TermsPage } from "./TermsPage.tsx";

/** Everything that was settled, from the pools down to one contribution, checked in this page. */
export function ExplorerPage() {
  const route = shown.value;
  return (
    <>
      <Header page="Explorer" />
      <main id="main" class="sheet" tabIndex={-1}>
        <Crumbs route={route} />
        <ChainGate>
          {(connected) => (
            <>
              <View connected={connected} route={route} />
              <SourceChoice connected={connected} />
            </>
          )}
        </ChainGate>
      </main>
    </>
  );
}

function View({ connected, route }: { connected: Chain; route: Route }) {
  switch (route.view) {
    case "pools":
      return <PoolsPage connected={connected} />;
    case "pool":
      return <PoolPage key={route.pool} connected={connected} route={route} />;
    case "terms":
      return <TermsPage key={route.deal} connected={connected} deal={route.deal} />;
    default:
      return <EpochPages key={`${route.pool} ${route.epoch}`} connected={connected} route={route} />;
  }
}
