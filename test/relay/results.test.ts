// The result stream under readers that break off, or hardly read.
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobSpec } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { soon } from "../soon.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

/** 12 MiB as base64: more than sockets buffer for a reader that does not read. */
const LARGE = { items: 16_384 * 144, itemsPerTask: 16_384, replicas: 1, trust: 1 };
const TASKS = 32;

let grid: TestRelay;
let app: Cid;
beforeEach(async () => {
  grid = await openTestRelay();
  app = await grid.publish(squares, await compileSquares());
});
afterEach(() => grid.close());

async function finishedJob(change: Partial<JobSpec> = {}): Promise<string> {
  const { job } = await grid.submit(specOf(app, change));
  const volunteer = new NodeVolunteer(grid.url);
  await vi.waitFor(() => expect(grid.relay.loop.jobs.get(job as never)?.row.state).toBe("done"), { timeout: 30_000 });
  volunteer.close();
  return job;
}

describe("a result stream", () => {
  it("gives each task once, and goes on after the event a reader names", async () => {
    const job = await finishedJob({ replicas: 1, trust: 1 });
    const read = async (after: string) => {
      const headers: Record<string, string> = after ? { "last-event-id": after } : {};
      const text = await (await fetch(`${grid.url}/api/jobs/${job}/results`, { headers })).text();
      return [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    };
    const all = await read("");
    expect(all).toEqual(Array.from({ length: TASKS }, (_, i) => i + 1));
    expect(await read("10")).toEqual(all.slice(10));
    expect(await read(String(TASKS))).toEqual([]);
    for (const nonsense of ["-1", "1.5", "x", "9".repeat(30)]) expect(await read(nonsense)).toEqual(all);
  });

  it("ends with its reader, and leaves no listener behind", async () => {
    const { job } = await grid.submit(specOf(app));
    const { changes } = grid.relay.loop;
    const stop = new AbortController();
    await fetch(`${grid.url}/api/jobs/${job}/results`, { signal: stop.signal });
    expect(changes.listenerCount(`job:${job}`)).toBe(1);
    stop.abort();
    await soon(() => expect(changes.listenerCount(`job:${job}`)).toBe(0));
  });

  it("waits for a reader that reads nothing for a while, and then gives it everything", async () => {
    const job = await finishedJob(LARGE);
    const warned: Error[] = [];
    const onWarning = (warning: Error) => warned.push(warning);
    process.on("warning", onWarning);
    const { hostname, port } = new URL(grid.url);
    const reader = connect(Number(port), hostname).pause();
    reader.write(`GET /api/jobs/${job}/results HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    await soon(() => expect(grid.relay.loop.changes.listenerCount(`job:${job}`)).toBe(1));
    expect((await fetch(`${grid.url}/api/pool`)).status).toBe(200);
    let text = "";
    reader.on("data", (data) => {
      text += data.toString();
    });
    reader.resume();
    await once(reader, "close");
    process.off("warning", onWarning);
    expect(text.match(/^event: certified$/gm)).toHaveLength(LARGE.items / LARGE.itemsPerTask);
    expect(text.match(/^event: end$/gm)).toHaveLength(1);
    // Node warns of listeners that pile up.
    expect(warned).toEqual([]);
  });
});
