// Turns a job's growing output into what a view shows, no more often than the machine can bear.
import { type Signal, signal } from "@preact/signals";
import type { PublishedApp } from "../../../client/index.ts";
import type { Builtin, PreparedJob, Presentation } from "../../../kernels/builtin.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { builtinOf } from "./builtins.ts";
import type { JobWatch } from "./watchJob.ts";

export type Shown =
  | { state: "waiting" }
  | { state: "raw"; bytes: number; items: number; type: string }
  | { state: "shown"; presentation: Presentation; version: number }
  | { state: "failed"; why: string };

/** Rest between two presentations, milliseconds, and as a multiple of what the last one took. */
const REST_MS = 200;
const REST_FACTOR = 4;

export class Presenter {
  readonly shown: Signal<Shown> = signal({ state: "waiting" });
  readonly #watch: JobWatch;
  readonly #builtin: Builtin | undefined;
  readonly #stop = new AbortController();
  #job: PreparedJob | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBeforeMs = 0;
  #version = 0;

  constructor(watch: JobWatch, app: PublishedApp) {
    this.#watch = watch;
    this.#builtin = builtinOf(app);
    const spec = watch.watched.value?.view.spec;
    if (!spec) return;
    if (!this.#builtin || !watch.output) {
      const { type, itemBytes } = app.manifest.output;
      this.shown.value = { state: "raw", bytes: spec.items * itemBytes, items: spec.items, type };
      return;
    }
    // Labels are read from the job's own inputs, so that a reload, or another machine, shows the same.
    watch.inputs(this.#stop.signal).then(
      (inputs) => {
        this.#job = { params: spec.params, inputs, items: spec.items };
        this.refresh();
      },
      (error: unknown) => {
        if (!this.#stop.signal.aborted) this.shown.value = { state: "failed", why: wordsOf(error) };
      },
    );
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** There may be more to show. */
  refresh(): void {
    if (!this.#job || this.#timer !== undefined) return;
    const inMs = Math.max(0, this.#notBeforeMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#present();
    }, inMs);
  }

  #present(): void {
    const { output, results } = this.#watch;
    const spec = this.#watch.watched.value?.view.spec;
    if (!this.#builtin || !this.#job || !output || !spec || results.size === 0) return;
    const startedMs = performance.now();
    try {
      const isKnown = (item: number) => results.has(Math.floor(item / spec.itemsPerTask));
      const presentation = this.#builtin.present(this.#job, output, isKnown);
      this.shown.value = { state: "shown", presentation, version: ++this.#version };
    } catch (error) {
      this.shown.value = { state: "failed", why: wordsOf(error) };
    }
    const endedMs = performance.now();
    this.#notBeforeMs = endedMs + Math.max(REST_MS, REST_FACTOR * (endedMs - startedMs));
  }
}
