// What tasks that contracts ask for cost: three replicas each. The first of all writes an account for every worker; later
// ones change them. The callback writes one word and an event.
import { keccak256 } from "ethers";
import { ECT, type World, walletOf } from "../../settlement/world.ts";
import { certifyCall, deployExample, encodeRequest, requestOf, taskIn } from "../taskWorld.ts";

export interface OnChainFigures {
  firstRequest: number;
  firstCertify: number;
  laterRequest: number;
  laterCertify: number;
  firstCallbackRequest: number;
  firstCallbackCertify: number;
  laterCallbackRequest: number;
  laterCallbackCertify: number;
}

export async function onChainFigures(world: World): Promise<OnChainFigures> {
  const result = Uint8Array.from({ length: 32 }, (_, i) => i);
  const parts = { "replica 1": result, "replica 2": result, "replica 3": result };
  const { interface: tasksAbi } = world.contract("tasks");
  const figures: Record<string, number> = {};
  await world.send("stranger", "token", "transfer", walletOf("requester").address, 4n * ECT);
  let feed: Awaited<ReturnType<typeof deployExample>> | undefined;
  const without = keccak256(encodeRequest(tasksAbi, requestOf(world, { deadline: 0 })));
  const within = keccak256(encodeRequest(tasksAbi, requestOf(world, { deadline: 0, callbackGas: 60_000 })));
  for (const [name, hash, callbackGas] of [
    ["first", without, 0],
    ["later", without, 0],
    ["firstCallback", within, 60_000],
    ["laterCallback", within, 60_000],
  ] as const) {
    const isNew = name.startsWith("first");
    feed = isNew ? await deployExample(world, "examples/Feed", world.addresses.tasks, hash) : feed;
    await world.send("requester", "token", "approve", await feed!.getAddress(), ECT);
    const sent = await feed!.getFunction("update")(requestOf(world, { callbackGas }));
    const { gasUsed } = await sent.wait();
    figures[`${name}Request`] = Number(gasUsed);
    const taskId = await taskIn(world, sent.hash);
    const call = certifyCall(world, taskId, parts, result);
    figures[`${name}Certify`] = await world.send("pool", "tasks", "certify", ...call);
  }
  return figures as unknown as OnChainFigures;
}
