// What the explorer shows is in the address, so that a link to a pool, an epoch, a deal or one task can be kept and sent.
import { signal } from "@preact/signals";
import { type Address, type Bytes32, isAddress, isBytes32 } from "../../../protocol/ids.ts";

/** From the widest to one task; a `deal` without an epoch is shown as the chain has it. */
export type Route =
  | { view: "pools" }
  | { view: "pool"; pool: Address; page: number }
  | { view: "terms"; deal: Bytes32 }
  | { view: "epoch"; pool: Address; epoch: number; page: number }
  | { view: "deal"; pool: Address; epoch: number; deal: Bytes32; page: number }
  | { view: "task"; pool: Address; epoch: number; deal: Bytes32; task: number };

/** A part that is malformed is left out with all that is narrower. */
export function routeOf(hash: string): Route {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const pool = (parts.get("pool") ?? "").toLowerCase();
  const deal = (parts.get("deal") ?? "").toLowerCase();
  const epoch = whole(parts.get("epoch"));
  const task = whole(parts.get("task"));
  const page = whole(parts.get("page")) ?? 0;
  if (!isAddress(pool)) return isBytes32(deal) ? { view: "terms", deal } : { view: "pools" };
  if (epoch === undefined) return { view: "pool", pool, page };
  if (!isBytes32(deal)) return { view: "epoch", pool, epoch, page };
  if (task === undefined) return { view: "deal", pool, epoch, deal, page };
  return { view: "task", pool, epoch, deal, task };
}

export function hashOf(route: Route): string {
  const { view, ...parts } = route;
  const shown = Object.entries(parts).filter(([name, value]) => name !== "page" || value !== 0);
  return `#${new URLSearchParams(shown.map(([name, value]) => [name, String(value)]))}`;
}

const whole = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

export const shown = signal<Route>({ view: "pools" });

/** Follows the address bar. */
export function followAddress(): void {
  const read = () => {
    shown.value = routeOf(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}
