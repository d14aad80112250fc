// A chain, a relay with sockets and volunteers, and what runs contracts' requests between them: all in this process, the
// chain under a clock that tests move.
import { once } from "node:events";
import { BrowserProvider, type Contract, keccak256, Network } from "ethers";
import { canonicalJson } from "../../protocol/canonicalJson.ts";
import type { Address, Bytes32, Cid, JobId } from "../../protocol/ids.ts";
import { appHash } from "../../protocol/job.ts";
import { Requests } from "../../relay/requests/requests.ts";
import type { RequestState } from "../../relay/store/requests.ts";
import { deployExample, encodeRequest, requestOf, type TaskRequest, taskIn } from "../contracts/taskWorld.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares } from "../relay/squares.ts";
import { openTestRelay, type TestRelay } from "../relay/testRelay.ts";
import { World, walletOf } from "../settlement/world.ts";

type Call = { method: string; params?: readonly unknown[] };

export class Stage {
  readonly world: World;
  readonly grid: TestRelay;
  readonly app: Cid;
  readonly volunteers: NodeVolunteer[];
  readonly warnings: { request?: string; reason?: string; said: string }[] = [];
  /** Worker addresses, each time the relay was told that their scores changed. */
  readonly told: (readonly Address[])[] = [];

  private constructor(world: World, grid: TestRelay, app: Cid, volunteers: NodeVolunteer[]) {
    this.world = world;
    this.grid = grid;
    this.app = app;
    this.volunteers = volunteers;
  }

  /** The last of them lies about everything, if there is a liar. */
  static async open(volunteers = 3, hasLiar = false): Promise<Stage> {
    const world = await World.open();
    const grid = await openTestRelay({ poolKey: walletOf("pool").privateKey, domain: world.domain });
    const app = await grid.publish(squares, await compileSquares());
    const lie = (output: Uint8Array) => output.map((byte) => byte ^ 1);
    const people = Array.from(
      { length: volunteers },
      (_, i) => new NodeVolunteer(grid.url, hasLiar && i === volunteers - 1 ? { tamper: lie } : {}),
    );
    await Promise.all(people.map(({ greeted }) => greeted));
    return new Stage(world, grid, app, people);
  }

  async close(): Promise<void> {
    for (const volunteer of this.volunteers) volunteer.close();
    await this.grid.close();
    await this.world.close();
  }

  /** As a relay that has just started on this store would have it. `request`: how it reaches the chain. */
  requests(request?: (call: Call) => Promise<unknown>): Requests {
    const { world, grid } = this;
    const network = Network.from(world.addresses.chainId);
    const provider = request
      ? new BrowserProvider({ request }, network, { cacheTimeout: -1, staticNetwork: network })
      : world.provider;
    const settler = world.settler({ provider, db: grid.relay.store.db });
    const warn = (fields: { request?: string; reason?: string }, said: string) =>
      this.warnings.push({ ...fields, said });
    return new Requests({
      provider,
      contracts: settler.contracts,
      pool: settler.pool,
      sender: settler.sender,
      stores: grid.relay,
      loop: () => grid.relay.loop,
      log: { info: () => {}, warn, error: () => {} } as never,
      settled: async (workers) => void this.told.push(workers),
      now: () => world.nowS * 1000,
    });
  }

  /** A request for squares of 0 to `items` − 1, `offset` added first. */
  request(spec: object = {}, change: Partial<TaskRequest> = {}): TaskRequest {
    const terms = { app: this.app, params: { offset: 0 }, inputs: [], items: 4, itemsPerTask: 4 };
    const text = canonicalJson({ ...terms, law: "poco", trust: 2, replicas: 3, ...spec });
    const { app } = JSON.parse(text) as { app: Cid };
    return requestOf(this.world, { spec: text, appHash: appHash(app), callbackGas: 150_000, ...change });
  }

  /** A `Feed` that may ask for this. */
  async feed(request: TaskRequest): Promise<Contract> {
    const { interface: tasks } = this.world.contract("tasks");
    const hash = keccak256(encodeRequest(tasks, { ...request, deadline: 0 }));
    const feed = await deployExample(this.world, "examples/Feed", this.world.addresses.tasks, hash);
    await this.world.send("requester", "token", "approve", await feed.getAddress(), 1000n * request.priceWei);
    return feed as Contract;
  }

  async ask(feed: Contract, request: TaskRequest): Promise<JobId> {
    const sent = await feed.getFunction("update")(request);
    await sent.wait();
    return (await taskIn(this.world, sent.hash)) as JobId;
  }

  stateOf(id: JobId): RequestState | undefined {
    return this.grid.relay.store.requests.get(id)?.state;
  }

  /** Looks, and again whenever one of these jobs has changed, until `isOver`. Throws if it is not in a hundred looks. */
  async until(requests: Requests, ids: readonly JobId[], isOver: () => boolean): Promise<void> {
    for (let looks = 0; looks < 100; looks++) {
      await requests.look();
      if (isOver()) return;
      const { loop } = this.grid.relay;
      const running = ids.filter((id) => this.isRunning(id));
      if (running.length > 0) await Promise.race(running.map((id) => once(loop.changes, `job:${id}`)));
    }
    throw new Error(`expected an end, found ${JSON.stringify([ids.map((id) => this.stateOf(id)), this.warnings])}`);
  }

  isRunning(id: JobId): boolean {
    return this.grid.relay.loop.jobs.get(id)?.row.state === "running";
  }

  /** How often the chain has settled a task: the contract's own events. */
  async settlements(id: Bytes32): Promise<number> {
    const hub = this.world.contract("hub");
    return (await hub.queryFilter(hub.filters.TaskSettled!(id))).length;
  }
}
