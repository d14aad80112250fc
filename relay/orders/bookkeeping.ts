// Keeps the book by itself: what the chain did, what other books have, what the pool fills.
import type { Logger } from "pino";
import type { Filler } from "./filler.ts";
import type { Mirror } from "./mirror.ts";
import type { Orders } from "./orders.ts";

/** How often the chain is looked at, milliseconds. */
const LOOK_MS = 1_000;
/** How often another relay's book is. */
const MIRROR_MS = 30_000;
/** After a failure. */
const RETRY_MS = 10_000;

export interface BookkeepingOptions {
  orders: Orders;
  mirrors: readonly Mirror[];
  filler: Filler | undefined;
  log: Logger;
}

export class Bookkeeping {
  readonly #o: BookkeepingOptions;
  readonly #loops: { look: () => Promise<void>; everyMs: number; nextMs: number; running?: Promise<void> }[];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BookkeepingOptions) {
    this.#o = options;
    const { orders, mirrors, filler } = options;
    const own = async () => {
      await orders.look();
      await filler?.look();
    };
    this.#loops = [
      { look: own, everyMs: LOOK_MS, nextMs: 0 },
      ...mirrors.map((mirror) => ({ look: () => mirror.look(), everyMs: MIRROR_MS, nextMs: 0 })),
    ];
  }

  begin(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#loops.map(({ running }) => running));
  }

  #look(): void {
    for (const loop of this.#loops) {
      if (loop.running || Date.now() < loop.nextMs) continue;
      loop.nextMs = Date.now() + loop.everyMs;
      loop.running = loop
        .look()
        .catch((error) => {
          loop.nextMs = Date.now() + RETRY_MS;
          this.#o.log.warn({ err: error }, "the order book could not be kept; trying again");
        })
        .finally(() => {
          delete loop.running;
        });
    }
  }
}
