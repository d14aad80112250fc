// Workers that asked and got nothing, cluster by cluster; those of one cluster in the order in which they asked.
import type { Cluster } from "./clusters.ts";
import type { Worker } from "./state.ts";

export class Waiting {
  readonly #clusters = new Set<Cluster>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Clusters in which somebody waits. */
  get clusters(): ReadonlySet<Cluster> {
    return this.#clusters;
  }

  has(worker: Worker): boolean {
    return worker.dispatch.cluster?.waiting.has(worker) ?? false;
  }

  /** The worker is connected; who waits already keeps its place. */
  add(worker: Worker): void {
    const { cluster } = worker.dispatch;
    if (!cluster || cluster.waiting.has(worker)) return;
    cluster.waiting.add(worker);
    this.#clusters.add(cluster);
    this.#size++;
  }

  delete(worker: Worker): void {
    const { cluster } = worker.dispatch;
    if (!cluster?.waiting.delete(worker)) return;
    this.#size--;
    if (cluster.waiting.size === 0) this.#clusters.delete(cluster);
  }

  /** To the end of its cluster's line. */
  requeue(worker: Worker): void {
    this.delete(worker);
    this.add(worker);
  }

  *values(): Generator<Worker> {
    for (const { waiting } of this.#clusters) yield* waiting;
  }

  [Symbol.iterator](): Generator<Worker> {
    return this.values();
  }
}
