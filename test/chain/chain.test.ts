import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BrowserProvider, Contract, JsonRpcProvider, parseEther } from "ethers";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { Chain } from "../../relay/chain/chain.ts";
import { deploy } from "../../relay/chain/deploy.ts";
import { Faucet } from "../../relay/chain/faucet.ts";
import { MAX_RPC_BATCH, rpcHandler } from "../../relay/chain/rpc.ts";
import { walletOf } from "../settlement/world.ts";

const treasury = walletOf("treasury");
const folder = () => mkdtempSync(join(tmpdir(), "superedge-"));
const open = (file: string, nowS?: () => number) =>
  Chain.open({ file, chainId: 31337, accounts: [toAddress(treasury.address)], ...(nowS && { nowS }) });
const providerOf = (chain: Chain) => new BrowserProvider(chain, undefined, { cacheTimeout: -1 });

const deployment = (chain: Chain, file: string) => ({
  deployer: treasury.connect(providerOf(chain)),
  file,
  treasury: toAddress(treasury.address),
  supplyWei: parseEther("1000"),
  windowSeconds: 60,
  unbondSeconds: 120,
  closeSeconds: 60,
});

describe("the embedded chain", () => {
  it("is the same after a restart, to the block hash", async () => {
    const file = join(folder(), "chain.db");
    const first = await open(file);
    const sender = treasury.connect(providerOf(first));
    for (let i = 0; i < 3; i++) await (await sender.sendTransaction({ to: walletOf("ann").address, value: 5n })).wait();
    await first.mine();
    const before = await first.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    await first.close();
    const second = await open(file);
    expect(second.replayedBlocks).toBe(4);
    expect(await second.request({ method: "eth_getBlockByNumber", params: ["latest", false] })).toEqual(before);
    await second.close();
  });

  it("refuses to go on from a log that replays to other hashes", async () => {
    const file = join(folder(), "chain.db");
    const chain = await open(file);
    await chain.mine();
    await chain.close();
    const db = new DatabaseSync(file);
    db.exec("update block set timeS = timeS + 1");
    db.close();
    await expect(open(file)).rejects.toThrow("block 1 replays to 0x");
  });

  it("executes what was on disk when it died before executing it, and forgets what is refused", async () => {
    const file = join(folder(), "chain.db");
    const chain = await open(file, () => 1_800_000_000);
    await chain.close();
    const raw = await treasury.signTransaction({
      to: walletOf("ann").address,
      value: 7n,
      nonce: 0,
      gasLimit: 21_000n,
      gasPrice: 10n ** 10n,
      chainId: 31337n,
    });
    const db = new DatabaseSync(file);
    db.exec("insert into block values (1, 1800000001, null)");
    const insert = db.prepare("insert into input values (1, ?, ?)");
    insert.run(0, Buffer.from("c0", "hex"));
    insert.run(1, Buffer.from(raw.slice(2), "hex"));
    db.close();
    for (let start = 0; start < 2; start++) {
      const again = await open(file, () => 1_800_000_002);
      expect(await providerOf(again).getBalance(walletOf("ann").address)).toBe(7n);
      await again.close();
    }
  });

  it("takes many transactions at once, also out of order, in few blocks", async () => {
    const chain = await open(":memory:");
    const provider = providerOf(chain);
    const { gasPrice } = await provider.getFeeData();
    const raws = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        treasury.signTransaction({
          to: walletOf("ann").address,
          value: 1n,
          nonce: i ^ 1,
          gasLimit: 21_000n,
          gasPrice: 2n * gasPrice!,
          chainId: 31337n,
        }),
      ),
    );
    await Promise.all(raws.map((raw) => chain.request({ method: "eth_sendRawTransaction", params: [raw] })));
    expect(await provider.getBalance(walletOf("ann").address)).toBe(50n);
    expect(await provider.getBlockNumber()).toBeLessThan(10);
    await chain.close();
  });

  it("lets time pass between blocks, and never back", async () => {
    let nowS = 1_800_000_000;
    const chain = await open(":memory:", () => nowS);
    const time = async () => (await providerOf(chain).getBlock("latest"))!.timestamp;
    await chain.mine();
    nowS += 3600;
    await chain.mine();
    expect(await time()).toBe(1_800_003_600);
    nowS -= 7200;
    await chain.mine();
    expect(await time()).toBe(1_800_003_600);
    await chain.close();
  });

  it("has the contracts once, however often they are deployed, and gives beginners gas and tokens", async () => {
    const file = join(folder(), "contracts.json");
    const chain = await open(":memory:");
    const addresses = await deploy(deployment(chain, file));
    const blocks = await providerOf(chain).getBlockNumber();
    expect(await deploy(deployment(chain, file))).toEqual(addresses);
    expect(await providerOf(chain).getBlockNumber()).toBe(blocks);

    const faucet = new Faucet(treasury.connect(providerOf(chain)), addresses.token);
    const names = ["ann", "bob", "cy"];
    await Promise.all(names.map((name) => faucet.give(toAddress(walletOf(name).address), 100n)));
    const token = new Contract(addresses.token, artifactOf("EdgeToken").abi, providerOf(chain));
    for (const name of names) {
      expect(await token.getFunction("balanceOf")(walletOf(name).address)).toBe(100n);
      expect(await providerOf(chain).getBalance(walletOf(name).address)).toBe(parseEther("1"));
    }
    await chain.close();
  });

  it("goes on with a deployment that died half-way", async () => {
    const file = join(folder(), "contracts.json");
    const chain = await open(":memory:");
    let left = 25; // calls, of about 40
    const dying = {
      request: async (call: { method: string; params?: readonly unknown[] }) => {
        if (left-- <= 0) throw new Error("died");
        return chain.request(call);
      },
    };
    const provider = new BrowserProvider(dying, undefined, { cacheTimeout: -1 });
    await expect(deploy({ ...deployment(chain, file), deployer: treasury.connect(provider) })).rejects.toThrow();
    provider.destroy();
    const deadBefore = await providerOf(chain).getBlockNumber();
    expect(deadBefore).toBeGreaterThan(0);
    // With a longer window, the Hub that is there would give bonds back too early.
    const { windowSeconds, unbondSeconds } = deployment(chain, file);
    const longer = { windowSeconds: 10 * unbondSeconds, unbondSeconds: 10 * unbondSeconds + windowSeconds };
    await expect(deploy({ ...deployment(chain, file), ...longer })).rejects.toThrow("expected the same");
    expect(await providerOf(chain).getBlockNumber()).toBe(deadBefore);
    const { challenges } = await deploy(deployment(chain, file));
    expect(await providerOf(chain).getCode(challenges)).not.toBe("0x");
    await chain.close();
  });
});

describe("its JSON-RPC", () => {
  it("serves ethers over HTTP, with the contracts' errors", async () => {
    const chain = await open(":memory:");
    const handler = rpcHandler(chain);
    const server = Fastify();
    server.post("/chain", async (request) => handler(request.body));
    const provider = new JsonRpcProvider(`${await server.listen({ port: 0 })}/chain`, undefined, { cacheTimeout: -1 });
    const addresses = await deploy(deployment(chain, join(folder(), "contracts.json")));
    const hub = new Contract(addresses.hub, artifactOf("Hub").abi, treasury.connect(provider));
    await expect(hub.getFunction("withdraw").staticCall(treasury.address, 1n)).rejects.toMatchObject({
      revert: { name: "NotEnough" },
    });
    await (await hub.getFunction("registerPool").send(77)).wait();
    expect((await hub.getFunction("poolOf")(treasury.address)).feeBps).toBe(77n);
    provider.destroy();
    await server.close();
    await chain.close();
  });

  it("answers whatever it is sent with an error, and no more than 100 calls at once", async () => {
    const chain = await open(":memory:");
    const answer = rpcHandler(chain);
    const call = (method: string, ...params: unknown[]) => ({ jsonrpc: "2.0", id: 1, method, params });
    const codes = async (body: unknown) => [await answer(body)].flat().map((one) => one.error?.code);
    expect(await codes(Array(MAX_RPC_BATCH).fill(call("eth_chainId")))).toEqual(Array(MAX_RPC_BATCH).fill(undefined));
    expect(await codes(Array(MAX_RPC_BATCH + 1).fill(call("eth_chainId")))).toEqual([-32600]);
    expect(await codes([])).toEqual([-32600]);
    for (const body of [null, 7, "x", {}, { jsonrpc: "1.0", id: 1, method: "eth_chainId" }, [[]]])
      expect(await codes(body)).toEqual([-32600]);
    for (const method of [
      "evm_mine",
      "evm_setNextBlockTimestamp",
      "hardhat_reset",
      "eth_sendTransaction",
      "eth_sign",
      "x",
    ])
      expect(await codes(call(method))).toEqual([-32601]);
    for (const raw of [undefined, 7, "", "0x", "0x0", "zz", `0x${"00".repeat(128 * 1024 + 1)}`])
      expect(await codes(call("eth_sendRawTransaction", raw))).toEqual([-32602]);
    expect(await codes(call("eth_sendRawTransaction", "0xc0"))).not.toEqual([undefined]);
    expect(await providerOf(chain).getBlockNumber()).toBe(0);
    await chain.close();
  });
});
