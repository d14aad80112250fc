// Finds, for every task whose workers disagree, the first item in which they do, and writes it down. A service to whoever
// reads the report, not a judgement: it waits for nobody, and gives up when somebody is away.
//
//   all outputs in hand ─▶ compared                    two large ones ─▶ sixteen nodes of each ─▶ … ─▶ one leaf of each
import { rangeOf } from "../protocol/api.ts";
import { leafCount, leafSpan } from "../protocol/digest.ts";
import type { DigestNode } from "../protocol/digestProof.ts";
import { type Address, toHex } from "../protocol/ids.ts";
import { firstQuestion, nextQuestion, type Question } from "./bisection.ts";
import { shapeOf } from "./checks.ts";
import { type Difference, firstDifference, type Part } from "./disagreement.ts";
import type { JobContext } from "./rows.ts";
import type { Contribution, Task } from "./scheduler/state.ts";
import type { Showing } from "./showing.ts";
import type { Store } from "./store/store.ts";

/** Searches under way at a time: a pool full of liars must not keep it busy with their lies. */
const MAX_SEARCHES = 32;

export class Disputes {
  readonly #store: Store;
  readonly #showing: Showing;
  readonly #isConnected: (worker: Address) => boolean;
  #searches = 0;

  constructor(store: Store, showing: Showing, isConnected: (worker: Address) => boolean) {
    this.#store = store;
    this.#showing = showing;
    this.#isConnected = isConnected;
  }

  /** `parts`: of outputs too large to be in hand, leaves that all have shown. */
  note(context: JobContext, task: Task, contributions: readonly Contribution[], parts: readonly Part[]): void {
    const whole = contributions.flatMap((c) => {
      const bytes = c.output ?? this.#storedOutput(context, task, c);
      return bytes ? [{ worker: c.worker, bytes }] : [];
    });
    const inHand = whole.length > 1 ? [{ start: 0, of: whole }] : parts;
    const found = firstDifference(inHand, context.manifest);
    if (found) return this.#put(context, task.index, found);
    if (context.manifest.compare.kind === "exact" && whole.length === 0) this.#search(context, task, contributions);
  }

  /** Of a result that waited long before somebody disagreed with it. */
  #storedOutput({ row }: JobContext, task: Task, { inline, worker }: Contribution): Uint8Array | null {
    const number = inline ? this.#store.workers.get(worker)?.n : undefined;
    return number === undefined ? null : this.#store.contributions.output(row.n, task.index, number);
  }

  /** Between the first two that differ and are there. */
  #search(context: JobContext, task: Task, contributions: readonly Contribution[]): void {
    const here = contributions.filter((c) => c.digest && this.#isConnected(c.worker));
    const [a] = here;
    const b = here.find((c) => c.digest !== a?.digest);
    if (!a || !b || this.#searches >= MAX_SEARCHES || this.#store.differences.has(context.row.n, task.index)) return;
    this.#searches++;
    const shape = shapeOf(context, task.index);
    const leaves = leafCount(shape.outputBytes, shape.itemBytes);

    const ask = (question: Question) => {
      const answers: (readonly DigestNode[] | undefined)[] = [];
      const answered = (place: number) => (nodes: DigestNode[] | undefined) => {
        answers[place] = nodes;
        if (!(0 in answers && 1 in answers)) return;
        const [left, right] = answers;
        if (left && right) go(left, right);
        else this.#searches--;
      };
      for (const [place, c] of [a, b].entries())
        this.#showing.ask({
          worker: c.worker,
          key: task.key,
          ...question,
          shape,
          digest: () => c.digest,
          answered: answered(place),
        });
    };
    const go = (left: readonly DigestNode[], right: readonly DigestNode[]) => {
      const next = nextQuestion(leaves, [left, right]);
      if (!("leaf" in next)) return ask(next);
      this.#searches--;
      const { start } = leafSpan(shape.outputBytes, shape.itemBytes, next.leaf);
      const of = [a, b].map(({ worker }, i) => ({ worker, bytes: next.bytes[i]! }));
      const found = firstDifference([{ start, of }], context.manifest);
      if (found) this.#put(context, task.index, found);
    };
    ask(firstQuestion(leaves));
  }

  #put({ row }: JobContext, task: number, { item, offsetBytes, workers }: Difference): void {
    const difference = {
      task,
      item: rangeOf(row.spec, task).first + item,
      offsetBytes,
      workers: workers.map(({ worker, bytes }) => ({ worker, bytesHex: toHex(bytes).slice(2) })),
    };
    this.#store.group.write(() => this.#store.differences.put(row.n, difference));
  }
}
