// Two workers, two digests: the first leaf in which their outputs differ, found by asking both for nodes of their digest
// trees, sixteen at a time. 64 MiB take four questions to each.
//
//   root differs ─▶ sixteen nodes below it from both ─▶ the first that differs ─▶ sixteen below that ─▶ … ─▶ leaves
import { type DigestNode, nodesAt, rootLevel } from "../protocol/digestProof.ts";
import { invariant } from "../protocol/errors.ts";
import { MAX_SHOWN_NODES } from "../protocol/limits.ts";

export interface Question {
  /** 0 for leaves. */
  level: number;
  indices: number[];
}

/** Levels that one question goes down. */
const STEP = Math.log2(MAX_SHOWN_NODES);

/** Of a tree of `leaves` leaves, two of which differ at least in one. */
export const firstQuestion = (leaves: number): Question => below(leaves, rootLevel(leaves), 0);

/**
 * What to ask next, or the index of the first leaf that differs. Both answers are verified: a node that differs has one
 * below it that does.
 */
export function nextQuestion(
  leaves: number,
  answers: readonly [readonly DigestNode[], readonly DigestNode[]],
): Question | { leaf: number; bytes: [Uint8Array, Uint8Array] } {
  const [left, right] = answers;
  const at = left.findIndex(({ bytes }, i) => !isSame(bytes, right[i]!.bytes));
  invariant(at >= 0, "outputs of different digests differ below every node that does");
  const { level, index } = left[at]!;
  return level === 0 ? { leaf: index, bytes: [left[at]!.bytes, right[at]!.bytes] } : below(leaves, level, index);
}

function below(leaves: number, level: number, index: number): Question {
  const lower = Math.max(0, level - STEP);
  const first = index * 2 ** (level - lower);
  const end = Math.min((index + 1) * 2 ** (level - lower), nodesAt(leaves, lower));
  return { level: lower, indices: Array.from({ length: end - first }, (_, i) => first + i) };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
