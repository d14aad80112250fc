// Makes a fault into the call that proves it. Shapes are those of contracts/interfaces/IChallenges.sol.
import type { EpochHeader } from "../../protocol/epoch.ts";
import { type Address, hex32 } from "../../protocol/ids.ts";
import type { LedgerEntry } from "../../protocol/ledger.ts";
import type { SumTree } from "../../protocol/sumTree.ts";
import { dealsToAbi, headerToAbi, rangeToAbi } from "../settlement/abi.ts";
import { type Fault, type PostedEpoch, runOf } from "./audit.ts";
import { contributionsTree, type Evidence } from "./leaves.ts";

/** In the contract's order. */
export const FAULTS = [
  "ForgedContribution",
  "UnprovenTask",
  "UnsortedTasks",
  "MisplacedTask",
  "SettledTwice",
  "WrongReward",
  "WrongLedger",
] as const;

export type ProvableFault = Exclude<Fault, { fault: "Withheld" }>;

export interface ChallengeCall {
  method: string;
  /** Of IChallenges.Fault. */
  fault: number;
  /** What the lock names: a task, or a worker's address as a number. */
  position: bigint;
  /** All but the salt, which comes last. */
  args: unknown[];
}

/** An earlier epoch that a `SettledTwice` points to. */
export interface EarlierEvidence {
  header: EpochHeader;
  evidence: Evidence;
}

/** `earlier` is asked for, by its number, only if the fault is `SettledTwice`. */
export function challengeOf(
  { header, deals }: Pick<PostedEpoch, "header" | "deals">,
  evidence: Evidence,
  found: ProvableFault,
  earlier: (number: number) => EarlierEvidence,
): ChallengeCall {
  const call = (method: string, position: bigint | number, ...args: unknown[]): ChallengeCall => ({
    method,
    fault: FAULTS.indexOf(found.fault),
    position: BigInt(position),
    args: [headerToAbi(header), ...args],
  });
  if (found.fault === "WrongLedger") {
    const { worker } = found;
    const runs = [
      whole(evidence.trees.rewards, evidence.rewards, worker),
      ledgerRun(evidence, found),
      whole(evidence.trees.previous!, evidence.previous!, worker),
    ];
    return call("challengeLedger", BigInt(worker), worker, ...runs);
  }
  const task = taskProof(evidence, found.task);
  switch (found.fault) {
    case "ForgedContribution": {
      const { contribution } = found;
      const batch = batchProof(evidence, evidence.tasks[found.task]!.contributions[contribution]!.batch);
      return call(
        "challengeContribution",
        found.task,
        task,
        contributionProof(evidence, found.task, contribution),
        batch,
      );
    }
    case "UnprovenTask":
      return call("challengeTask", found.task, task, evidence.tasks[found.task]!.contributions);
    case "UnsortedTasks":
      return call("challengeOrder", found.task, task, taskProof(evidence, found.task + 1));
    case "MisplacedTask":
      return call("challengePlace", found.task, dealsToAbi(deals), task);
    case "SettledTwice": {
      const before = earlier(found.earlier.number);
      const earlierTask = taskProof(before.evidence, found.earlier.position);
      return call("challengeSettledTwice", found.task, task, headerToAbi(before.header), earlierTask);
    }
    case "WrongReward": {
      const { first, length } = found.run;
      const run = rangeToAbi(evidence.trees.rewards, evidence.rewards, first, length);
      const { contributions } = evidence.tasks[found.task]!;
      return call("challengeReward", found.task, task, contributions, found.worker, run);
    }
  }
}

const taskProof = ({ records, trees }: Evidence, position: number) => ({
  task: records[position],
  position,
  path: trees.tasks.path(position).map(hex32),
});

function contributionProof({ tasks }: Evidence, task: number, position: number) {
  const path = contributionsTree(tasks[task]!).path(position).map(hex32);
  return { contribution: tasks[task]!.contributions[position], position, path };
}

/** Of a batch beyond the epoch's there is nothing to show: the contract looks at none. */
const batchProof = ({ batches, trees }: Evidence, place: number) =>
  batches[place]
    ? { batch: batches[place], path: trees.commits.path(place).map(hex32) }
    : {
        batch: { worker: `0x${"00".repeat(20)}`, sequence: 0, root: `0x${"00".repeat(32)}`, count: 0, signature: "0x" },
        path: [],
      };

const NO_RUN = { leaves: [], first: 0, path: [] };

/** Every leaf of a worker. */
function whole(tree: SumTree, entries: readonly LedgerEntry[], worker: Address) {
  if (entries.length === 0) return NO_RUN;
  const { first, length } = runOf(entries, worker);
  return rangeToAbi(tree, entries, first, length);
}

function ledgerRun({ trees, ledger }: Evidence, { run }: Extract<Fault, { fault: "WrongLedger" }>) {
  return run.length === 0 ? NO_RUN : rangeToAbi(trees.ledger!, ledger!, run.first, run.length);
}
