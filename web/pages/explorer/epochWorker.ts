// Builds an epoch's trees off the page's own thread: tens of thousands of hashes take seconds.
import { expose } from "comlink";
import { checkEpoch, checkTask, type EpochEvidence } from "../../../client/epochChecks.ts";
import type { SettledTask } from "../../../protocol/epoch.ts";
import type { Epoch } from "../../../protocol/epochBuild.ts";
import { invariant } from "../../../protocol/errors.ts";
import type { Address, Hex } from "../../../protocol/ids.ts";
import type { Check } from "../../../protocol/receipt.ts";

export interface Target {
  evidence: EpochEvidence;
  storedHash: Hex;
  earlier: EpochEvidence[] | undefined;
  place: { chainId: number; hub: string };
}

/** What of a built epoch is shown: its trees stay here. */
export interface BuiltEpoch {
  tasks: SettledTask[];
  batches: number;
  forfeited: Set<Address>;
}

/** Tasks whose contributions did not hold, at most this many named. */
const MAX_NAMED = 20;
/** Tasks between two words on how far it is. */
const TASKS_A_WORD = 25;

export class EpochChecker {
  #built: { target: Target; epoch: Epoch } | undefined;

  open(target: Target): { checks: Check[]; built?: BuiltEpoch } {
    const { checks, epoch } = checkEpoch(target.evidence, target.storedHash, target.earlier);
    if (!epoch) return { checks };
    this.#built = { target, epoch };
    const { tasks, batches, forfeited } = epoch;
    return { checks, built: { tasks, batches: batches.length, forfeited } };
  }

  task(position: number): Check[] {
    invariant(this.#built, "the epoch was opened before its tasks");
    const { target, epoch } = this.#built;
    return checkTask(target.evidence, epoch, position, target.place);
  }

  /** All tasks, one after the other; `onProgress` hears how many are done. */
  async everyTask(onProgress: (done: number) => void): Promise<{ wrong: number; named: number[] }> {
    invariant(this.#built, "the epoch was opened before its tasks");
    const named: number[] = [];
    let wrong = 0;
    for (const position of this.#built.epoch.tasks.keys()) {
      if (this.task(position).some(({ ok }) => !ok)) {
        wrong++;
        if (named.length < MAX_NAMED) named.push(position);
      }
      if (position % TASKS_A_WORD === 0) await onProgress(position);
    }
    return { wrong, named };
  }
}

expose(new EpochChecker());
