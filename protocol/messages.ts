// What crosses the volunteer's socket, both ways, as two unions of schemas. Rules are numbered in SPEC.md.
// Hashes, keys, digests, salts and signatures travel as bytes; content ids and addresses as text.
import * as v from "valibot";
import { adSchema } from "./ads.ts";
import { isErrorCode } from "./errors.ts";
import {
  DIGEST_LEAF_BYTES,
  MAX_BATCH_TASKS,
  MAX_INLINE_OUTPUT_BYTES,
  MAX_JOB_INPUTS,
  MAX_SHOWN_NODES,
  MAX_SIGNAL_BYTES,
  MAX_TREE_LEVELS,
} from "./limits.ts";
import { address, bytes, bytesUpTo, cid, text, uint, wei } from "./schemas.ts";

/** Both sides name it in their first message; a relay refuses another. */
export const PROTOCOL_VERSION = 1;

const hashes = v.custom<Uint8Array>(
  (b) => b instanceof Uint8Array && b.length > 0 && b.length % 32 === 0 && b.length <= 32 * MAX_BATCH_TASKS,
  `expected 1 to ${MAX_BATCH_TASKS} times 32 bytes`,
);
const MAX_TREE_NODES = 2 ** MAX_TREE_LEVELS;
const treeLevel = uint(MAX_TREE_LEVELS);
const path = v.custom<Uint8Array>(
  (b) => b instanceof Uint8Array && b.length % 32 === 0 && b.length <= 32 * MAX_TREE_LEVELS,
  `expected 0 to ${MAX_TREE_LEVELS} times 32 bytes`,
);
/** Of one connection; what peers call each other. */
const sessionId = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const errorCode = v.pipe(v.string(), v.check(isErrorCode, "expected an error code"));
const signature = bytes(65);
const hash = bytes(32);

/** volunteer → relay */
export const volunteerMessage = v.variant("type", [
  v.strictObject({
    type: v.literal("hello"),
    version: uint(65535),
    worker: address,
    owner: address,
    beneficiary: address,
    /** EIP-712 `Consent` by the worker's key: what the volunteer said yes to, where, until when (seconds). */
    consent: v.strictObject({ origin: text(300), expiresAt: uint(), signature }),
    /** EIP-712 `Hello` over the relay's challenge: proof of the key. */
    signature,
    ad: adSchema,
  }),
  v.strictObject({ type: v.literal("ad"), ad: adSchema }),
  /** Asks for a lease of at most `tasks` tasks. */
  v.strictObject({
    type: v.literal("ready"),
    tasks: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_BATCH_TASKS)),
  }),
  v.strictObject({
    type: v.literal("commit"),
    sequence: uint(),
    root: hash,
    signature,
    /** Task keys and their commitments, in the same order, 32 bytes each. */
    keys: hashes,
    commitments: hashes,
    /** What the tasks took, milliseconds, for sizing the next lease. */
    busyMs: uint(3_600_000),
    /** Of that, what the engine worked, rests left out; all of it if absent. Counted against a job's category. */
    workMs: v.optional(uint(3_600_000)),
  }),
  v.strictObject({
    type: v.literal("reveal"),
    reveals: v.pipe(
      v.array(
        v.strictObject({
          key: hash,
          digest: hash,
          salt: hash,
          /** Absent if larger than 64 KiB: then one winner is asked to upload it. */
          output: v.optional(bytesUpTo(MAX_INLINE_OUTPUT_BYTES)),
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_BATCH_TASKS),
    ),
  }),
  /** What `show` asked for, in its order: leaves with their bytes, or hashes of inner nodes. */
  v.strictObject({
    type: v.literal("shown"),
    key: hash,
    level: treeLevel,
    nodes: v.pipe(
      v.array(
        v.strictObject({
          index: uint(MAX_TREE_NODES),
          bytes: bytesUpTo(DIGEST_LEAF_BYTES),
          /** Siblings up to the root, 32 bytes each. */
          path,
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_SHOWN_NODES),
    ),
  }),
  /** Tasks it will not do: it stops, or the tab closes. No harm to its name. */
  v.strictObject({ type: v.literal("handBack"), keys: hashes }),
  v.strictObject({ type: v.literal("failed"), key: hash, code: errorCode, message: text(2000) }),
  v.strictObject({ type: v.literal("have"), cid }),
  v.strictObject({ type: v.literal("find"), cid }),
  v.strictObject({ type: v.literal("signal"), to: sessionId, data: text(MAX_SIGNAL_BYTES) }),
  v.strictObject({ type: v.literal("ping") }),
]);
export type VolunteerMessage = v.InferOutput<typeof volunteerMessage>;

const paramValue = v.pipe(v.number(), v.finite());

/** relay → volunteer */
export const relayMessage = v.variant("type", [
  v.strictObject({
    type: v.literal("challenge"),
    version: uint(65535),
    challenge: hash,
    /** The EIP-712 domain everything here is signed in. */
    chainId: uint(),
    hub: address,
    pool: address,
  }),
  v.strictObject({
    type: v.literal("welcome"),
    session: sessionId,
    /** The sequence the worker's next commit batch must bear. */
    sequence: uint(),
    /** Bearer secret for uploads of this session. */
    uploadToken: text(64),
  }),
  v.strictObject({
    type: v.literal("lease"),
    /** All tasks of a lease belong to one app with one set of parameters and inputs. */
    app: cid,
    params: v.record(text(64), paramValue),
    inputs: v.pipe(v.array(cid), v.maxLength(MAX_JOB_INPUTS)),
    tasks: v.pipe(
      v.array(v.strictObject({ key: hash, first: uint(2 ** 32), count: uint(2 ** 32) })),
      v.minLength(1),
      v.maxLength(MAX_BATCH_TASKS),
    ),
    /** From now, milliseconds: a task not committed by then goes to somebody else. */
    deadlineMs: uint(),
    /** What one certified task pays its agreeing workers together, wei. */
    rewardWei: wei,
  }),
  /** Nothing to do for this worker now; the relay sends a lease when there is. */
  v.strictObject({ type: v.literal("idle"), reason: text(300) }),
  v.strictObject({ type: v.literal("ack"), sequence: uint(), root: hash, signature }),
  /** The commit phase of these tasks is over: show digests and salts. */
  v.strictObject({ type: v.literal("reveal"), keys: hashes }),
  /** Send this task's whole output to PUT /api/uploads/KEY. */
  v.strictObject({ type: v.literal("upload"), key: hash }),
  /** Show these nodes of the digest tree of an output committed to; at level 0 they are leaves. */
  v.strictObject({
    type: v.literal("show"),
    key: hash,
    level: treeLevel,
    indices: v.pipe(v.array(uint(MAX_TREE_NODES)), v.minLength(1), v.maxLength(MAX_SHOWN_NODES)),
  }),
  v.strictObject({
    type: v.literal("verdicts"),
    verdicts: v.pipe(
      v.array(
        v.strictObject({
          key: hash,
          /** lapsed: the task was decided without this contribution (not revealed in time, or job stopped). */
          verdict: v.picklist(["certified", "rejected", "lapsed"]),
          rewardWei: wei,
        }),
      ),
      v.maxLength(MAX_BATCH_TASKS),
    ),
  }),
  /** These tasks are no longer wanted: stop computing them. */
  v.strictObject({ type: v.literal("revoke"), keys: hashes }),
  v.strictObject({ type: v.literal("peers"), cid, peers: v.pipe(v.array(sessionId), v.maxLength(8)) }),
  v.strictObject({ type: v.literal("signal"), from: sessionId, data: text(MAX_SIGNAL_BYTES) }),
  v.strictObject({ type: v.literal("pong") }),
  v.strictObject({
    type: v.literal("error"),
    code: errorCode,
    message: text(2000),
    /** Of the commit batch that was refused: the number is free again. */
    sequence: v.optional(uint()),
  }),
]);
export type RelayMessage = v.InferOutput<typeof relayMessage>;
export type LeaseMessage = Extract<RelayMessage, { type: "lease" }>;
