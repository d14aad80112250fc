// Questions about parts of outputs that workers hold: nodes of their digest trees, verified against what was committed
// before anybody sees them. A wrong answer is none.
//
//   ask ──show──▶ worker ──shown──▶ verified ─▶ answered(nodes)
//    │ asked again, not answered in time, forgotten ─▶ answered(undefined)
import { type DigestNode, type TreeShape, verifyNode } from "../protocol/digestProof.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Bytes32, fromHex, hex32, type TaskKey } from "../protocol/ids.ts";
import type { RelayMessage, VolunteerMessage } from "../protocol/messages.ts";
import { sha256 } from "./hashes.ts";

type Shown = Extract<VolunteerMessage, { type: "shown" }>;

export interface Question {
  worker: Address;
  key: TaskKey;
  /** Of the tree, 0 for leaves. */
  level: number;
  indices: readonly number[];
  shape: TreeShape;
  /** What the worker committed to; undefined as long as it has not revealed it. */
  digest: () => Bytes32 | undefined;
  /** Called once. */
  answered: (nodes: DigestNode[] | undefined) => void;
}

/** Time to answer, milliseconds. */
const SHOW_MS = 15_000;

export class Showing {
  readonly #send: (worker: Address, message: RelayMessage) => void;
  readonly #now: () => number;
  readonly #open = new Map<string, Question & { untilMs: number }>();

  constructor(send: (worker: Address, message: RelayMessage) => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /** Takes the place of an earlier question about the same task to the same worker. */
  ask(question: Question): void {
    const name = nameOf(question.worker, question.key);
    const before = this.#open.get(name);
    // At the end of the map: what is in it is in the order of its deadlines.
    this.#open.delete(name);
    this.#open.set(name, { ...question, untilMs: this.#now() + SHOW_MS });
    const { worker, key, level, indices } = question;
    this.#send(worker, { type: "show", key: fromHex(key), level, indices: [...indices] });
    before?.answered(undefined);
  }

  /** Throws `not-yours` unless that was asked, `out-of-order` before the digest is revealed, `bad-output` if it is not shown. */
  receive(worker: Address, { key, level, nodes }: Shown): void {
    const name = nameOf(worker, hex32(key) as TaskKey);
    const question = this.#open.get(name);
    if (!question) throw new SuperEdgeError("not-yours", `nothing of task ${hex32(key)} was asked of this worker`);
    const digest = question.digest();
    if (!digest) throw new SuperEdgeError("out-of-order", `task ${hex32(key)}: expected its reveal first`);
    const { indices } = question;
    if (
      level !== question.level ||
      nodes.length !== indices.length ||
      nodes.some(({ index }, i) => index !== indices[i])
    )
      throw new SuperEdgeError("bad-output", `expected nodes ${indices.join(", ")} at level ${question.level}`);
    const found = nodes.map(({ index, bytes, path }) => ({ level, index, bytes, path: splitHashes(path) }));
    for (const node of found) verifyNode(digest, question.shape, node, sha256);
    this.#open.delete(name);
    question.answered(found);
  }

  /** Gives up what was not answered in time. */
  tick(): void {
    const nowMs = this.#now();
    for (const [name, { untilMs, answered }] of this.#open) {
      if (untilMs > nowMs) return;
      this.#open.delete(name);
      answered(undefined);
    }
  }
}

const nameOf = (worker: Address, key: TaskKey): string => `${worker} ${key}`;
