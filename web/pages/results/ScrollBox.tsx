import type { ComponentChildren } from "preact";

/** A table that may be larger than its place: it scrolls, and can be focused so that the keyboard can scroll it too. */
export function ScrollBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll-box" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
