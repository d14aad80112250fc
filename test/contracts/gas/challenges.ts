// What it costs to prove a lie: in each epoch one task, or one worker, has 16 contributions and 63 other tasks stand beside
// it. The challenger's lock, two blocks before, is not counted.
import { AbiCoder, keccak256 } from "ethers";
import { dealsHash, type EpochHeader, epochHash, rewardLeaf, type SettledTask } from "../../../protocol/epoch.ts";
import { assembleEpoch, type Epoch } from "../../../protocol/epochBuild.ts";
import type { Bytes32 } from "../../../protocol/ids.ts";
import { type Ledger, ledgerRoot, ledgerTree } from "../../../protocol/ledger.ts";
import { SumTree } from "../../../protocol/sumTree.ts";
import { dealsToAbi, rangeToAbi, rootsToAbi, sumTreeToAbi } from "../../../relay/settlement/abi.ts";
import { FAULTS } from "../../../relay/watch/proofs.ts";
import * as proofs from "../../settlement/proofs.ts";
import { ECT, named, type Part, World } from "../../settlement/world.ts";

export type Fault = (typeof FAULTS)[number];

const CONTRIBUTIONS = 16;
const TASKS = 64;
const BOND_WEI = 1000n * ECT;
const PRICE_WEI = ECT / 1000n;
const SALT = named("salt of the challenge");

const right = (workers: readonly string[]): Part[] => workers.map((worker) => ({ worker, digest: "right" }));
const crowd = Array.from({ length: CONTRIBUTIONS }, (_, i) => `crowd ${i}`);

export async function challengeFigures(): Promise<Record<Fault, number>> {
  const world = await World.open();
  try {
    await world.settler().openPool(1000, BOND_WEI);
    return await new Liar(world).all();
  } finally {
    await world.close();
  }
}

class Liar {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async all(): Promise<Record<Fault, number>> {
    return {
      ForgedContribution: await this.#forgedContribution(),
      UnprovenTask: await this.#unprovenTask(),
      UnsortedTasks: await this.#unsortedTasks(),
      MisplacedTask: await this.#misplacedTask(),
      WrongReward: await this.#wrongReward(),
      WrongLedger: await this.#wrongLedger(),
      // Last, for its first epoch stays.
      SettledTwice: await this.#settledTwice(),
    };
  }

  async #forgedContribution(): Promise<number> {
    const tasks = await this.#tasks();
    const { signature } = tasks[0]!.contributions[1]!.batch;
    const liar = tasks[0]!.contributions[0]!.worker;
    for (const contribution of tasks.flatMap(({ contributions }) => contributions))
      if (contribution.worker === liar) contribution.batch = { ...contribution.batch, signature };
    const posted = await this.#post(await this.#assemble(tasks));
    return this.#expose(posted, "ForgedContribution", "challengeContribution", [
      proofs.taskProof(posted, 0),
      proofs.contributionProof(posted, 0, 0),
      proofs.batchProof(posted, 0, 0),
    ]);
  }

  /** All 16 agree, and their weight does not reach the trust asked for. */
  async #unprovenTask(): Promise<number> {
    const posted = await this.#post(await this.#assemble(await this.#tasks({ trust: 1_000_000 })));
    const args = [proofs.taskProof(posted, 0), proofs.contributions(posted, 0)];
    return this.#expose(posted, "UnprovenTask", "challengeTask", args);
  }

  async #unsortedTasks(): Promise<number> {
    const tasks = await this.#tasks();
    const posted = await this.#post(await this.#assemble([tasks[0]!, ...tasks.slice(0, -1)]));
    const args = [proofs.taskProof(posted, 0), proofs.taskProof(posted, 1)];
    return this.#expose(posted, "UnsortedTasks", "challengeOrder", args);
  }

  async #misplacedTask(): Promise<number> {
    const tasks = await this.#tasks({ tasks: TASKS - 1 }, TASKS - 1);
    const beyond = this.#world.certify(tasks[0]!.dealId, { [TASKS]: right(crowd) });
    const posted = await this.#post(await this.#assemble([...tasks.slice(1), ...beyond]));
    const last = posted.epoch.tasks.length - 1;
    const args = [dealsToAbi(posted.epoch.deals), proofs.taskProof(posted, last)];
    return this.#expose(posted, "MisplacedTask", "challengePlace", args, last);
  }

  async #settledTwice(): Promise<number> {
    const tasks = await this.#tasks({ tasks: 2 * TASKS });
    const first = await this.#post(await this.#assemble(tasks));
    const ledger = new Map(first.epoch.ledger.map(({ worker, sum }) => [worker, sum]));
    const second = await this.#post(await this.#assemble(tasks, ledger));
    const args = [proofs.taskProof(second, 0), proofs.headerOf(first), proofs.taskProof(first, 0)];
    return this.#expose(second, "SettledTwice", "challengeSettledTwice", args);
  }

  /** One of the crowd has another's reward besides its own. */
  async #wrongReward(): Promise<number> {
    const epoch = await this.#assemble(await this.#tasks());
    const worker = this.#world.address(crowd[0]!);
    const victim = this.#world.address(crowd[1]!);
    const rewards = epoch.rewards.map((entry) =>
      entry.task === 0 && (entry.worker === worker || entry.worker === victim)
        ? { ...entry, sum: { ...entry.sum, rewardWei: entry.worker === worker ? 2n * entry.sum.rewardWei : 0n } }
        : entry,
    );
    const tree = new SumTree(
      rewards.map((entry) => ({ data: rewardLeaf(entry.worker, entry.task, entry.sum), ...entry })),
    );
    const trees = { ...epoch.trees, rewards: tree };
    const posted = await this.#post({
      ...{ ...epoch, rewards, trees },
      roots: { ...epoch.roots, rewards: ledgerRoot(tree) },
    });
    const place = rewards.findIndex((entry) => entry.worker === worker && entry.task === 0);
    return this.#expose(posted, "WrongReward", "challengeReward", [
      ...[proofs.taskProof(posted, 0), proofs.contributions(posted, 0), worker],
      rangeToAbi(tree, rewards, place, 1),
    ]);
  }

  /** The crowd's first worker, who is in 16 tasks, is one wei short. */
  async #wrongLedger(): Promise<number> {
    const epoch = await this.#assemble(await this.#tasks());
    const worker = this.#world.address(crowd[0]!);
    const other = epoch.ledger.find((entry) => entry.worker !== worker)!.worker;
    const ledger = epoch.ledger.map((entry) => {
      const wrongWei = entry.worker === worker ? -1n : entry.worker === other ? 1n : 0n;
      return { ...entry, sum: { ...entry.sum, rewardWei: entry.sum.rewardWei + wrongWei } };
    });
    const tree = ledgerTree(ledger);
    const roots = { ...epoch.roots, ledger: ledgerRoot(tree) };
    const posted = await this.#post({ ...epoch, ledger, roots, trees: { ...epoch.trees, ledger: tree } });
    const own = proofs.around(epoch.rewards, worker);
    const place = proofs.around(ledger, worker);
    const args = [
      worker,
      rangeToAbi(epoch.trees.rewards, epoch.rewards, own.first, own.length),
      rangeToAbi(tree, ledger, place.first, place.length),
      proofs.allPrevious(posted),
    ];
    return this.#expose(posted, "WrongLedger", "challengeLedger", args, BigInt(worker));
  }

  /** Task 0 has the whole crowd; its first worker is in 15 more, and two strangers are in every other. */
  async #tasks(terms: Parameters<World["openDeal"]>[0] = {}, count = TASKS): Promise<SettledTask[]> {
    const order = { tasks: TASKS, replicas: 2, trust: 2, pricePerTaskWei: PRICE_WEI, ...terms };
    const parts = Array.from({ length: count }, (_, i) =>
      right(i === 0 ? crowd : [i < CONTRIBUTIONS ? crowd[0]! : `stranger ${i % 8}`, "another"]),
    );
    return this.#world.certify(await this.#world.openDeal(order), { ...parts });
  }

  async #assemble(tasks: SettledTask[], previous: Ledger = new Map()): Promise<Epoch> {
    const dealId: Bytes32 = tasks[0]!.dealId;
    const deals = new Map([[dealId, (await this.#world.contracts.dealTerms(dealId))!]]);
    return assembleEpoch({ previous, deals, tasks, batches: [] });
  }

  async #post(epoch: Epoch): Promise<proofs.Posted> {
    const world = this.#world;
    const args = [rootsToAbi(epoch.roots), sumTreeToAbi(epoch.previous), dealsToAbi(epoch.deals), []];
    const number = Number(await world.contract("epochs").getFunction("posted")(world.address("pool")));
    await world.send("pool", "epochs", "post", ...args);
    const header: EpochHeader = {
      ...{ pool: world.address("pool"), number, postedAt: world.nowS, valueWei: epoch.valueWei },
      ...{ dealsHash: dealsHash(epoch.deals), previous: epoch.previous, roots: epoch.roots },
    };
    return { epoch, header };
  }

  /** Locks, waits two blocks, shows. If the chain does not believe it, it reverts. */
  async #expose(posted: proofs.Posted, fault: Fault, method: string, args: unknown[], position: bigint | number = 0) {
    const world = this.#world;
    const types = ["address", "bytes32", "uint8", "uint256", "bytes32"];
    const values = [...[world.address("challenger"), epochHash(posted.header), FAULTS.indexOf(fault), position, SALT]];
    const lock = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
    await world.send("challenger", "challenges", "lockChallenge", lock);
    await world.chain.mine();
    await world.chain.mine();
    const gas = await world.send("challenger", "challenges", method, proofs.headerOf(posted), ...args, SALT);
    // The bond is whole again for the next lie.
    await world.settler().openPool(1000, BOND_WEI);
    return gas;
  }
}
