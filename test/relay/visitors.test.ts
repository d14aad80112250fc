import { EventEmitter } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { Crowd } from "../../relay/visitors.ts";
import { soon } from "../soon.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay, type TestRelayOptions } from "./testRelay.ts";

let grid: TestRelay;
/** One that believes what a proxy on this machine says of where requests come from. */
async function open(options: TestRelayOptions = {}): Promise<void> {
  grid = await openTestRelay({ trustedProxies: ["127.0.0.1"], ...options });
  onTestFinished(() => grid.close());
}

/** Through a proxy that the relay trusts, from that address. */
const from = (ip: string, path: string, init: RequestInit = {}) =>
  fetch(`${grid.url}${path}`, { ...init, headers: { "x-forwarded-for": ip } });

describe("HTTP requests", () => {
  it("above so many a minute of one address are refused, and nobody else's", async () => {
    await open({ requestsPerMinute: 10 });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await from("203.0.113.7", "/api/pool")).status);
    expect(statuses).toEqual([...new Array(10).fill(200), 429, 429]);
    const refused = await from("203.0.113.7", "/api/pool");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(await refused.json()).toEqual({
      error: { code: "too-many", message: expect.stringMatching(/^expected at most 10 requests a minute/) },
    });
    expect((await from("203.0.113.8", "/api/pool")).status).toBe(200);
    // The relay's own machine is not limited: its address is not forwarded.
    for (let i = 0; i < 12; i++) expect((await fetch(`${grid.url}/api/pool`)).status).toBe(200);
  });

  it("of one network are those of one address", async () => {
    await open({ requestsPerMinute: 3 });
    const statuses = [];
    for (const end of ["1", "2", "ffff:1", "3"])
      statuses.push((await from(`2001:db8:1:2::${end}`, "/api/pool")).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await from("2001:db8:1:3::1", "/api/pool")).status).toBe(200);
  });
});

describe("event streams", () => {
  it("are bounded by address, and one that ends makes room", async () => {
    await open();
    const app = await grid.publish(squares, await compileSquares());
    const { job } = await grid.submit(specOf(app));
    const path = `/api/jobs/${job}/results`;
    const streams = [];
    for (let i = 0; i < 64; i++) {
      const leave = new AbortController();
      expect((await from("203.0.113.7", path, { signal: leave.signal })).status).toBe(200);
      streams.push(leave);
    }
    const refused = await from("203.0.113.7", path);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: "too-many" } });
    const other = new AbortController();
    expect((await from("203.0.113.8", path, { signal: other.signal })).status).toBe(200);
    streams.pop()!.abort();
    await soon(async () => {
      const leave = new AbortController();
      const { status } = await from("203.0.113.7", path, { signal: leave.signal });
      leave.abort();
      expect(status).toBe(200);
    });
    for (const leave of [...streams, other]) leave.abort();
  });

  it("are bounded in all", () => {
    const crowd = new Crowd(2, 3);
    const enter = (ip: string) => {
      const connection = new EventEmitter();
      return { is: crowd.admit(ip, connection), connection };
    };
    const first = enter("203.0.113.1");
    expect([first.is, enter("203.0.113.1").is, enter("203.0.113.1").is]).toEqual([true, true, false]);
    expect([enter("203.0.113.2").is, enter("127.0.0.1").is]).toEqual([true, false]);
    first.connection.emit("close");
    expect([enter("203.0.113.1").is, enter("203.0.113.2").is]).toEqual([true, false]);
  });
});
