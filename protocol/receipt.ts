// What proves a certified result to a stranger, with no server and no chain: who committed what, that it was signed and
// acknowledged before anything was revealed, that the revealed digests open the commitments, and that they satisfy the
// deal's law. Whether the deal and the epoch's root are on chain is a second question, asked of the chain.
import * as v from "valibot";
import { jobSpecSchema } from "./api.ts";
import { ackHash, commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "./commit.ts";
import { digestOf } from "./digest.ts";
import { SuperEdgeError } from "./errors.ts";
import { type Address, fromHex, type Hex, hex32, isHex } from "./ids.ts";
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

/**
 * Checks every claim of a receipt. `recover` returns the signer of a 32-byte hash (throws or returns another address if
 * the signature does not fit). `output`, if given, must have the canonical digest.
 */
export function verifyReceipt(
  receipt: Receipt,
  recover: (hash: Uint8Array, signature: Uint8Array) => Address,
  output?: Uint8Array,
): ReceiptChecks {
  const checks: Check[] = [];
  const check = (claim: string, ok: boolean, found?: string) =>
    checks.push(ok || found === undefined ? { claim, ok } : { claim, ok, found });
  const signer = (hash: Uint8Array, text: string): string => {
    try {
      return recover(hash, fromHex(text));
    } catch {
      return "nobody";
    }
  };

  const domain: Domain = { chainId: receipt.chainId, hub: receipt.hub };
  const key = fromHex(receipt.taskKey);
  const hash = jobHash(receipt.spec);
  check("the deal's job hash is that of this job", hash === receipt.jobHash, hash);
  const named = hex32(taskKeyOf(receipt.job, receipt.index, fromHex(receipt.nonce)));
  check("the task key names this deal and task", named === receipt.taskKey, named);

  for (const c of receipt.contributions) {
    const who = c.worker.slice(0, 10);
    const commitment = commitmentOf(key, c.worker, fromHex(c.digest), fromHex(c.salt));
    const path = c.path.map(fromHex);
    check(
      `${who}: digest and salt open a commitment of its batch ${c.batch.sequence}`,
      keccakTree.verify(fromHex(c.batch.root), commitment, c.position, c.batch.count, path),
    );
    const batch = {
      pool: receipt.pool,
      worker: c.worker,
      sequence: c.batch.sequence,
      root: fromHex(c.batch.root),
      count: c.batch.count,
    };
    const committer = signer(commitBatchHash(domain, batch), c.batch.signature);
    check(`${who}: the batch is signed by the worker`, committer === c.worker, committer);
    const promiser = signer(ackHash(domain, batch), c.ack);
    check(`${who}: the pool promised to include it`, promiser === receipt.pool, promiser);
  }
  const workers = new Set(receipt.contributions.map((c) => c.worker));
  check("every contribution is by another worker", workers.size === receipt.contributions.length);
  checkLaw(receipt, check);
  if (output) {
    const digest = digestOf(output, receipt.itemBytes);
    check("the output has the certified digest", digest === receipt.digest, digest);
  }
  return { ok: checks.every((c) => c.ok), checks };
}

function checkLaw(receipt: Receipt, check: (claim: string, ok: boolean, found?: string) => void): void {
  const { law, trust, replicas } = receipt.spec;
  const agreeing = receipt.contributions.filter((c) => c.agrees);
  const others = receipt.contributions.filter((c) => !c.agrees);
  check(
    "the certified digest is one of those that agree",
    agreeing.some((c) => c.digest === receipt.digest),
  );
  check(`at least ${replicas} contributions agree`, agreeing.length >= replicas, String(agreeing.length));
  if (law === "pool") {
    // Within a tolerance each worker has its own digest; that the outputs agree is the pool's word.
    check(
      "more contributions agree than do not",
      agreeing.length > others.length,
      `${agreeing.length} of ${receipt.contributions.length}`,
    );
    return;
  }
  check(
    "those agree that have the certified digest, and only those",
    receipt.contributions.every((c) => c.agrees === (c.digest === receipt.digest)),
  );
  check(`their credibility reaches trust ${trust}`, certifiedDigest(receipt.contributions, trust) === receipt.digest);
}
