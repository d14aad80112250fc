// Connected workers by owner, so that one can be drawn at random: every owner alike, however many machines it has and
// however often they ask.
import type { Address } from "../../protocol/ids.ts";
import type { Worker } from "./state.ts";

export class Roll {
  readonly #owners: Address[] = [];
  readonly #places = new Map<Address, number>();
  readonly #workers = new Map<Address, Worker[]>();

  /** Owners with a connected worker. */
  get owners(): number {
    return this.#owners.length;
  }

  add(worker: Worker): void {
    const { owner } = worker;
    const known = this.#workers.get(owner);
    if (known) {
      if (!known.includes(worker)) known.push(worker);
      return;
    }
    this.#workers.set(owner, [worker]);
    this.#places.set(owner, this.#owners.length);
    this.#owners.push(owner);
  }

  delete(worker: Worker): void {
    const { owner } = worker;
    const known = this.#workers.get(owner);
    const at = known?.indexOf(worker) ?? -1;
    if (!known || at < 0) return;
    known.splice(at, 1);
    if (known.length > 0) return;
    this.#workers.delete(owner);
    const place = this.#places.get(owner)!;
    this.#places.delete(owner);
    const last = this.#owners.pop()!;
    if (last === owner) return;
    this.#owners[place] = last;
    this.#places.set(last, place);
  }

  /** `random`: uniform in [0, 1). */
  draw(random: () => number): Worker | undefined {
    const owner = this.#owners[Math.floor(random() * this.#owners.length)];
    const workers = owner && this.#workers.get(owner);
    return workers ? workers[Math.floor(random() * workers.length)] : undefined;
  }
}
