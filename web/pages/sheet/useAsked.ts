import { useEffect, useState } from "preact/hooks";
import { wordsOf } from "../format/wordsOf.ts";

export type Asked<T> = { state: "asking" } | { state: "here"; value: T } | { state: "failed"; why: string };

/**
 * What `ask` answers, asked again when `names` change, and every `everyMs` while the page is visible. What was here stays until
 * there is something newer, and a refusal while it is does not take it away.
 */
export function useAsked<T>(ask: () => Promise<T>, names: readonly unknown[], everyMs?: number): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({ state: "asking" });
  useEffect(() => {
    let stale = false;
    let busy = false;
    setAsked({ state: "asking" });
    const askNow = async () => {
      if (busy || document.hidden) return;
      busy = true;
      try {
        const value = await ask();
        if (!stale) setAsked({ state: "here", value });
      } catch (error) {
        if (!stale) setAsked((known) => (known.state === "here" ? known : { state: "failed", why: wordsOf(error) }));
      } finally {
        busy = false;
      }
    };
    void askNow();
    document.addEventListener("visibilitychange", askNow);
    const timer = everyMs === undefined ? undefined : setInterval(askNow, everyMs);
    return () => {
      stale = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", askNow);
    };
  }, names);
  return asked;
}
