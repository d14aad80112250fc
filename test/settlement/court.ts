// Where lies are shown: epochs of any tasks, true or not, are posted and challenged in a world of the settlement tests.
import { AbiCoder, keccak256 } from "ethers";
import { expect } from "vitest";
import {
  dealsHash,
  type EpochHeader,
  epochHash,
  rewardLeaf,
  type SettledTask,
  type SignedBatch,
} from "../../protocol/epoch.ts";
import { assembleEpoch, type Epoch, type RewardEntry } from "../../protocol/epochBuild.ts";
import type { Address } from "../../protocol/ids.ts";
import { entriesOf, type Ledger, type LedgerEntry, ledgerRoot, ledgerTree } from "../../protocol/ledger.ts";
import { type Sum, SumTree } from "../../protocol/sumTree.ts";
import { dealsToAbi, rootsToAbi, sumTreeToAbi } from "../../relay/settlement/abi.ts";
import { FAULTS } from "../../relay/watch/proofs.ts";
import * as proofs from "./proofs.ts";
import { named, type Part, type World } from "./world.ts";

export type Fault = (typeof FAULTS)[number];

export const SALT = named("salt of the challenge");
export const honest = (...workers: string[]): Part[] => workers.map((worker) => ({ worker, digest: "right" }));

export class Court {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** An epoch of any tasks, true or not. */
  async assemble(
    tasks: SettledTask[],
    previous: Ledger = new Map(),
    batches: readonly SignedBatch[] = [],
  ): Promise<Epoch> {
    const ids = [...new Set(tasks.map((task) => task.dealId))];
    const terms = ids.map(async (id) => [id, (await this.#world.contracts.dealTerms(id))!] as const);
    return assembleEpoch({ previous, deals: new Map(await Promise.all(terms)), tasks, batches });
  }

  async post(epoch: Epoch): Promise<proofs.Posted> {
    const world = this.#world;
    const args = [rootsToAbi(epoch.roots), sumTreeToAbi(epoch.previous), dealsToAbi(epoch.deals), []];
    const number = Number(await world.contract("epochs").getFunction("posted")(world.address("pool")));
    await world.send("pool", "epochs", "post", ...args);
    const header: EpochHeader = {
      pool: world.address("pool"),
      number,
      postedAt: world.nowS,
      valueWei: epoch.valueWei,
      dealsHash: dealsHash(epoch.deals),
      previous: epoch.previous,
      roots: epoch.roots,
    };
    return { epoch, header };
  }

  async lock({ header }: proofs.Posted, fault: Fault, position: bigint | number, as = "challenger") {
    const types = ["address", "bytes32", "uint8", "uint256", "bytes32"];
    const values = [this.#world.address(as), epochHash(header), FAULTS.indexOf(fault), position, SALT];
    const hash = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
    await this.#world.send(as, "challenges", "lockChallenge", hash);
  }

  async twoBlocks() {
    await this.#world.chain.mine();
    await this.#world.chain.mine();
  }

  /** Locks, waits two blocks, shows. */
  async challenge(posted: proofs.Posted, fault: Fault, method: string, args: unknown[], position: bigint | number = 0) {
    await this.lock(posted, fault, position);
    await this.twoBlocks();
    return this.#world.send("challenger", "challenges", method, proofs.headerOf(posted), ...args, SALT);
  }

  readonly stateOf = ({ header }: proofs.Posted) => this.#world.contracts.epochState(header.pool, header.number);

  /** The challenge is believed: the epoch is void, the bond pays twice its value, half to the challenger. */
  async expectExposed(posted: proofs.Posted, run: Promise<number>) {
    const world = this.#world;
    const before = {
      bond: (await world.contracts.pool(world.address("pool"))).bondWei,
      supply: await world.supplyWei(),
    };
    const challenger = (await world.contracts.balances(world.address("challenger"))).freeWei;
    expect(await run).toBeLessThan(500_000); // gas
    const slashedWei = 2n * posted.epoch.valueWei;
    expect(await this.stateOf(posted)).toBe("voided");
    expect((await world.contracts.pool(world.address("pool"))).bondWei).toBe(before.bond - slashedWei);
    expect((await world.contracts.balances(world.address("challenger"))).freeWei).toBe(challenger + slashedWei / 2n);
    expect(await world.supplyWei()).toBe(before.supply - slashedWei / 2n);
  }

  async expectNoFault(posted: proofs.Posted, run: Promise<number>) {
    const bondBefore = (await this.#world.contracts.pool(this.#world.address("pool"))).bondWei;
    expect(await this.#world.revertOf(run)).toBe("NoFault");
    expect(await this.stateOf(posted)).toBe("pending");
    expect((await this.#world.contracts.pool(this.#world.address("pool"))).bondWei).toBe(bondBefore);
  }
}

export const ledgerAfter = ({ epoch }: proofs.Posted): Ledger =>
  new Map(epoch.ledger.map(({ worker, sum }) => [worker, sum]));

/** The epoch with other rewards, its ledger made to fit. */
export function withRewards(epoch: Epoch, rewards: RewardEntry[], previous: Ledger = new Map()): Epoch {
  const sorted = [...rewards].sort((a, b) => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.task - b.task));
  const tree = new SumTree(sorted.map(({ worker, task, sum }) => ({ data: rewardLeaf(worker, task, sum), sum })));
  const sums = new Map<Address, Sum>(previous);
  for (const { worker, sum } of sorted) {
    const old = sums.get(worker) ?? { rewardWei: 0n, good: 0, bad: 0 };
    sums.set(worker, { rewardWei: old.rewardWei + sum.rewardWei, good: old.good + sum.good, bad: old.bad + sum.bad });
  }
  const ledger = entriesOf(sums);
  const changed = withLedger(epoch, ledger);
  return {
    ...changed,
    rewards: sorted,
    roots: { ...changed.roots, rewards: ledgerRoot(tree) },
    trees: { ...changed.trees, rewards: tree },
  };
}

export function withLedger(epoch: Epoch, ledger: LedgerEntry[]): Epoch {
  const tree = ledgerTree(ledger);
  return {
    ...epoch,
    ledger,
    roots: { ...epoch.roots, ledger: ledgerRoot(tree) },
    trees: { ...epoch.trees, ledger: tree },
  };
}
