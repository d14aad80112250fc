import { type Contract, keccak256, randomBytes } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bytes32 } from "../../protocol/ids.ts";
import { ECT, World, walletOf } from "../settlement/world.ts";
import {
  certifyCall,
  deployExample,
  encodeRequest,
  requestOf,
  revealCall,
  type TaskRequest,
  taskIn,
} from "./taskWorld.ts";

const RIGHT = Uint8Array.from([1, 2, 3, 4]);
const WRONG = Uint8Array.from([1, 2, 3, 5]);

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const scoreOf = (worker: string) => world.contracts.score(world.address(worker));

async function ask(request: TaskRequest): Promise<Bytes32> {
  await world.deposit("requester", request.priceWei);
  const tasks = world.contract("tasks").connect(walletOf("requester").connect(world.provider)) as Contract;
  const sent = await tasks.getFunction("request").send(request);
  await sent.wait();
  return taskIn(world, sent.hash);
}

describe("a task asked for by a contract", () => {
  it("is decided by what volunteers signed on their pages, and the contract acts on it", async () => {
    const request = requestOf(world, { callbackGas: 150_000 });
    const { interface: tasks } = world.contract("tasks");
    const [ann, bob] = [walletOf("requester"), walletOf("stranger")];
    const terms = [ann.address, bob.address, 5n * ECT, keccak256(encodeRequest(tasks, request))];
    const bet = await deployExample(world, "examples/Bet", world.addresses.tasks, ...terms);
    const betAt = await bet.getAddress();
    await world.send("requester", "token", "approve", betAt, 6n * ECT);
    await world.send("stranger", "token", "approve", betAt, 5n * ECT);
    const balance = async (name: string) => (await world.contracts.balances(world.address(name))).tokenWei;
    const before = await balance("requester");
    const asked = await bet.getFunction("ask")(request);
    await asked.wait();
    const taskId = await taskIn(world, asked.hash);
    const parts = { "worker 1": RIGHT, "worker 2": RIGHT, "worker 3": RIGHT, "worker 4": WRONG };
    await world.send("pool", "tasks", "certify", ...certifyCall(world, taskId, parts, RIGHT));
    expect(await bet.getFunction("winner")()).toBe(ann.address);
    expect(await balance("requester")).toBe(before + 4n * ECT);
    expect(await Promise.all(["worker 1", "worker 4"].map(scoreOf))).toEqual([1, 0]);
  });

  it("holds a digest of any small output to the contract's own", async () => {
    for (const bytes of [0, 4, 8, 400, 4096]) {
      const taskId = await ask(requestOf(world, { replicas: 1, trust: 1 }));
      const result = bytes === 0 ? new Uint8Array(0) : randomBytes(bytes);
      await world.send("pool", "tasks", "certify", ...certifyCall(world, taskId, { "worker 1": result }, result));
    }
    expect(await scoreOf("worker 1")).toBe(0);
  });

  it("marks down who signed that it would reveal and did not, unless it was revealed on chain", async () => {
    const good = { "worker 1": RIGHT, "worker 2": RIGHT, "worker 3": RIGHT };
    const first = await ask(requestOf(world));
    await world.send("pool", "tasks", "certify", ...certifyCall(world, first, good, RIGHT));
    const { "worker 3": _, ...two } = good;
    for (const isRevealed of [true, false]) {
      const taskId = await ask(requestOf(world, { replicas: 2 }));
      if (isRevealed) await world.send("stranger", "tasks", "reveal", ...revealCall(world, taskId, "worker 3", RIGHT));
      const call = world.send("pool", "tasks", "certify", ...certifyCall(world, taskId, two, RIGHT, ["worker 3"]));
      expect(await world.revertOf(call)).toBe(isRevealed ? "PromiseNotBroken" : "nothing");
      expect(await scoreOf("worker 3")).toBe(isRevealed ? 1 : 0);
    }
  });

  it("is the requester's money again after its deadline", async () => {
    const taskId = await ask(requestOf(world));
    expect(await world.revertOf(world.send("stranger", "tasks", "refund", taskId))).toBe("DealNotOver");
    world.pass(100);
    await world.send("stranger", "tasks", "refund", taskId);
    expect((await world.contracts.balances(world.address("requester"))).freeWei).toBe(ECT);
  });
});
