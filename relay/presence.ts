// Who is connected, with what its page said last: from that and what the relay knows come the attributes that jobs'
// requirements are evaluated on. What the relay knows changes while a session lasts, so attributes are made anew in turn.
import { type Ad, type Attributes, machineAttributes } from "../protocol/ads.ts";
import type { Address } from "../protocol/ids.ts";
import { credibilityOf } from "./scheduler/credibility.ts";
import type { State, Worker } from "./scheduler/state.ts";

interface Present {
  ad: Ad;
  sinceMs: number;
}

/** What an ad makes of a worker in the scheduler. */
export interface Told {
  engines: ReadonlySet<string>;
  numericClass: string;
  attributes: Attributes;
}

export class Presence {
  readonly #pool: Address;
  readonly #here = new Map<Address, Present>();
  #turn: Iterator<Address> = [][Symbol.iterator]();

  constructor(pool: Address) {
    this.#pool = pool;
  }

  leave(worker: Address): void {
    this.#here.delete(worker);
  }

  /** `worker` as it will be in the scheduler, or is. */
  tell(worker: Worker, ad: Ad, { rules }: Pick<State, "rules">, nowMs: number): Told {
    const sinceMs = this.#here.get(worker.address)?.sinceMs ?? nowMs;
    this.#here.set(worker.address, { ad, sinceMs });
    return {
      engines: new Set(ad.engines),
      numericClass: ad.numericClass ?? "",
      attributes: machineAttributes(ad, {
        worker: worker.address,
        owner: worker.owner,
        pool: this.#pool,
        score: worker.score,
        credibility: credibilityOf(worker.standing, rules),
        sessionAgeSeconds: Math.floor((nowMs - sinceMs) / 1000),
      }),
    };
  }

  /** The next `most` of those here, in turn, whose attributes are no longer what they were. */
  *outdated(state: State, most: number, nowMs: number): Generator<{ worker: Address; told: Told }> {
    for (let i = 0; i < Math.min(most, this.#here.size); i++) {
      let next = this.#turn.next();
      if (next.done) {
        this.#turn = this.#here.keys();
        next = this.#turn.next();
        if (next.done) return;
      }
      const worker = state.workers.get(next.value);
      const present = this.#here.get(next.value);
      if (!worker?.connected || !present) continue;
      const told = this.tell(worker, present.ad, state, nowMs);
      if (!sameAttributes(worker.attributes, told.attributes)) yield { worker: worker.address, told };
    }
  }
}

/** Lists come from the same ad, so they are the same where they are the same object. */
function sameAttributes(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => a[name] === b[name]);
}
