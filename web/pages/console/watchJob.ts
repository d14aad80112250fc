// A job as it happens: its view, the state of every task, and the output filling up, each part checked before it counts.
import { type Signal, signal } from "@preact/signals";
import type { Grid, Job, JobEvent, PublishedApp, Result } from "../../../client/index.ts";
import type { JobView, TaskState, TaskView } from "../../../protocol/api.ts";
import { SuperEdgeError } from "../../../protocol/errors.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { noteJob } from "./connection.ts";

/** Up to here task states come from the relay's task views; beyond, only certified tasks are told apart. */
const MAX_POLLED_TASKS = 20_000;
/** Pause between two polls of task views, milliseconds. */
const POLL_EVERY_MS = 1_500;
/** Outputs are assembled in the page up to this size, bytes. */
const MAX_ASSEMBLED_BYTES = 256 * 1024 * 1024;

export interface Watched {
  app: PublishedApp;
  view: JobView;
}

export class JobWatch {
  readonly job: Job;
  readonly watched: Signal<Watched | undefined> = signal(undefined);
  /** Grows whenever task states or the output have changed. */
  readonly version: Signal<number> = signal(0);
  readonly problem: Signal<string> = signal("");
  /** While it runs its single tasks are for its requester only, and that is somebody else. */
  readonly hidden: Signal<boolean> = signal(false);
  /** Results refused because their bytes are not what the relay says. */
  readonly refused: Signal<string[]> = signal([]);
  /** The whole output, zero where a task is not certified yet; absent for one too large to hold. */
  output: Uint8Array<ArrayBuffer> | undefined;
  /** Per task, of the last result. */
  readonly results = new Map<number, Pick<Result, "digest" | "workers" | "rejected">>();
  readonly #grid: Grid;
  readonly #tasks = new Map<number, TaskView>();
  readonly #stop = new AbortController();
  #lastPollMs = Number.NEGATIVE_INFINITY;
  #frame = 0;

  constructor(grid: Grid, job: Job) {
    this.#grid = grid;
    this.job = job;
    this.#follow().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.problem.value = wordsOf(error);
    });
  }

  close(): void {
    this.#stop.abort();
    cancelAnimationFrame(this.#frame);
  }

  /** A property, to be handed on as it is. */
  readonly stateOf = (task: number): TaskState =>
    this.results.has(task) ? "certified" : (this.#tasks.get(task)?.state ?? "waiting");

  /** The relay's view of one task, asked for now. */
  async task(index: number): Promise<TaskView | undefined> {
    const [task] = await this.job.tasks(index, 1);
    if (task) this.#tasks.set(index, task);
    return task;
  }

  async poll(): Promise<void> {
    const watched = this.watched.value;
    if (!watched || watched.view.tasks > MAX_POLLED_TASKS) return;
    this.#lastPollMs = performance.now();
    try {
      for (const task of await this.job.tasks()) this.#tasks.set(task.index, task);
      this.hidden.value = false;
    } catch (error) {
      if (!(error instanceof SuperEdgeError && error.code === "not-yours")) throw error;
      this.hidden.value = true;
    }
    this.#changed();
  }

  async #follow(): Promise<void> {
    const view = await this.job.view();
    const app = await this.job.app();
    const bytes = view.spec.items * app.manifest.output.itemBytes;
    if (bytes <= MAX_ASSEMBLED_BYTES) this.output = new Uint8Array(bytes);
    this.watched.value = { app, view };
    await this.poll();
    for await (const event of this.job.events({ signal: this.#stop.signal })) await this.#take(event, app);
    await this.poll();
  }

  async #take(event: JobEvent, app: PublishedApp): Promise<void> {
    if (event.type !== "certified") {
      this.watched.value = { app, view: event.view };
      noteJob(event.view);
      if (performance.now() - this.#lastPollMs > POLL_EVERY_MS) await this.poll();
      return;
    }
    try {
      const result = await this.job.check(event, this.#stop.signal);
      const { itemBytes } = app.manifest.output;
      this.output?.set(result.output, result.first * itemBytes);
      this.results.set(result.index, { digest: result.digest, workers: result.workers, rejected: result.rejected });
    } catch (error) {
      if (!(error instanceof SuperEdgeError && error.code === "bad-output")) throw error;
      this.refused.value = [...this.refused.value, `Task ${event.certified.index}: ${error.message}`];
    }
    this.#changed();
  }

  /** The job's input blobs, checked against their names. */
  async inputs(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>[]> {
    const cids = this.watched.value?.view.spec.inputs ?? [];
    const blobs = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
    for (const cid of cids) if (!blobs.has(cid)) blobs.set(cid, this.#grid.download(cid, signal));
    return Promise.all(cids.map((cid) => blobs.get(cid)!));
  }

  /** Once a frame: hundreds of results may come in one. */
  #changed(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.version.value++;
    });
  }
}
