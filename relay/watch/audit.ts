// Checks a posted epoch as contracts/Challenges.sol would, and names the first fault that a challenge can prove. Pure: the
// chain's word (header, deals, terms) and the leaves come in, a decision goes out; relay/watch/proofs.ts makes the call data.
import { type CommitBatch, commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "../../protocol/commit.ts";
import type { DealSummary, DealTerms, EpochHeader } from "../../protocol/epoch.ts";
import type { RewardEntry } from "../../protocol/epochBuild.ts";
import { type Address, type Bytes32, fromHex } from "../../protocol/ids.ts";
import { verify } from "../../protocol/keccakTree.ts";
import { type LedgerEntry, ledgerAfter } from "../../protocol/ledger.ts";
import { isCertified, MAX_CONTRIBUTIONS, weigh } from "../../protocol/poco.ts";
import { NOTHING, packSum, type Sum } from "../../protocol/sumTree.ts";
import { keccak } from "../hashes.ts";
import { recoverAddress } from "../signature.ts";
import { type ContributionRecord, type Evidence, expectedRewards, type PublishedTask, unlikeTrees } from "./leaves.ts";

/** What the chain says of an epoch. */
export interface PostedEpoch {
  header: EpochHeader;
  deals: DealSummary[];
  /** Of the deals above; one that is not here does not exist. */
  terms: ReadonlyMap<Bytes32, DealTerms>;
}

/** An epoch of the same pool with a lower number, pending or final. */
export interface EarlierEpoch {
  number: number;
  /** Deal → index → position in its tree. */
  places: ReadonlyMap<Bytes32, ReadonlyMap<number, number>>;
}

/** `task` is a position in the epoch; `why` is a sentence's end for people. */
export type Fault =
  | { fault: "ForgedContribution"; task: number; contribution: number; why: string }
  | { fault: "UnprovenTask" | "UnsortedTasks" | "MisplacedTask"; task: number; why: string }
  | { fault: "SettledTwice"; task: number; earlier: { number: number; position: number }; why: string }
  | { fault: "WrongReward"; task: number; worker: Address; run: Run; why: string }
  | { fault: "WrongLedger"; worker: Address; run: Run; why: string }
  /** What was published does not have these roots, or nothing was: nobody can prove more with it. */
  | { fault: "Withheld"; why: string };

/** Neighbouring leaves. */
export interface Run {
  first: number;
  length: number;
}

/** The first fault; undefined if the epoch is honest. */
export function auditEpoch(
  posted: PostedEpoch,
  evidence: Evidence,
  earlier: readonly EarlierEpoch[],
  domain: Domain,
): Fault | undefined {
  const unlike = unlikeTrees(evidence, posted.header);
  const withheld = (): Fault | undefined =>
    unlike.length > 0
      ? { fault: "Withheld", why: `what it published does not have the posted roots: ${unlike.join(", ")}` }
      : undefined;
  // Without these leaves nothing below can be shown.
  if (unlike.includes("tasks")) return withheld();
  return (
    wrongOrder(evidence) ??
    wrongPlace(posted, evidence) ??
    settledTwice(evidence, earlier) ??
    unproven(posted, evidence) ??
    (unlike.includes("commits") ? withheld() : forged(posted, evidence, domain)) ??
    (unlike.includes("rewards") ? withheld() : wrongReward(posted, evidence)) ??
    withheld() ??
    wrongLedger(evidence)
  );
}

const nameOf = ({ dealId, index }: PublishedTask): string => `task ${index} of deal ${dealId}`;

function first<T, F>(items: readonly T[], check: (item: T, place: number) => F | undefined): F | undefined {
  for (const [place, item] of items.entries()) {
    const found = check(item, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

const wrongOrder = ({ tasks }: Evidence): Fault | undefined =>
  first(tasks.slice(0, -1), (task, place) => {
    const next = tasks[place + 1]!;
    const isBefore = task.dealId < next.dealId || (task.dealId === next.dealId && task.index < next.index);
    return isBefore
      ? undefined
      : { fault: "UnsortedTasks", task: place, why: `${nameOf(next)} comes after ${nameOf(task)}` };
  });

function wrongPlace({ deals, terms }: PostedEpoch, { tasks }: Evidence): Fault | undefined {
  let deal = 0;
  let end = deals[0]?.tasks ?? 0;
  return first(tasks, (task, place) => {
    while (place >= end && deal + 1 < deals.length) end += deals[++deal]!.tasks;
    const { dealId } = deals[deal]!;
    if (task.dealId !== dealId)
      return { fault: "MisplacedTask", task: place, why: `${nameOf(task)} is charged to deal ${dealId}` };
    const volume = terms.get(dealId)?.tasks ?? 0;
    if (task.index < volume) return undefined;
    return { fault: "MisplacedTask", task: place, why: `${nameOf(task)}, which has ${volume} tasks` };
  });
}

const settledTwice = ({ tasks }: Evidence, earlier: readonly EarlierEpoch[]): Fault | undefined =>
  first(tasks, (task, place) =>
    first(earlier, ({ number, places }) => {
      const position = places.get(task.dealId)?.get(task.index);
      if (position === undefined) return undefined;
      const why = `${nameOf(task)} was settled by epoch ${number} before`;
      return { fault: "SettledTwice" as const, task: place, earlier: { number, position }, why };
    }),
  );

const unproven = ({ terms }: PostedEpoch, { tasks }: Evidence): Fault | undefined =>
  first(tasks, (task, place) => {
    const why = whyUnproven(task, terms.get(task.dealId)!);
    return why === undefined ? undefined : { fault: "UnprovenTask", task: place, why: `${nameOf(task)} ${why}` };
  });

function whyUnproven({ contributions, digest }: PublishedTask, deal: DealTerms): string | undefined {
  const { length } = contributions;
  if (length === 0 || length > MAX_CONTRIBUTIONS) return `has ${length} contributions`;
  if (new Set(contributions.map(({ worker }) => worker)).size < length) return "counts one worker twice";
  const agreeing = contributions.filter(({ agrees }) => agrees).length;
  if (agreeing === 0 || agreeing < deal.replicas)
    return `has ${agreeing} contributions that agree, its deal asks for ${deal.replicas}`;
  if (deal.law === "pool") return 2 * agreeing > length ? undefined : `believes ${agreeing} of ${length} contributions`;
  const { groups, total } = weigh(contributions);
  return isCertified(groups.get(digest) ?? 0n, total, deal.trust)
    ? undefined
    : `is not certified by its contributions at trust ${deal.trust}`;
}

function forged({ header, terms }: PostedEpoch, evidence: Evidence, domain: Domain): Fault | undefined {
  const { tasks, batches } = evidence;
  const isSigned = batches.map(() => undefined as boolean | undefined);
  const whyForged = (task: PublishedTask, contribution: ContributionRecord): string | undefined => {
    const { worker, agrees, digest, salt, batch: place, position, path } = contribution;
    if (digest === task.digest ? !agrees : agrees && terms.get(task.dealId)!.law !== "pool")
      return `is said ${agrees ? "to agree" : "not to agree"} against its digest`;
    const batch = batches[place];
    if (!batch) return `names batch ${place} of ${batches.length}`;
    if (batch.worker !== worker) return `is in a batch of ${batch.worker}`;
    const key = taskKeyOf(task.dealId, task.index, fromHex(task.nonce), keccak);
    const made = commitmentOf(key, worker, fromHex(digest), fromHex(salt), keccak);
    if (!verify(fromHex(batch.root), made, position, batch.count, path.map(fromHex)))
      return "is not what its worker committed to";
    isSigned[place] ??= isSignedByWorker(domain, { pool: header.pool, ...batch, root: fromHex(batch.root) }, batch);
    return isSigned[place] ? undefined : "was not signed by its worker";
  };
  return first(tasks, (task, place) =>
    first(task.contributions, (contribution, which) => {
      const why = whyForged(task, contribution);
      if (why === undefined) return undefined;
      const sentence = `a contribution of ${contribution.worker} to ${nameOf(task)} ${why}`;
      return { fault: "ForgedContribution" as const, task: place, contribution: which, why: sentence };
    }),
  );
}

function isSignedByWorker(domain: Domain, batch: CommitBatch, { signature }: { signature: string }): boolean {
  try {
    return recoverAddress(commitBatchHash(domain, batch), fromHex(signature)) === batch.worker;
  } catch {
    return false;
  }
}

const isBefore = (a: { worker: Address; task?: number }, b: { worker: Address; task?: number }): boolean =>
  a.worker < b.worker || (a.worker === b.worker && (a.task ?? 0) < (b.task ?? 0));

function wrongReward({ terms }: PostedEpoch, { tasks, rewards }: Evidence): Fault | undefined {
  const malformed = first(rewards, (entry, place) => misplacedReward(entry, place, rewards, tasks.length));
  if (malformed) return malformed;
  const expected = expectedRewards(tasks, terms);
  let paid = 0;
  for (const owed of expected) {
    const found = rewards[paid];
    if (found && isBefore(found, owed)) return unearned(found, paid, rewards);
    if (!found || isBefore(owed, found)) {
      const why = `${owed.worker} has no reward for task ${owed.task} of the epoch`;
      return rewardFault(owed, around(rewards, paid, paid), why);
    }
    if (packSum(found.sum) !== packSum(owed.sum)) {
      const why = `${owed.worker} is paid ${sumText(found.sum)} for task ${owed.task} of the epoch, not ${sumText(owed.sum)}`;
      return rewardFault(owed, around(rewards, paid, paid + 1), why);
    }
    paid++;
  }
  const rest = rewards[paid];
  return rest && unearned(rest, paid, rewards);
}

/** The leaves before are known to be in order and of tasks that are there. */
function misplacedReward(
  { worker, task }: RewardEntry,
  place: number,
  rewards: readonly RewardEntry[],
  tasks: number,
): Fault | undefined {
  const before = rewards[place - 1];
  if (before && !isBefore(before, { worker, task }))
    return rewardFault(before, { first: place - 1, length: 2 }, `a reward of ${worker} comes after ${before.worker}'s`);
  if (task < tasks) return undefined;
  // Its worker's reward for the last task stands just before it, or would.
  const run = around(rewards, place, place);
  return rewardFault({ worker, task: tasks - 1 }, run, `${worker} is paid for task ${task} of ${tasks} in the epoch`);
}

const unearned = (entry: RewardEntry, at: number, rewards: readonly RewardEntry[]): Fault =>
  rewardFault(
    entry,
    around(rewards, at, at + 1),
    `${entry.worker} is paid for task ${entry.task}, no part of it its own`,
  );

const rewardFault = ({ worker, task }: Pick<RewardEntry, "worker" | "task">, run: Run, why: string): Fault => ({
  fault: "WrongReward",
  task,
  worker,
  run,
  why,
});

const sumText = ({ rewardWei, good, bad }: Sum): string => `${rewardWei} wei (${good} right, ${bad} wrong)`;

function wrongLedger({ rewards, ledger, previous }: Evidence): Fault | undefined {
  if (!ledger || !previous) return undefined;
  const unsorted = ledger.findIndex((entry, place) => place > 0 && !isBefore(ledger[place - 1]!, entry));
  if (unsorted > 0) {
    const { worker } = ledger[unsorted - 1]!;
    const past = ledger.findIndex((entry, place) => place >= unsorted && entry.worker > worker);
    const run = around(ledger, unsorted - 1, past === -1 ? ledger.length : past);
    return { fault: "WrongLedger", worker, run, why: `the ledger is out of order after ${worker}` };
  }
  const expected = ledgerAfter(new Map(previous.map(({ worker, sum }) => [worker, sum])), rewards).ledger;
  const found = new Map(ledger.map(({ worker, sum }) => [worker, sum]));
  for (const worker of [...new Set([...expected.keys(), ...found.keys()])].sort()) {
    const [is, should] = [found.get(worker) ?? NOTHING, expected.get(worker) ?? NOTHING];
    if (packSum(is) === packSum(should)) continue;
    const why = `the ledger says ${sumText(is)} of ${worker}, not ${sumText(should)}`;
    return { fault: "WrongLedger", worker, run: runOf(ledger, worker), why };
  }
  return undefined;
}

/** Leaves `from` to `end − 1` with a neighbour on each side, where there is one. */
function around(entries: readonly unknown[], from: number, end: number): Run {
  const first = Math.max(0, from - 1);
  return { first, length: Math.min(entries.length, end + 1) - first };
}

/** All leaves of a worker with a neighbour on each side: in a sorted tree they show whether there are more. */
export function runOf(entries: readonly LedgerEntry[], worker: Address): Run {
  const from = entries.findIndex((entry) => entry.worker >= worker);
  const start = from === -1 ? entries.length : from;
  const past = entries.findIndex((entry) => entry.worker > worker);
  return around(entries, start, past === -1 ? entries.length : past);
}
