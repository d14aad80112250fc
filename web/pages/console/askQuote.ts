// Keeps the pool's answer to a draft's terms up to date: asked a moment after the last change, one question at a time.
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Grid, Quote } from "../../../client/index.ts";
import { wordsOf } from "../format/wordsOf.ts";
import type { Prepared } from "./submission.ts";

export type Asked = { state: "asking" } | { state: "here"; quote: Quote } | { state: "failed"; why: string };

/** After the last key was pressed, milliseconds. */
const REST_MS = 250;

export class QuoteAsker {
  readonly #asked: Signal<Asked> = signal({ state: "asking" });
  readonly #grid: Grid;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  get asked(): ReadonlySignal<Asked> {
    return this.#asked;
  }

  /** What was asked before is no longer waited for. An answer stays shown until the next is there. */
  ask(terms: Omit<Prepared, "inputs">, inputBytes: number): void {
    this.close();
    this.#stop = new AbortController();
    const { signal: stopped } = this.#stop;
    this.#timer = setTimeout(async () => {
      try {
        const quote = await this.#grid.quote(terms, terms.priceWei, { inputBytes, signal: stopped });
        if (!stopped.aborted) this.#asked.value = { state: "here", quote };
      } catch (error) {
        if (!stopped.aborted) this.#asked.value = { state: "failed", why: wordsOf(error) };
      }
    }, REST_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }
}
