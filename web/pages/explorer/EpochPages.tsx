import { useEffect, useState } from "preact/hooks";
import type { Chain } from "../chain/chain.ts";
import { formatCount } from "../format/count.ts";
import { DealPage } from "./DealPage.tsx";
import { EpochPage } from "./EpochPage.tsx";
import { EpochBook } from "./epochBook.ts";
import type { Route } from "./route.ts";
import { TaskPage } from "./TaskPage.tsx";

export type InEpoch = Route & { view: "epoch" | "deal" | "task" };

const REFRESH_MS = 3_000;

/** An epoch, one of its deals, or one of its tasks: they share what was fetched and checked of the epoch. */
export function EpochPages({ connected, route }: { connected: Chain; route: InEpoch }) {
  const { pool, epoch } = route;
  const [book, setBook] = useState<EpochBook>();
  useEffect(() => {
    const next = new EpochBook(connected, pool, epoch);
    setBook(next);
    const timer = setInterval(() => {
      // A chain that does not answer now is asked again.
      if (!document.hidden) next.refresh().catch(() => undefined);
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      next.close();
    };
  }, [connected, pool, epoch]);
  if (!book) return null;
  const onChain = book.onChain.value;
  const problem = book.problem.value;
  if (problem)
    return (
      <article class="sheet-part">
        <h1>Epoch {formatCount(epoch)}</h1>
        <p class="notice wrong" role="alert">
          The epoch cannot be shown: {problem}
        </p>
      </article>
    );
  if (!onChain) return <p class="soft">Asking the chain for epoch {formatCount(epoch)}…</p>;
  switch (route.view) {
    case "epoch":
      return <EpochPage book={book} onChain={onChain} page={route.page} />;
    case "deal":
      return <DealPage book={book} onChain={onChain} deal={route.deal} page={route.page} />;
    case "task":
      return (
        <TaskPage
          key={`${route.deal} ${route.task}`}
          connected={connected}
          book={book}
          onChain={onChain}
          route={route}
        />
      );
  }
}
