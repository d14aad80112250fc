import type { ComponentChildren } from "preact";
import type { Asked } from "./useAsked.ts";

interface Props<T> {
  asked: Asked<T>;
  /** While it is on its way: `the pool’s epochs`. */
  what: string;
  children: (value: T) => ComponentChildren;
}

/** Something that was asked for: on its way, here, or why not. */
export function AskedView<T>({ asked, what, children }: Props<T>) {
  if (asked.state === "asking") return <p class="soft">Fetching {what}…</p>;
  if (asked.state === "failed")
    return (
      <p class="notice wrong" role="alert">
        {capital(what)} cannot be shown: {asked.why}
      </p>
    );
  return <>{children(asked.value)}</>;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
