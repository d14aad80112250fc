// `superedge deploy` against a chain that knows nothing of us, over HTTP.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { Chain } from "../../relay/chain/chain.ts";
import { rpcHandler } from "../../relay/chain/rpc.ts";

const MAIN = join(import.meta.dirname, "../../tools/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "superedge-"));
const wallet = Wallet.createRandom();
const poor = Wallet.createRandom();
const keyFile = join(folder, "key");
writeFileSync(keyFile, `${wallet.privateKey}\n`, { mode: 0o600 });
const server = Fastify();
let chain: Chain;
let rpc: string;

beforeAll(async () => {
  chain = await Chain.open({ file: ":memory:", chainId: 4242, accounts: [toAddress(wallet.address)] });
  const handle = rpcHandler(chain);
  server.post("/", async (request) => handle(request.body));
  rpc = await server.listen({ host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await server.close();
  await chain.close();
});

interface Ended {
  status: number | null;
  out: string;
  err: string;
}

const superedge = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, "deploy", ...args], { env: { ...process.env, ...env } });
    let out = "";
    let err = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.stderr.on("data", (data) => {
      err += data;
    });
    child.on("close", (status) => resolve({ status, out, err }));
  });

describe("superedge deploy", () => {
  it("puts the contracts on a chain, wired to each other, and does nothing the second time", async () => {
    const out = join(folder, "contracts.json");
    const args = ["--rpc", rpc, "--key", keyFile, "--out", out, "--window-seconds", "120", "--supply", "5000"];
    const first = await superedge(args);
    expect(first.status, first.err).toBe(0);
    const addresses = JSON.parse(first.out);
    expect(addresses.chainId).toBe(4242);
    expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject(addresses);

    const provider = new JsonRpcProvider(rpc);
    const token = new Contract(addresses.token, artifactOf("EdgeToken").abi, provider);
    expect(await token.getFunction("balanceOf")(wallet.address)).toBe(5_000n * 10n ** 18n);
    const hub = new Contract(addresses.hub, artifactOf("Hub").abi, provider);
    expect(toAddress(await hub.getFunction("token")())).toBe(addresses.token);
    expect(toAddress(await hub.getFunction("epochs")())).toBe(addresses.epochs);
    const epochs = new Contract(addresses.epochs, artifactOf("Epochs").abi, provider);
    expect(Number(await epochs.getFunction("windowSeconds")())).toBe(120);

    const sent = await provider.getTransactionCount(wallet.address);
    const second = await superedge(args);
    expect(second.status, second.err).toBe(0);
    expect(second.out).toBe(first.out);
    expect(await provider.getTransactionCount(wallet.address)).toBe(sent);
    provider.destroy();
  });

  it("says what is wrong, in one sentence, and never prints a key", async () => {
    const cases: [string[], Record<string, string>, RegExp, number][] = [
      [["--key", keyFile], {}, /--rpc: expected an http or https URL, found none/, 2],
      [["--rpc", rpc, poor.privateKey], {}, /expected options only/, 2],
      [["--rpc", rpc, "--key", poor.privateKey], {}, /found none that can be read/, 2],
      [["--rpc", rpc], { SUPEREDGE_DEPLOYER_KEY: "0x12" }, /expected a private key in hexadecimal/, 2],
      [["--rpc", rpc, "--key", join(folder, "none")], {}, /found none that can be read/, 2],
      [["--rpc", rpc, "--key", keyFile, "--window-seconds", "1.5"], {}, /expected a whole number above 0/, 2],
      [["--rpc", rpc, "--key", keyFile, "--treasury", "bob"], {}, /--treasury: expected an address/, 2],
      [["--rpc", "http://127.0.0.1:9", "--key", keyFile], {}, /expected a chain that answers at http:\/\/127/, 1],
      [["--rpc", rpc, "--out", join(folder, "p.json")], { SUPEREDGE_DEPLOYER_KEY: poor.privateKey }, /cannot pay/, 1],
      [["--rpc", rpc, "--out", join(folder, "p.json"), "--key", keyFile], {}, /is a plan of deployer 0x/, 1],
    ];
    // A key where the plan should be: what is there is not quoted.
    cases.push([
      ["--rpc", rpc, "--key", keyFile, "--out", keyFile],
      {},
      /expected .*key of this version's contracts/,
      1,
    ]);
    for (const [args, env, says, status] of cases) {
      const ended = await superedge(args, env);
      expect(ended.err).toMatch(says);
      expect(ended.status).toBe(status);
      expect(ended.err.length).toBeLessThan(1_000);
      for (const key of [wallet.privateKey, poor.privateKey, "0x12"]) expect(ended.err + ended.out).not.toContain(key);
      expect(ended.err + ended.out).not.toContain(wallet.privateKey.slice(0, 8));
    }
  });
});
