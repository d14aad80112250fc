// The console's one connection: to the pool that serves this page, with the key kept in this browser.
import { batch, signal } from "@preact/signals";
import { Wallet as Key } from "ethers";
import { type Balances, Grid, type PublishedApp } from "../../../client/index.ts";
import type { JobView, PoolView } from "../../../protocol/api.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { KeyStore } from "./keyStore.ts";

export interface Connected {
  state: "connected";
  grid: Grid;
  key: Key;
  address: string;
  store: KeyStore;
}

export type Connection = { state: "connecting" } | { state: "failed"; why: string } | Connected;

export const connection = signal<Connection>({ state: "connecting" });
export const pool = signal<PoolView | undefined>(undefined);
export const apps = signal<PublishedApp[] | undefined>(undefined);
export const balances = signal<Balances | undefined>(undefined);
/** This requester's jobs, newest first. */
export const jobs = signal<JobView[]>([]);

/** A newer view of a job than the list has. */
export function noteJob(view: JobView): void {
  jobs.value = jobs.value.map((job) => (job.job === view.job ? view : job));
}

/** How often pool, balances and the list of jobs are asked again while the page is visible, milliseconds. */
const REFRESH_MS = 4_000;

export async function connect(): Promise<void> {
  connection.value = { state: "connecting" };
  try {
    const [grid, store] = await Promise.all([Grid.connect(location.origin), KeyStore.open()]);
    const key = new Key(await store.keyOr(Key.createRandom().privateKey));
    const connected: Connected = { state: "connected", grid, key, address: key.address.toLowerCase(), store };
    await announcePaid(connected);
    await refresh(connected);
    apps.value = await grid.apps();
    connection.value = connected;
    keepFresh(connected);
  } catch (error) {
    connection.value = { state: "failed", why: wordsOf(error) };
  }
}

/** Deals that were paid when the page went away before the relay had said yes: nothing paid is forgotten. */
async function announcePaid({ grid, key, store }: Connected): Promise<void> {
  for (const submit of await store.unannounced())
    await grid.announce(submit, key).then(
      () => store.forget(submit.dealId),
      () => undefined, // stays on the list for the next visit
    );
}

export async function refresh({ grid, address }: Connected): Promise<void> {
  const [nextPool, nextBalances, nextJobs] = await Promise.all([
    grid.pool(),
    grid.balances(address),
    grid.jobs(address),
  ]);
  batch(() => {
    pool.value = nextPool;
    balances.value = nextBalances;
    jobs.value = nextJobs.sort((a, b) => b.createdMs - a.createdMs);
  });
}

function keepFresh(connected: Connected): void {
  let asking = false;
  const ask = () => {
    if (asking || document.hidden) return;
    asking = true;
    // A relay that does not answer now is asked again; what is shown stays.
    refresh(connected)
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  };
  setInterval(ask, REFRESH_MS);
  document.addEventListener("visibilitychange", ask);
}
