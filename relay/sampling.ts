// Outputs too large to be compared whole, of kernels that compare within a tolerance: leaves of them are, the same of all,
// drawn when all of them have been committed to. When one more has been, leaves are drawn anew and everybody is asked
// again: who came later might know the old ones.
//
//   all have committed ─▶ leaves drawn ─▶ each: reveal, show ─▶ digest opens the commitment, leaves have the digest ─▶ sample
import { randomInt } from "node:crypto";
import { leafCount, leafSpan } from "../protocol/digest.ts";
import { invariant } from "../protocol/errors.ts";
import type { Bytes32 } from "../protocol/ids.ts";
import { MAX_SHOWN_NODES } from "../protocol/limits.ts";
import { shapeOf } from "./checks.ts";
import type { Part } from "./disagreement.ts";
import type { JobContext } from "./rows.ts";
import { isSampled } from "./scheduler/belief.ts";
import type { Contribution, Task } from "./scheduler/state.ts";
import type { Showing } from "./showing.ts";

interface Draw {
  leaves: number[];
  /** Commitments made before it. */
  after: ReadonlySet<Bytes32>;
}

export class Sampling {
  readonly #showing: Showing;
  readonly #draws = new WeakMap<Task, Draw>();

  constructor(showing: Showing) {
    this.#showing = showing;
  }

  /**
   * The contribution is asked to be revealed. `digest` is what it has revealed, once it has; `sampled` is called when its
   * leaves have come and have that digest.
   */
  ask(
    job: JobContext,
    task: Task,
    contribution: Contribution,
    digest: () => Bytes32 | undefined,
    sampled: (sample: Uint8Array) => void,
  ): void {
    if (!isSampled(task)) return;
    // Who has come back is asked again, when others may have answered.
    const committed = task.contributions.flatMap((c) =>
      c.state === "asked" || c.state === "revealed" ? [c.commitment!] : [],
    );
    // Alone it is compared with nothing.
    if (committed.length < 2) return;
    const shape = shapeOf(job, task.index);
    let draw = this.#draws.get(task);
    if (!draw || !committed.every((commitment) => draw!.after.has(commitment))) {
      const leaves = drawLeaves(leafCount(shape.outputBytes, shape.itemBytes), (below) => randomInt(below));
      draw = { leaves, after: new Set(committed) };
      this.#draws.set(task, draw);
    }
    this.#showing.ask({
      worker: contribution.worker,
      key: task.key,
      level: 0,
      indices: draw.leaves,
      shape,
      digest,
      answered: (nodes) => nodes && sampled(joined(nodes.map(({ bytes }) => bytes))),
    });
  }

  /** Whether a revealed digest is to wait for leaves. */
  isAwaited(task: Task, { commitment }: Contribution): boolean {
    return isSampled(task) && this.#draws.get(task)?.after.has(commitment!) === true;
  }

  /** The drawn leaves of those that have shown them. */
  parts(job: JobContext, task: Task, contributions: readonly Contribution[]): Part[] {
    const draw = this.#draws.get(task);
    const shown = contributions.filter((c) => c.sample);
    if (!draw || shown.length < 2) return [];
    const { outputBytes, itemBytes } = shapeOf(job, task.index);
    let at = 0;
    return draw.leaves.map((leaf) => {
      const { start, end } = leafSpan(outputBytes, itemBytes, leaf);
      const from = at;
      at += end - start;
      return { start, of: shown.map(({ worker, sample }) => ({ worker, bytes: sample!.subarray(from, at) })) };
    });
  }
}

/** As many as may be shown at once, or all, ascending. `random(n)` is uniform over 0 to n − 1. */
export function drawLeaves(leaves: number, random: (below: number) => number): number[] {
  const drawn = new Set<number>();
  // Floyd's: each subset is as likely as any other, and no list of all leaves is made.
  for (let last = Math.max(0, leaves - MAX_SHOWN_NODES); last < leaves; last++) {
    const pick = random(last + 1);
    invariant(pick >= 0 && pick <= last, "a draw is within its bound");
    drawn.add(drawn.has(pick) ? last : pick);
  }
  return [...drawn].sort((a, b) => a - b);
}

function joined(leaves: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(leaves.reduce((sum, leaf) => sum + leaf.length, 0));
  let at = 0;
  for (const leaf of leaves) {
    bytes.set(leaf, at);
    at += leaf.length;
  }
  return bytes;
}
