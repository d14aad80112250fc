// An epoch: what a pool settles at once. Here are its parts, their leaves in the four trees, and its hash, all as the
// contracts compute them (contracts/libraries/Leaves.sol, contracts/Epochs.sol), and the check of one task's inclusion
// for whoever holds a receipt.
//
//   tasks    (deal, index, nonce, digest, contributions' root)   sorted by deal and index
//   rewards  (worker, position of the task, sum)                 sorted; one a contribution; a sum tree
//   commits  (worker, sequence, root, count, signature)          sorted by worker and sequence
//   ledger   (worker, cumulative sum)                            sorted by worker; a sum tree
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Address, type Bytes32, fromHex, type Hex, hex32 } from "./ids.ts";
import type { Keccak } from "./keccakTree.ts";
import * as keccakTree from "./keccakTree.ts";
import { putBigUint, putHex, putUint } from "./pack.ts";
import { putSum, type Sum } from "./sumTree.ts";

export type Law = "pool" | "poco";

/** A deal as it stands on chain: fixed when it was opened. */
export interface DealTerms {
  dealId: Bytes32;
  /** Was charged, and gets every refund. */
  payer: Address;
  /** Asked for it: the payer, or whom the payer sponsors. */
  requester: Address;
  pool: Address;
  appHash: Bytes32;
  jobHash: Bytes32;
  law: Law;
  /** T: a wrong result must be less likely than 1 in T. */
  trust: number;
  /** Agreeing contributions asked of every task. */
  replicas: number;
  tasks: number;
  /** Everything included. */
  pricePerTaskWei: bigint;
  /** What app and dataset cost, of that. */
  assetsWei: bigint;
  feeBps: number;
  /** Seconds since 1970. */
  deadline: number;
}

/** A commit batch that the pool has acknowledged. */
export interface SignedBatch {
  worker: Address;
  sequence: number;
  root: Bytes32;
  count: number;
  /** Of `commitBatchHash`, by the worker. */
  signature: Hex;
}

/** One worker's part in a certified task. */
export interface SettledContribution {
  worker: Address;
  /** Law `poco`: its digest is the canonical one. Law `pool`: the pool's verdict. */
  agrees: boolean;
  digest: Bytes32;
  salt: Bytes32;
  /** On chain, when the task was leased. */
  score: number;
  batch: Omit<SignedBatch, "worker">;
  /** Of its commitment in the batch. */
  position: number;
  path: Bytes32[];
}

export interface SettledTask {
  dealId: Bytes32;
  index: number;
  nonce: Bytes32;
  /** Canonical. */
  digest: Bytes32;
  contributions: SettledContribution[];
}

/** What an epoch does to one deal: tasks × (price − assets) = workersWei + poolWei + burnedWei. */
export interface DealSummary {
  dealId: Bytes32;
  tasks: number;
  workersWei: bigint;
  /** The fee, and what rounding left. */
  poolWei: bigint;
  /** The burned part of every price, and rewards that were forfeited. */
  burnedWei: bigint;
}

export interface TreeRoot {
  root: Bytes32;
  count: number;
}
export interface SumTreeRoot extends TreeRoot {
  sum: Sum;
}

/** The trees of an epoch, and the hash of the data they can be built from. */
export interface EpochRoots {
  dataHash: Bytes32;
  tasks: TreeRoot;
  rewards: SumTreeRoot;
  commits: TreeRoot;
  ledger: SumTreeRoot;
}

/** A posted epoch; the chain keeps its hash. */
export interface EpochHeader {
  pool: Address;
  /** Counts the pool's epochs from 0, voided ones included. */
  number: number;
  /** Seconds since 1970. */
  postedAt: number;
  valueWei: bigint;
  dealsHash: Bytes32;
  /** The ledger it builds on. */
  previous: SumTreeRoot;
  roots: EpochRoots;
}

export const EMPTY_LEDGER: SumTreeRoot = {
  root: `0x${"00".repeat(32)}` as Bytes32,
  count: 0,
  sum: { rewardWei: 0n, good: 0, bad: 0 },
};

/** A task with its contributions folded into one root: what its leaf holds. */
export interface TaskRecord {
  dealId: Bytes32;
  index: number;
  nonce: Bytes32;
  digest: Bytes32;
  contributionsRoot: Bytes32;
  contributions: number;
}

const TASK_BYTES = 133;

export function taskLeaf(task: TaskRecord): Uint8Array {
  const bytes = new Uint8Array(TASK_BYTES);
  putTask(bytes, 0, task);
  return bytes;
}

function putTask(bytes: Uint8Array, from: number, task: TaskRecord): number {
  let at = putHex(bytes, from, task.dealId, 32);
  at = putUint(bytes, at, task.index, 4);
  at = putHex(bytes, at, task.nonce, 32);
  at = putHex(bytes, at, task.digest, 32);
  at = putHex(bytes, at, task.contributionsRoot, 32);
  return putUint(bytes, at, task.contributions, 1);
}

/** What its leaf holds: of the batch, the place alone. */
type LeafContribution = Omit<SettledContribution, "batch">;

const contributionBytes = ({ path }: LeafContribution): number => 94 + 32 * path.length;

/** @param batch Which leaf of the epoch's commits holds the contribution's batch. */
export function contributionLeaf(contribution: LeafContribution, batch: number): Uint8Array {
  const bytes = new Uint8Array(contributionBytes(contribution));
  putContribution(bytes, 0, contribution, batch);
  return bytes;
}

function putContribution(bytes: Uint8Array, from: number, contribution: LeafContribution, batch: number): number {
  let at = putHex(bytes, from, contribution.worker, 20);
  at = putUint(bytes, at, contribution.agrees ? 1 : 0, 1);
  at = putHex(bytes, at, contribution.digest, 32);
  at = putHex(bytes, at, contribution.salt, 32);
  at = putUint(bytes, at, contribution.score, 4);
  at = putUint(bytes, at, batch, 4);
  at = putUint(bytes, at, contribution.position, 1);
  for (const hash of contribution.path) at = putHex(bytes, at, hash, 32);
  return at;
}

export function batchLeaf(batch: SignedBatch): Uint8Array {
  const signatureBytes = (batch.signature.length - 2) / 2;
  const bytes = new Uint8Array(64 + signatureBytes);
  let at = putHex(bytes, 0, batch.worker, 20);
  at = putUint(bytes, at, batch.sequence, 8);
  at = putHex(bytes, at, batch.root, 32);
  at = putUint(bytes, at, batch.count, 4);
  putHex(bytes, at, batch.signature, signatureBytes);
  return bytes;
}

const REWARD_BYTES = 56;

/** @param task Position of the task among the epoch's. */
export function rewardLeaf(worker: Address, task: number, sum: Sum): Uint8Array {
  const bytes = new Uint8Array(REWARD_BYTES);
  putReward(bytes, 0, worker, task, sum);
  return bytes;
}

const putReward = (bytes: Uint8Array, from: number, worker: Address, task: number, sum: Sum): number =>
  putSum(bytes, putUint(bytes, putHex(bytes, from, worker, 20), task, 4), sum);

export function ledgerLeaf(worker: Address, sum: Sum): Uint8Array {
  const bytes = new Uint8Array(52);
  putSum(bytes, putHex(bytes, 0, worker, 20), sum);
  return bytes;
}

/**
 * The hashes of leaves, each written into the same buffer: what is made once a contribution would else be most of the work
 * of building an epoch.
 */
export class LeafHasher {
  readonly #keccak: Keccak;
  #buffer = new Uint8Array(1024);

  constructor(keccak: Keccak) {
    this.#keccak = keccak;
  }

  task(task: TaskRecord): Uint8Array {
    return this.#hash(putTask(this.#zeros(TASK_BYTES), 1, task));
  }
  /** @param batch As in `contributionLeaf`. */
  contribution(contribution: LeafContribution, batch: number): Uint8Array {
    return this.#hash(putContribution(this.#zeros(contributionBytes(contribution)), 1, contribution, batch));
  }
  /** @param task As in `rewardLeaf`. */
  reward({ worker, task, sum }: { worker: Address; task: number; sum: Sum }): Uint8Array {
    return this.#hash(putReward(this.#zeros(REWARD_BYTES), 1, worker, task, sum));
  }

  /** Room for so many bytes after the prefix of a leaf, which is zero as well. */
  #zeros(length: number): Uint8Array {
    if (this.#buffer.length < 1 + length) this.#buffer = new Uint8Array(2 * length);
    return this.#buffer.fill(0, 0, 1 + length);
  }
  #hash(end: number): Uint8Array {
    return this.#keccak(this.#buffer.subarray(0, end));
  }
}

/** Keccak-256 of the summaries' ABI encoding. */
export function dealsHash(deals: readonly DealSummary[]): Bytes32 {
  const words = new Words(2 + 5 * deals.length);
  words.uint(32);
  words.uint(deals.length);
  for (const deal of deals) {
    words.hex(deal.dealId);
    words.uint(deal.tasks);
    words.big(deal.workersWei);
    words.big(deal.poolWei);
    words.big(deal.burnedWei);
  }
  return words.hash();
}

/** Keccak-256 of the header's ABI encoding: what the chain keeps (its first 31 bytes). */
export function epochHash(epoch: EpochHeader): Bytes32 {
  const words = new Words(19);
  words.hex(epoch.pool);
  words.uint(epoch.number);
  words.uint(epoch.postedAt);
  words.big(epoch.valueWei);
  words.hex(epoch.dealsHash);
  words.sumTree(epoch.previous);
  words.hex(epoch.roots.dataHash);
  words.tree(epoch.roots.tasks);
  words.sumTree(epoch.roots.rewards);
  words.tree(epoch.roots.commits);
  words.sumTree(epoch.roots.ledger);
  return words.hash();
}

/** Proof that a task is in a posted epoch. Together with the chain's word for the epoch's hash it needs nobody's server. */
export interface TaskInclusion {
  epoch: EpochHeader;
  task: TaskRecord;
  position: number;
  path: Bytes32[];
}

/** Whether the task is in the epoch of that hash. Throws if the proof holds malformed ids. */
export function verifyInclusion(inclusion: TaskInclusion, hash: Bytes32): boolean {
  const { epoch, task, position, path } = inclusion;
  const { root, count } = epoch.roots.tasks;
  return (
    epochHash(epoch) === hash && keccakTree.verify(fromHex(root), taskLeaf(task), position, count, path.map(fromHex))
  );
}

/** ABI words, filled from the first. */
class Words {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(count: number) {
    this.#bytes = new Uint8Array(32 * count);
  }
  /** An address or 32 bytes. */
  hex(hex: Address | Bytes32): void {
    const length = (hex.length - 2) / 2;
    this.#at = putHex(this.#bytes, this.#at + 32 - length, hex, length);
  }
  uint(value: number): void {
    this.#at = putUint(this.#bytes, this.#at, value, 32);
  }
  big(value: bigint): void {
    this.#at = putBigUint(this.#bytes, this.#at, value, 32);
  }
  tree(tree: TreeRoot): void {
    this.hex(tree.root);
    this.uint(tree.count);
  }
  sumTree(tree: SumTreeRoot): void {
    this.hex(tree.root);
    this.#at = putSum(this.#bytes, this.#at, tree.sum);
    this.uint(tree.count);
  }
  hash(): Bytes32 {
    return hex32(keccak_256(this.#bytes));
  }
}
