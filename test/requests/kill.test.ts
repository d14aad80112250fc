// The whole program, killed as by a power failure while contracts' tasks are under way, and started again on its data.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Contract, ContractFactory, JsonRpcProvider, keccak256, Wallet, ZeroAddress } from "ethers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Grid } from "../../client/index.ts";
import { tokenAbi } from "../../contracts/abi.ts";
import { canonicalJson } from "../../protocol/canonicalJson.ts";
import { type Address, type Bytes32, type Cid, toBytes32, toHex } from "../../protocol/ids.ts";
import { appHash } from "../../protocol/job.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import type { WorkChange } from "../../web/volunteer/work.ts";
import type { TaskRequest } from "../contracts/taskWorld.ts";
import { encodeRequest } from "../contracts/taskWorld.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { chooseSeed, seeded } from "../relay/random.ts";
import { compileSquares, squares, squaresOf } from "../relay/squares.ts";

/** Of volunteers, while one request is under way: three outputs and three verdicts. The last come before the settlement. */
const EVENTS = 6;
const SETTLED_MS = 30_000;
const firstSeed = chooseSeed("kill -9");
const seeds = [0, 1, 2, 3].map((i) => firstSeed + i);

let grid: TestGrid;
let client: Grid;
let app: Cid;
let provider: JsonRpcProvider;
let requester: Wallet;
let volunteers: NodeVolunteer[];
let onEvent: () => void = () => {};
const onChange = ({ type }: WorkChange) => {
  if (type === "finished" || type === "verdict") onEvent();
};

beforeAll(async () => {
  grid = await startGrid("--epoch-seconds", "1");
  client = await Grid.connect(grid.url);
  app = (await client.publish(squares, await compileSquares())).id;
  provider = new JsonRpcProvider(`${grid.url}/chain`, undefined, { cacheTimeout: -1, staticNetwork: true });
  requester = new Wallet(Wallet.createRandom().privateKey, provider);
  await client.fund(requester.address as Address);
  volunteers = Array.from({ length: 3 }, () => new NodeVolunteer(grid.url, { onChange }));
  await Promise.all(volunteers.map(({ greeted }) => greeted));
}, 60_000);
afterAll(async () => {
  for (const volunteer of volunteers ?? []) volunteer.close();
  provider?.destroy();
  client?.close();
  await grid?.close();
});

async function requestOf(offset: number): Promise<TaskRequest> {
  const terms = { app, params: { offset }, inputs: [], items: 8, itemsPerTask: 8, law: "poco", trust: 2, replicas: 3 };
  return {
    pool: (await client.pool()).pool,
    appHash: appHash(app),
    trust: 2,
    replicas: 3,
    priceWei: 10n ** 18n,
    maxFeeBps: 1000,
    deadline: Math.floor(Date.now() / 1000) + 3600,
    workerStakeWei: 0n,
    itemBytes: 4,
    callbackGas: 150_000,
    appOwner: ZeroAddress,
    appWei: 0n,
    datasetOwner: ZeroAddress,
    datasetWei: 0n,
    spec: canonicalJson(terms),
  };
}

/** A contract that asks for it once, and its task. */
async function ask(request: TaskRequest): Promise<{ feed: Contract; id: Bytes32 }> {
  const { token, tasks } = await client.pool();
  const place = new Contract(tasks, artifactOf("Tasks").abi, provider);
  const { abi, bytecode } = artifactOf("examples/Feed");
  const hash = keccak256(encodeRequest(place.interface, { ...request, deadline: 0 }));
  const feed = (await new ContractFactory(abi, bytecode, requester).deploy(tasks, hash)) as Contract;
  await feed.waitForDeployment();
  const at = await feed.getAddress();
  await (await new Contract(token, tokenAbi, requester).getFunction("approve").send(at, request.priceWei)).wait();
  const receipt = await (await feed.getFunction("update").send(request)).wait();
  const asked = receipt!.logs
    .map((log) => place.interface.parseLog(log))
    .find((event) => event?.name === "TaskRequested");
  return { feed, id: toBytes32(asked!.args.taskId) };
}

async function settlements(id: Bytes32): Promise<number> {
  const hub = new Contract((await client.pool()).hub, artifactOf("Hub").abi, provider);
  return (await hub.queryFilter(hub.filters.TaskSettled!(id))).length;
}

describe("a relay killed while contracts wait for it", () => {
  it.each(seeds)(
    "brings the result once (seed %i)",
    async (seed) => {
      const killAt = 1 + seeded(seed).below(EVENTS);
      let events = 0;
      let crash: Promise<void> | undefined;
      onEvent = () => {
        if (++events >= killAt) crash ??= grid.crash();
      };
      const offset = seeds.indexOf(seed);
      const { feed, id } = await ask(await requestOf(offset));
      await vi.waitFor(() => expect(crash).toBeDefined(), { timeout: SETTLED_MS });
      onEvent = () => {};
      await crash;
      const first = toHex(squaresOf({ first: 0, count: 8 }, offset));
      await vi.waitFor(async () => expect(await feed.getFunction("value")()).toBe(first), {
        timeout: SETTLED_MS,
        interval: 200,
      });
      expect(await settlements(id)).toBe(1);
    },
    120_000,
  );

  it("lets nobody submit as a job of their own what a contract asked for", async () => {
    const request = { ...(await requestOf(0)), workerStakeWei: 10n ** 18n };
    const { id } = await ask(request);
    const response = await fetch(`${grid.url}/api/jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dealId: id, spec: JSON.parse(request.spec) }),
    });
    expect([response.status, await response.text()]).toEqual([402, expect.stringContaining("bad-deal")]);
  });

  it("has each task run by three, and none in an epoch", () => {
    const db = new DatabaseSync(join(grid.data, "relay.db"), { readOnly: true });
    const agreed = db.prepare("select count(*) as n from contribution where state = 2 group by job").all();
    expect(agreed.map(({ n }) => n)).toEqual(seeds.map(() => 3));
    expect(db.prepare("select count(*) as n from settlement_epoch").get()).toEqual({ n: 0 });
    db.close();
  });
});
