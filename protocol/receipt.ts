// What proves a certified result to a stranger, with no server and no chain: who committed what, that it was signed and
// acknowledged before anything was revealed, that the revealed digests open the commitments, and that they satisfy the
// deal's law. Whether the deal and the epoch's root are on chain is a second question, asked of the chain.
import * as v from "valibot";
import { jobSpecSchema, type Law } from "./api.ts";
import { ackHash, commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "./commit.ts";
import { digestOf } from "./digest.ts";
import type { SettledContribution } from "./epoch.ts";
import { SuperEdgeError } from "./errors.ts";
import { type Address, type Bytes32, fromHex, type Hex, hex32, isHex } from "./ids.ts";
import { jobHash } from "./job.ts";
import * as keccakTree from "./keccakTree.ts";
import { MAX_BATCH_TASKS, MAX_OUTPUT_BYTES } from "./limits.ts";
import { describeIssues } from "./parse.ts";
import { certifiedDigest } from "./poco.ts";
import { address, bytes32, positive, uint } from "./schemas.ts";

const signature = v.custom<Hex>(
  (x) => typeof x === "string" && isHex(x) && x.length === 132,
  "expected a signature of 65 bytes in hexadecimal",
);

export const receiptSchema = v.strictObject({
  version: v.literal(1),
  chainId: uint(),
  hub: address,
  pool: address,
  job: bytes32,
  spec: jobSpecSchema,
  /** keccak-256 of the spec, as the deal binds it. */
  jobHash: bytes32,
  index: uint(),
  nonce: bytes32,
  taskKey: bytes32,
  /** Canonical. */
  digest: bytes32,
  /** How the output is cut into digest leaves. */
  itemBytes: positive(MAX_OUTPUT_BYTES),
  contributions: v.pipe(
    v.array(
      v.strictObject({
        worker: address,
        agrees: v.boolean(),
        digest: bytes32,
        salt: bytes32,
        /** On chain, when the task was leased. */
        score: uint(),
        batch: v.strictObject({ sequence: uint(), root: bytes32, count: uint(), signature }),
        position: uint(),
        path: v.pipe(v.array(bytes32), v.maxLength(Math.log2(MAX_BATCH_TASKS))),
        /** The pool's promise to include the batch. */
        ack: signature,
      }),
    ),
    v.minLength(1),
    v.maxLength(64),
  ),
});
export type Receipt = v.InferOutput<typeof receiptSchema>;

/** One thing a receipt claims, and whether it holds. */
export interface Check {
  claim: string;
  ok: boolean;
  /** What was found instead. */
  found?: string;
}

export interface ReceiptChecks {
  ok: boolean;
  checks: Check[];
}

/** Throws `bad-receipt` if it is no receipt at all. */
export function parseReceipt(json: unknown): Receipt {
  const result = v.safeParse(receiptSchema, json);
  if (!result.success) throw new SuperEdgeError("bad-receipt", describeIssues(result.issues));
  return result.output;
}

/** A certified task with what its deal asked for: a receipt's, or an epoch's, which holds no acks. */
export interface CertifiedTask {
  chainId: number;
  hub: Address;
  pool: Address;
  job: Bytes32;
  index: number;
  nonce: Bytes32;
  digest: Bytes32;
  terms: { law: Law; trust: number; replicas: number };
  contributions: (SettledContribution & { ack?: Hex })[];
}

/** The signer of a 32-byte hash; throws or returns another address if the signature does not fit. */
export type Recover = (hash: Uint8Array, signature: Uint8Array) => Address;

/** Checks every claim of a receipt. `output`, if given, must have the canonical digest. */
export function verifyReceipt(receipt: Receipt, recover: Recover, output?: Uint8Array): ReceiptChecks {
  const { checks, check } = checkList();
  const hash = jobHash(receipt.spec);
  check("the deal's job hash is that of this job", hash === receipt.jobHash, hash);
  const named = hex32(taskKeyOf(receipt.job, receipt.index, fromHex(receipt.nonce)));
  check("the task key names this deal and task", named === receipt.taskKey, named);
  checks.push(...verifyTask({ ...receipt, terms: receipt.spec }, recover));
  if (output) {
    const digest = digestOf(output, receipt.itemBytes);
    check("the output has the certified digest", digest === receipt.digest, digest);
  }
  return { ok: checks.every((c) => c.ok), checks };
}

/**
 * That each contribution opens a commitment that its worker signed, and with an ack, that the pool had it before anything was
 * revealed; and that together they satisfy the law.
 */
export function verifyTask(task: CertifiedTask, recover: Recover): Check[] {
  const { checks, check } = checkList();
  const signer = (hash: Uint8Array, text: string): string => {
    try {
      return recover(hash, fromHex(text));
    } catch {
      return "nobody";
    }
  };
  const domain: Domain = { chainId: task.chainId, hub: task.hub };
  const key = taskKeyOf(task.job, task.index, fromHex(task.nonce));
  for (const c of task.contributions) {
    const who = c.worker.slice(0, 10);
    const commitment = commitmentOf(key, c.worker, fromHex(c.digest), fromHex(c.salt));
    const path = c.path.map(fromHex);
    check(
      `${who}: digest and salt open a commitment of its batch ${c.batch.sequence}`,
      keccakTree.verify(fromHex(c.batch.root), commitment, c.position, c.batch.count, path),
    );
    const { sequence, count } = c.batch;
    const batch = { pool: task.pool, worker: c.worker, sequence, root: fromHex(c.batch.root), count };
    const committer = signer(commitBatchHash(domain, batch), c.batch.signature);
    check(`${who}: the batch is signed by the worker`, committer === c.worker, committer);
    if (c.ack === undefined) continue;
    const promiser = signer(ackHash(domain, batch), c.ack);
    check(`${who}: the pool promised to include it`, promiser === task.pool, promiser);
  }
  const workers = new Set(task.contributions.map((c) => c.worker));
  check("every contribution is by another worker", workers.size === task.contributions.length);
  checkLaw(task, check);
  return checks;
}

export type AddCheck = (claim: string, ok: boolean, found?: string) => void;

/** Grows by `check`; what was found is told where a claim is false. */
export function checkList(): { checks: Check[]; check: AddCheck } {
  const checks: Check[] = [];
  const check: AddCheck = (claim, ok, found) =>
    checks.push(ok || found === undefined ? { claim, ok } : { claim, ok, found });
  return { checks, check };
}

function checkLaw(task: CertifiedTask, check: AddCheck): void {
  const { law, trust, replicas } = task.terms;
  const agreeing = task.contributions.filter((c) => c.agrees);
  const others = task.contributions.filter((c) => !c.agrees);
  check(
    "the certified digest is one of those that agree",
    agreeing.some((c) => c.digest === task.digest),
  );
  check(`at least ${replicas} contributions agree`, agreeing.length >= replicas, String(agreeing.length));
  if (law === "pool") {
    // Within a tolerance each worker has its own digest; that the outputs agree is the pool's word.
    check(
      "more contributions agree than do not",
      agreeing.length > others.length,
      `${agreeing.length} of ${task.contributions.length}`,
    );
    return;
  }
  check(
    "those agree that have the certified digest, and only those",
    task.contributions.every((c) => c.agrees === (c.digest === task.digest)),
  );
  check(`their credibility reaches trust ${trust}`, certifiedDigest(task.contributions, trust) === task.digest);
}
