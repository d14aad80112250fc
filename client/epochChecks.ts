// An epoch checked from what its pool published: every tree is built again and compared with what the pool posted, whose hash
// the chain keeps. Pure, and asks nobody. What it cannot see: whether the pool left somebody out before it published, and
// whether workers are strangers to each other.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { recoverAddress } from "ethers";
import {
  type DealSummary,
  type DealTerms,
  dealsHash,
  epochHash,
  type SettledTask,
  type SumTreeRoot,
  type TreeRoot,
  taskLeaf,
} from "../protocol/epoch.ts";
import { assembleEpoch, type Epoch } from "../protocol/epochBuild.ts";
import { decodeEpochData, type EpochData } from "../protocol/epochData.ts";
import { type Bytes32, fromHex, type Hex, hex32, toAddress, toHex } from "../protocol/ids.ts";
import * as keccakTree from "../protocol/keccakTree.ts";
import { entriesOf, type Ledger, ledgerRoot, ledgerTree } from "../protocol/ledger.ts";
import { type AddCheck, type Check, checkList, type Recover, verifyTask } from "../protocol/receipt.ts";
import type { PostedEpoch } from "./settlement.ts";

/** An epoch as posted, the data its pool publishes of it, and the terms of its deals as they are on chain. */
export interface EpochEvidence {
  posted: PostedEpoch;
  data: Uint8Array;
  deals: ReadonlyMap<Bytes32, DealTerms>;
}

export interface CheckedEpoch {
  checks: Check[];
  /** Built from the data; absent if that could not be done. */
  epoch?: Epoch;
}

/**
 * Every claim of an epoch but its contributions': see `checkTask`. `storedHash` is what the chain keeps of it. `earlier`: the
 * epochs whose ledger it builds on, from the pool's first that counts, oldest first; without them the ledger is not checked.
 */
export function checkEpoch(
  { posted, data, deals }: EpochEvidence,
  storedHash: Hex,
  earlier: readonly EpochEvidence[] | undefined,
): CheckedEpoch {
  const { checks, check } = checkList();
  const { header } = posted;
  const { roots } = header;
  const hash = epochHash(header);
  check("the epoch as posted has the hash that the chain keeps", hash.startsWith(storedHash), hash);
  check("its deal summaries are those it was posted with", dealsHash(posted.deals) === header.dealsHash);
  const found = hex32(keccak_256(data));
  check("the published data is what the chain names by its hash", found === roots.dataHash, found);

  const before = earlier && ledgerAfter(earlier);
  const built = build(data, deals, before?.ledger);
  if ("why" in built) {
    check("the published data can be read", false, built.why);
    return { checks };
  }
  const { epoch, decoded } = built;
  check("no task is in it twice, and none beyond what its deal pays for", areInPlace(epoch.tasks, deals));
  checkTree(check, "tasks", roots.tasks, epoch.roots.tasks);
  checkTree(check, "commit batches", roots.commits, epoch.roots.commits);
  checkTree(check, "rewards", roots.rewards, epoch.roots.rewards);
  check("no commit batch is in it twice", decoded.batches.length === epoch.batches.length);
  check("each deal is charged what its tasks cost", sameSummaries(epoch.deals, posted.deals));
  check("the epoch's value is the price of its tasks", epoch.valueWei === header.valueWei, String(epoch.valueWei));
  if (before) {
    check("the earlier epochs follow from what was published of them", before.why === undefined, before.why);
    check("it builds on the ledger that they end with", sameRoot(header.previous, epoch.previous));
    check(
      "the ledger it posted is that ledger with its own rewards added",
      sameRoot(roots.ledger, epoch.roots.ledger),
      epoch.roots.ledger.root,
    );
    const twice = epoch.tasks.find((task) => before.settled.has(nameOf(task)));
    check("no task of it was settled by an earlier epoch", !twice, twice && `task ${twice.index} of ${twice.dealId}`);
  }
  return { checks, epoch };
}

/** One task of a built epoch: where it is, and every claim of its contributions. `position`: among the epoch's tasks. */
export function checkTask(
  { posted, deals }: Pick<EpochEvidence, "posted" | "deals">,
  epoch: Epoch,
  position: number,
  place: { chainId: number; hub: string },
  recover: Recover = recoverWithEthers,
): Check[] {
  const task = epoch.tasks[position]!;
  const terms = deals.get(task.dealId)!;
  const { root, count } = posted.header.roots.tasks;
  const path = epoch.trees.tasks.path(position);
  const isThere = keccakTree.verify(fromHex(root), taskLeaf(epoch.records[position]!), position, count, path);
  const { pool } = posted.header;
  return [
    { claim: `the task is leaf ${position} of the tasks that were posted`, ok: isThere },
    { claim: "its deal is with this pool", ok: terms.pool === pool },
    ...verifyTask(
      { ...task, chainId: place.chainId, hub: toAddress(place.hub), pool, job: task.dealId, terms },
      recover,
    ),
  ];
}

const recoverWithEthers: Recover = (hash, signature) => toAddress(recoverAddress(toHex(hash), toHex(signature)));

function checkTree(check: AddCheck, what: string, posted: TreeRoot | SumTreeRoot, built: TreeRoot | SumTreeRoot): void {
  check(`the ${what} make the root that was posted`, sameRoot(posted, built), built.root);
}

function sameRoot(a: TreeRoot | SumTreeRoot, b: TreeRoot | SumTreeRoot): boolean {
  if (a.root !== b.root || a.count !== b.count) return false;
  if (!("sum" in a) || !("sum" in b)) return true;
  return a.sum.rewardWei === b.sum.rewardWei && a.sum.good === b.sum.good && a.sum.bad === b.sum.bad;
}

function sameSummaries(built: readonly DealSummary[], posted: readonly DealSummary[]): boolean {
  return built.length === posted.length && dealsHash(built) === dealsHash(posted);
}

const nameOf = ({ dealId, index }: SettledTask) => `${dealId} ${index}`;

function areInPlace(tasks: readonly SettledTask[], deals: ReadonlyMap<Bytes32, DealTerms>): boolean {
  return (
    new Set(tasks.map(nameOf)).size === tasks.length &&
    tasks.every(({ dealId, index }) => index < (deals.get(dealId)?.tasks ?? 0))
  );
}

/** A pool may publish anything: what cannot be built is said, not thrown. */
function build(
  data: Uint8Array,
  deals: ReadonlyMap<Bytes32, DealTerms>,
  previous: Ledger = new Map(),
): { epoch: Epoch; decoded: EpochData } | { why: string } {
  try {
    const decoded = decodeEpochData(data);
    const unknown = decoded.tasks.find(({ dealId }) => !deals.has(dealId));
    if (unknown) return { why: `a task of deal ${unknown.dealId}, which the epoch does not name` };
    return { epoch: assembleEpoch({ previous, deals, ...decoded }), decoded };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** What all workers had earned when these epochs were done, and the first thing in them that does not follow. */
function ledgerAfter(epochs: readonly EpochEvidence[]): { ledger: Ledger; settled: Set<string>; why?: string } {
  let ledger: Ledger = new Map();
  const settled = new Set<string>();
  for (const { posted, data, deals } of epochs) {
    const { roots, number, previous } = posted.header;
    const wrong = (what: string) => ({ ledger, settled, why: `epoch ${number}: ${what}` });
    if (hex32(keccak_256(data)) !== roots.dataHash) return wrong("its data is not what was posted");
    if (!sameRoot(ledgerRoot(ledgerTree(entriesOf(ledger))), previous)) return wrong("it builds on another ledger");
    const built = build(data, deals, ledger);
    if ("why" in built) return wrong(built.why);
    if (!sameRoot(built.epoch.roots.ledger, roots.ledger)) return wrong("its rewards make another ledger");
    for (const task of built.epoch.tasks) settled.add(nameOf(task));
    ledger = new Map(built.epoch.ledger.map(({ worker, sum }) => [worker, sum]));
  }
  return { ledger, settled };
}
