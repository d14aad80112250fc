// What settlement costs on chain, and how large the contracts are: contracts/snapshots/gas.json. Everything in it is the same
// on every machine; a change shows in the diff. After a change on purpose: npx vitest run test/contracts/gas -u
import { keccak256 } from "ethers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { offersToAbi } from "../../client/index.ts";
import type { SettledTask } from "../../protocol/epoch.ts";
import { NO_ASSET } from "../../protocol/orders.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { artifactOf, type ContractName } from "../../relay/chain/artifact.ts";
import type { SettlementReport } from "../../relay/settlement/settler.ts";
import { ECT, type Part, World, walletOf } from "../settlement/world.ts";
import { offersFor, registerAsset } from "./offers.ts";
import { certifyCall, deployExample, encodeRequest, requestOf, taskIn } from "./taskWorld.ts";

const CONTRACTS: ContractName[] = [
  "EdgeToken",
  "Hub",
  "Epochs",
  "Challenges",
  "Assets",
  "Airdrop",
  "Timelock",
  "Governance",
  "AuthorisedContracts",
  "Tasks",
  "Market",
  "Stakes",
  "Withdrawals",
];
/** EIP-170. */
const MAX_CODE_BYTES = 24_576;
/** Of a free app by a standing order: a priced asset is one more order, and one more owner to be paid. */
const MAX_MATCH_GAS = 250_000;
const EPOCH_TASKS = 2500;
const WORKERS = 50;

let world: World;
let feed: Awaited<ReturnType<typeof deployExample>> | undefined;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

it("gas and code sizes are those of the snapshot", async () => {
  const codeBytes = Object.fromEntries(
    CONTRACTS.map((name) => [name, (artifactOf(name).deployedBytecode.length - 2) / 2]),
  );
  for (const bytes of Object.values(codeBytes)) expect(bytes).toBeLessThan(MAX_CODE_BYTES);

  const gas: Record<string, number> = {};
  gas.approve = await world.send("requester", "token", "approve", world.addresses.hub, 10_000n * ECT);
  gas.deposit = await world.send("requester", "hub", "deposit", 10_000n * ECT);
  const order = {
    pool: walletOf("pool").address,
    appHash: walletOf("app").privateKey,
    jobHash: walletOf("job").privateKey,
    law: 1,
    trust: 2,
    replicas: 2,
    tasks: 2 * EPOCH_TASKS,
    pricePerTaskWei: ECT / 10n,
    maxFeeBps: 1000,
    deadline: world.nowS + 86_400,
    ...FREE_ASSETS,
  };
  const dealId = await world
    .contract("hub")
    .getFunction("openDeal")
    .staticCall(order, { from: walletOf("requester").address });
  gas.openDeal = await world.send("requester", "hub", "openDeal", order);
  gas.withdraw = await world.send("requester", "hub", "withdraw", walletOf("requester").address, ECT);

  const onChain = await onChainFigures();

  const tasks: SettledTask[] = [];
  const settler = world.settler({ tasks: () => tasks });
  await settler.openPool(1000, 10_000n * ECT);
  const epochs: Record<string, unknown> = {};
  for (const [n, name] of ["first", "later"].entries()) {
    tasks.push(...world.certify(dealId, partsOf(n * EPOCH_TASKS)));
    epochs[name] = figuresOf((await settler.settle())!);
  }
  const snapshot = { codeBytes, gas, matches: await matches(), onChain, epochs };
  await expect(`${JSON.stringify(snapshot, undefined, 2)}\n`).toMatchFileSnapshot("../../contracts/snapshots/gas.json");
});

/**
 * Tasks that a contract asks for, three replicas each. The first of all writes an account for every worker; later ones
 * change them. The callback writes one word and an event.
 */
async function onChainFigures(): Promise<Record<string, number>> {
  const result = Uint8Array.from({ length: 32 }, (_, i) => i);
  const parts = { "replica 1": result, "replica 2": result, "replica 3": result };
  const { interface: tasksAbi } = world.contract("tasks");
  const figures: Record<string, number> = {};
  await world.send("stranger", "token", "transfer", walletOf("requester").address, 4n * ECT);
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
  expect(figures.laterCertify).toBeLessThanOrEqual(120_000);
  expect(figures.laterCallbackCertify).toBeLessThanOrEqual(150_000);
  return figures;
}

/**
 * A match writes a word for each order it sees for the first time, besides the deal: `first` is of a requester's first order
 * with an app and a pool that nobody has matched before, the others are with standing orders.
 */
async function matches(): Promise<Record<string, number>> {
  await world.deposit("challenger", 1000n * ECT);
  const app = await registerAsset(world, "requester", 0);
  const dataset = await registerAsset(world, "stranger", 1);
  const gas: Record<string, number> = {};
  const match = async (name: string, asked: "nothing" | "app" | "app and dataset", sponsored = false) => {
    const assets = { nothing: [NO_ASSET, NO_ASSET], app: [app, NO_ASSET], "app and dataset": [app, dataset] } as const;
    const offers = await offersFor(world, ...assets[asked], { salt: name });
    const method = sponsored ? "matchSponsored" : "matchOrders";
    gas[name] = await world.send(sponsored ? "requester" : "challenger", "market", method, offersToAbi(offers));
  };
  await match("first", "app");
  await match("freeApp", "nothing");
  await match("app", "app");
  await match("firstDataset", "app and dataset");
  await match("appAndDataset", "app and dataset");
  await match("sponsored", "app", true);
  expect(gas.freeApp).toBeLessThan(MAX_MATCH_GAS);
  return gas;
}

/** Two workers a task, every worker on equally many. */
const partsOf = (from: number): Record<number, Part[]> =>
  Object.fromEntries(
    Array.from({ length: EPOCH_TASKS }, (_, i) => [
      from + i,
      [i % WORKERS, (i + 1 + (i % 7)) % WORKERS].map((w) => ({ worker: `worker ${w}`, digest: "right" })),
    ]),
  );

/** The first credit of a worker writes two new words, later ones change them. */
function figuresOf({ gas, contributions, tasks }: SettlementReport) {
  const credits = Object.entries(gas).filter(([step]) => step.startsWith("credit "));
  const all = Object.values(gas).reduce((sum, used) => sum + used, 0);
  return {
    tasks,
    contributions,
    workers: WORKERS,
    deals: 1,
    post: gas.post,
    finalise: gas.finalise,
    creditPerWorker: Math.round(credits.reduce((sum, [, used]) => sum + used, 0) / WORKERS),
    perContribution: Math.round(all / contributions),
  };
}
