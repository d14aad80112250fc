import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { JobId } from "../../protocol/ids.ts";
import { SettlementTables } from "../../relay/settlement/tables.ts";
import { Store } from "../../relay/store/store.ts";
import { noteUnpaid } from "../../relay/unsettled.ts";

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "superedge-store-"));
  store = new Store(join(folder, "relay.db"), (error) => {
    throw error;
  });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const certify = (job: number, task: number, atMs: number) =>
  store.certified.insert({
    job,
    task,
    digest: new Uint8Array(32),
    output: new Uint8Array(9),
    outputCid: null,
    belief: null,
    atMs,
  });

it("what waits for settlement comes by job and task, without the outputs", () => {
  certify(2, 0, 10);
  certify(1, 5, 20);
  certify(1, 2, 30);
  const digest = new Uint8Array(32);
  expect(store.certified.unsettled(2)).toEqual([
    { job: 1, task: 2, digest },
    { job: 1, task: 5, digest },
  ]);
});

it("the one that has waited longest says since when, whatever its job", () => {
  expect(store.certified.oldestUnsettledMs()).toBeUndefined();
  certify(1, 0, 30);
  certify(7, 9, 10);
  certify(3, 1, 20);
  expect(store.certified.oldestUnsettledMs()).toBe(10);
  store.db.prepare("update certified set epoch = 0 where job = 7").run();
  expect(store.certified.oldestUnsettledMs()).toBe(20);
});

it("neither look-up reads the whole table", () => {
  for (const sql of [
    "select job, task, digest from certified where epoch is null order by job, task limit 5",
    "select min(atMs) as atMs from certified where epoch is null",
  ]) {
    const plan = store.db.prepare(`explain query plan ${sql}`).all();
    expect(plan.map(({ detail }) => String(detail)).join()).toMatch(/^(SCAN|SEARCH) certified USING (COVERING )?INDEX/);
  }
});

it("what a closed deal left waits no more, unless an epoch under way pays for it", () => {
  const id = "0x0d" as JobId;
  new SettlementTables(store.db);
  store.db.exec(`
    insert into settlement_epoch(id, state, roots, previous, deals, data, builtAt) values(1, 'posted', '', '', '', x'', 0);
    insert into settlement_task(deal, task, epoch) values('${id}', 1, 1)`);
  for (const task of [0, 1]) certify(1, task, 10);
  certify(2, 0, 20);
  noteUnpaid(store, { n: 1, id });
  expect(store.certified.unsettled(9).map(({ job, task }) => [job, task])).toEqual([
    [1, 1],
    [2, 0],
  ]);
});
