// What a worker's messages must prove before they become events: signatures, commitments, digests.
import { rangeOf } from "../protocol/api.ts";
import { batchRoot, type CommitBatch, commitBatchHash, commitmentOf, type Domain } from "../protocol/commit.ts";
import { digestOf } from "../protocol/digest.ts";
import type { TreeShape } from "../protocol/digestProof.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Bytes32, hex32, type TaskKey } from "../protocol/ids.ts";
import { MAX_INLINE_OUTPUT_BYTES } from "../protocol/limits.ts";
import type { VolunteerMessage } from "../protocol/messages.ts";
import { keccak, sha256 } from "./hashes.ts";
import type { JobContext } from "./rows.ts";
import type { Contribution, State, Task } from "./scheduler/state.ts";
import { recoverAddress } from "./signature.ts";

type Commit = Extract<VolunteerMessage, { type: "commit" }>;
type Reveal = Extract<VolunteerMessage, { type: "reveal" }>["reveals"][number];

/** [W4] A commitment a key, the root theirs, the signature the worker's. Throws `bad-message`, `bad-signature`. */
export function checkBatch(
  message: Commit,
  worker: Address,
  { domain, pool }: { domain: Domain; pool: Address },
): { commitments: Uint8Array[]; batch: CommitBatch } {
  const count = message.commitments.length / 32;
  if (message.keys.length !== message.commitments.length)
    throw new SuperEdgeError(
      "bad-message",
      `expected a commitment a key, found ${message.keys.length / 32} keys and ${count} commitments`,
    );
  const commitments = splitHashes(message.commitments);
  const root = batchRoot(commitments, keccak);
  if (!sameBytes(root, message.root))
    throw new SuperEdgeError("bad-message", "root: expected the Merkle root of the commitments");
  const batch = { pool, worker, sequence: message.sequence, root, count };
  if (recoverAddress(commitBatchHash(domain, batch), message.signature) !== worker)
    throw new SuperEdgeError("bad-signature", "expected the commit batch to be signed by the worker");
  return { commitments, batch };
}

/** [W8] The task was asked for, and digest and salt open its commitment. Throws `not-yours`, `out-of-order`, `no-reveal`. */
export function askedTask(state: State, worker: Address, reveal: Reveal): { task: Task; held: Contribution } {
  const key = hex32(reveal.key) as TaskKey;
  const task = state.names.get(key);
  const held = task?.contributions.find((c) => c.worker === worker);
  if (!task || !held) throw new SuperEdgeError("not-yours", `task ${key}: decided already, or never committed to`);
  if (held.state !== "asked")
    throw new SuperEdgeError("out-of-order", `task ${key}: expected a reveal once asked for, found it ${held.state}`);
  const commitment = hex32(commitmentOf(reveal.key, worker, reveal.digest, reveal.salt, keccak));
  if (commitment !== held.commitment)
    throw new SuperEdgeError("no-reveal", `task ${key}: digest and salt do not open the commitment`);
  return { task, held };
}

/** [W8] A small output comes with its reveal, a large one does not. Throws `bad-output`. */
export function checkOutput(job: JobContext, task: Task, reveal: Reveal): Uint8Array | undefined {
  if (outputBytes(job, task) <= MAX_INLINE_OUTPUT_BYTES) {
    checkBytes(job, task, reveal.output, hex32(reveal.digest));
    return reveal.output;
  }
  if (reveal.output) throw new SuperEdgeError("bad-output", "expected no output with the reveal: it is too large");
  return undefined;
}

/** [W9] The task whose large output `worker` has been asked for. Throws `not-yours`. */
export function awaitedUpload(state: State, worker: Address, key: TaskKey): { task: Task; digest: Bytes32 } {
  const task = state.names.get(key);
  const held = task?.contributions.find((c) => c.worker === worker);
  if (!task || !held?.digest || task.uploading?.worker !== worker)
    throw new SuperEdgeError("not-yours", `no output of task ${key} is awaited from this worker`);
  return { task, digest: held.digest };
}

/** Of the task's size, with the digest that was committed. Throws `bad-output`. */
export function checkBytes(job: JobContext, task: Task, output: Uint8Array | undefined, digest: Bytes32): void {
  const expected = outputBytes(job, task);
  if (output?.length !== expected)
    throw new SuperEdgeError("bad-output", `expected ${expected} bytes of output, found ${output?.length ?? "none"}`);
  if (digestOf(output, job.manifest.output.itemBytes, sha256) !== digest)
    throw new SuperEdgeError("bad-output", "the output does not have the digest that was committed");
}

const outputBytes = (job: JobContext, task: Task): number => shapeOf(job, task.index).outputBytes;

/** How a task's output is cut into the leaves of its digest. */
export function shapeOf({ row, manifest }: Pick<JobContext, "row" | "manifest">, task: number): TreeShape {
  const { itemBytes } = manifest.output;
  return { outputBytes: rangeOf(row.spec, task).count * itemBytes, itemBytes };
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
