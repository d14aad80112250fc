// `superedge watch` as a process of its own, against a chain and a relay's data over HTTP.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rpcHandler } from "../../relay/chain/rpc.ts";
import { type Part, walletOf } from "../settlement/world.ts";
import { LyingPool } from "../watch/lyingPool.ts";

const MAIN = join(import.meta.dirname, "../../tools/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "superedge-"));
const deployment = join(folder, "contracts.json");
const keyFile = join(folder, "key");
const { privateKey } = walletOf("challenger");
const right: Part[] = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));
const server = Fastify();
let pool: LyingPool;
let url: string;

beforeAll(async () => {
  pool = await LyingPool.open();
  const handle = rpcHandler(pool.world.chain);
  server.post("/chain", async (request) => handle(request.body));
  server.get<{ Params: { number: string } }>("/api/epochs/:number/data", async (request, reply) =>
    reply
      .header("content-type", "application/octet-stream")
      .send(Buffer.from(pool.published.get(+request.params.number)!)),
  );
  url = await server.listen({ host: "127.0.0.1", port: 0 });
  writeFileSync(deployment, JSON.stringify(pool.world.addresses));
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
});
afterAll(async () => {
  await server.close();
  await pool.world.close();
});

const start = (args: string[], env: Record<string, string> = {}) =>
  spawn(process.execPath, [MAIN, "watch", ...args], { env: { ...process.env, ...env } });

describe("superedge watch", () => {
  it("proves a lie over HTTP, keeps the data, ends when asked to, and prints no key", async () => {
    const told = await pool.publish({ 1: right });
    const keep = join(folder, "kept");
    const chain = ["--rpc", `${url}/chain`, "--deployment", deployment, "--relay", url];
    const child = start([...chain, "--keep", keep, "--key", keyFile, "--poll-seconds", "1", "--idle-seconds", "1"]);
    const lines: string[] = [];
    child.stderr.on("data", (text) => lines.push(String(text)));
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.includes("proved: void")) child.kill("SIGTERM");
    }
    expect(await pool.chain.stateOf(told.posting), lines.join("\n")).toBe("voided");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
    expect(lines.join("\n")).not.toContain(privateKey.slice(2, 12));
    expect(readdirSync(keep)).toHaveLength(2);
    expect(lines[0]).toContain(`challenging as ${walletOf("challenger").address}`);
  });

  it("says what is wrong, in one sentence, and never prints a key", async () => {
    const rpc = ["--rpc", `${url}/chain`];
    const cases: [string[], Record<string, string>, RegExp, number][] = [
      [[], {}, /--rpc: expected an http or https URL, found none/, 2],
      [[...rpc, privateKey], {}, /expected options only/, 2],
      [rpc, {}, /expected --deployment FILE or --relay URL, found neither/, 2],
      [[...rpc, "--relay", "ftp://x"], {}, /--relay: expected an http or https URL/, 2],
      [[...rpc, "--deployment", keyFile], {}, /--deployment: expected a file with the addresses/, 2],
      [[...rpc, "--deployment", deployment, "--key", privateKey], {}, /found none that can be read/, 2],
      [[...rpc, "--deployment", deployment], { SUPEREDGE_WATCH_KEY: "0x12" }, /expected a private key in hex/, 2],
      [[...rpc, "--deployment", deployment, "--poll-seconds", "0"], {}, /--poll-seconds: expected a whole number/, 2],
      [["--rpc", "http://127.0.0.1:9", "--deployment", deployment], {}, /expected a chain that answers/, 1],
    ];
    for (const [args, env, says, status] of cases) {
      const child = start(args, env);
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (data) => {
          text += data;
        });
      const [code] = await once(child, "close");
      expect(text).toMatch(says);
      expect(code).toBe(status);
      expect(text).not.toContain(privateKey.slice(2, 12));
    }
    expect(existsSync(keyFile)).toBe(true);
  });
});
