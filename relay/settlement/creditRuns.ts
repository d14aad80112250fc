// Which neighbouring leaves of the ledger to credit together: a run shares one proof, and leaves in it that have nothing new
// cost little.
import type { Epoch } from "../../protocol/epochBuild.ts";

/** Leaves of one `creditMany`: about 17,000 gas each at first. */
const MAX_RUN = 50;

/** Runs that cover every worker of the epoch, in order; the same for the same epoch. */
export function creditRuns(epoch: Pick<Epoch, "ledger" | "rewards">): { first: number; length: number }[] {
  const earning = new Set(epoch.rewards.map(({ worker }) => worker));
  const runs: { first: number; length: number }[] = [];
  epoch.ledger.forEach(({ worker }, place) => {
    if (!earning.has(worker)) return;
    const run = runs.at(-1);
    if (run && place < run.first + MAX_RUN) run.length = place - run.first + 1;
    else runs.push({ first: place, length: 1 });
  });
  return runs;
}
