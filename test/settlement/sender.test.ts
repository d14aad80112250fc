// One sender, its disk, and a chain that makes blocks when it likes.
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FaultyChain } from "../chain/faultyChain.ts";
import { World, walletOf } from "./world.ts";

let world: World<FaultyChain>;
beforeEach(async () => {
  world = await World.on((accounts, nowS) => FaultyChain.open(31337, accounts, nowS));
});
afterEach(() => world.close());

const wait = async () => {
  throw new Error("killed");
};
const sent = () => world.provider.getTransactionCount(walletOf("pool").address);

it("takes a transaction that is mined while it is asked about for mined, and sends no second", async () => {
  const db = new DatabaseSync(":memory:");
  let made = 0;
  const call = () => {
    made++;
    return { to: world.address("stranger"), data: "0x" };
  };
  const before = await sent();
  world.chain.automatic = false;
  await expect(world.settler({ db, wait }).sender.send("step", call)).rejects.toThrow("killed");
  let asked = 0;
  world.chain.intercept = async ({ method }) => {
    const isAbout = method === "eth_getTransactionReceipt" || method === "eth_getTransactionCount";
    if (isAbout && ++asked === 2) await world.chain.mine();
    return undefined;
  };
  const receipt = await world.settler({ db, wait }).sender.send("step", call);
  expect(receipt.status).toBe(1);
  expect(made).toBe(1);
  expect(await sent()).toBe(before + 1);
});

it("makes a call anew whose nonce went to another transaction of the same key", async () => {
  const db = new DatabaseSync(":memory:");
  const call = () => ({ to: world.address("stranger"), data: "0x" });
  world.chain.automatic = false;
  await expect(world.settler({ db, wait }).sender.send("step", call)).rejects.toThrow("killed");
  const [hash] = await world.chain.waiting();
  await world.chain.drop(hash!);
  world.chain.automatic = true;
  const before = await sent();
  await (
    await walletOf("pool")
      .connect(world.provider)
      .sendTransaction({ to: world.address("requester"), value: 1n })
  ).wait();
  const receipt = await world.settler({ db, wait }).sender.send("step", call);
  expect(receipt.to?.toLowerCase()).toBe(world.address("stranger"));
  expect(await sent()).toBe(before + 2);
});

it("sends again what a node has dropped, and what a reorganisation has undone: the same transaction", async () => {
  const db = new DatabaseSync(":memory:");
  const call = () => ({ to: world.address("stranger"), data: "0x" });
  world.chain.automatic = false;
  await expect(world.settler({ db, wait }).sender.send("step", call)).rejects.toThrow("killed");
  const [hash] = await world.chain.waiting();
  await world.chain.drop(hash!);
  world.chain.automatic = true;
  expect((await world.settler({ db, wait }).sender.send("step", call)).hash).toBe(hash);
  await world.chain.reorganise(1);
  expect(await world.provider.getTransactionReceipt(hash!)).toBeNull();
  expect((await world.settler({ db, wait }).sender.send("step", call)).hash).toBe(hash);
});
