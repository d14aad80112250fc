// A result's digest: one hash that binds every byte of an output, and lets a dispute come down to a single leaf that
// fits in a transaction. The contracts compute the same with the SHA-256 precompile.
//
//   digest = H(0x02 ‖ uint64 outputBytes ‖ uint32 itemBytes ‖ root)            integers big-endian, 45 bytes
//   root   = RFC 6962's tree: leaf H(0x00 ‖ bytes), node H(0x01 ‖ left ‖ right), split at the largest power of two
//            below the number of leaves; H of nothing for an empty output
//   leaves   items up to 4 KiB: as many whole items as fit in 4 KiB; larger items: each cut at every 4 KiB
//
// https://www.rfc-editor.org/rfc/rfc6962#section-2.1
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { SuperEdgeError } from "./errors.ts";
import { type Bytes32, hex32 } from "./ids.ts";
import { DIGEST_LEAF_BYTES, MAX_BLOB_BYTES } from "./limits.ts";

/** SHA-256 of the whole argument, 32 bytes. A server may pass its native one; the results are the same. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** One leaf of an output, with what proves that the digest covers it. */
export interface LeafProof {
  outputBytes: number;
  itemBytes: number;
  /** Which leaf, from 0. */
  index: number;
  leaf: Uint8Array;
  /** Siblings from the leaf up to the root, 32 bytes each. */
  path: Uint8Array[];
}

/** Where leaf `index` lies in the output, in bytes; `end` is exclusive. */
export interface LeafSpan {
  start: number;
  end: number;
}

const LEAF = 0;
const NODE = 1;
const DIGEST = 2;

/** How many leaves an output has; 0 for an empty one. Throws `bad-output` unless it is whole items, `too-large`. */
export function leafCount(outputBytes: number, itemBytes: number): number {
  checkShape(outputBytes, itemBytes);
  return itemBytes > DIGEST_LEAF_BYTES
    ? (outputBytes / itemBytes) * Math.ceil(itemBytes / DIGEST_LEAF_BYTES)
    : Math.ceil(outputBytes / packedBytes(itemBytes));
}

/** Throws `bad-output` if there is no such leaf. */
export function leafSpan(outputBytes: number, itemBytes: number, index: number): LeafSpan {
  const count = leafCount(outputBytes, itemBytes);
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new SuperEdgeError("bad-output", `expected a leaf below ${count}, found number ${index}`);
  return spanOf(outputBytes, itemBytes, index);
}

/**
 * The digest of `output`, whole items of `itemBytes` each (1 for an output that is not made of items).
 * Throws `bad-output` if the length is not a multiple of `itemBytes`.
 */
export const digestOf = (output: Uint8Array, itemBytes: number, sha256: Sha256 = nobleSha256): Bytes32 =>
  seal(output.length, itemBytes, rootOf(leafHashes(output, itemBytes, sha256), sha256), sha256);

/** The proof of leaf `index`. Throws `bad-output` if there is no such leaf. */
export function digestPath(
  output: Uint8Array,
  itemBytes: number,
  index: number,
  sha256: Sha256 = nobleSha256,
): LeafProof {
  const { start, end } = leafSpan(output.length, itemBytes, index);
  const path: Uint8Array[] = [];
  // From the root down; each step keeps the half that holds the leaf and notes the other one.
  let within = leafHashes(output, itemBytes, sha256);
  let at = index;
  while (within.length > 1) {
    const left = leftLeaves(within.length);
    const goesLeft = at < left;
    path.unshift(rootOf(goesLeft ? within.slice(left) : within.slice(0, left), sha256));
    within = goesLeft ? within.slice(0, left) : within.slice(left);
    if (!goesLeft) at -= left;
  }
  return { outputBytes: output.length, itemBytes, index, leaf: output.slice(start, end), path };
}

/** Throws `bad-output` unless `digest` covers exactly this leaf in this place. */
export function verifyLeaf(digest: Bytes32, proof: LeafProof, sha256: Sha256 = nobleSha256): void {
  const { outputBytes, itemBytes, index, leaf, path } = proof;
  const { start, end } = leafSpan(outputBytes, itemBytes, index);
  if (leaf.length !== end - start)
    throw new SuperEdgeError("bad-output", `expected ${end - start} bytes in leaf ${index}, found ${leaf.length}`);
  const turns = turnsTo(index, leafCount(outputBytes, itemBytes));
  if (path.length !== turns.length || path.some((sibling) => sibling.length !== 32))
    throw new SuperEdgeError(
      "bad-output",
      `expected a path of ${turns.length} hashes, found ${path.length} or odd ones`,
    );
  let hash = prefixed(LEAF, [leaf], sha256);
  for (const [level, sibling] of path.entries())
    hash = prefixed(NODE, turns[level] === "left" ? [hash, sibling] : [sibling, hash], sha256);
  const found = seal(outputBytes, itemBytes, hash, sha256);
  if (found !== digest) throw new SuperEdgeError("bad-output", `expected a leaf of ${digest}, found one of ${found}`);
}

function checkShape(outputBytes: number, itemBytes: number): void {
  if (!Number.isInteger(itemBytes) || itemBytes < 1 || itemBytes > 0xffffffff)
    throw new SuperEdgeError("bad-output", `expected an item size of 1 to 2^32 − 1 bytes, found ${itemBytes}`);
  if (!Number.isSafeInteger(outputBytes) || outputBytes < 0 || outputBytes % itemBytes !== 0)
    throw new SuperEdgeError("bad-output", `expected whole items of ${itemBytes} bytes, found ${outputBytes} bytes`);
  // Also keeps the count of leaves within 32 bits, whatever a stranger's proof says.
  if (outputBytes > MAX_BLOB_BYTES)
    throw new SuperEdgeError("too-large", `expected at most ${MAX_BLOB_BYTES} bytes, found ${outputBytes}`);
}

/** Bytes of a full leaf of items that fit in one. */
const packedBytes = (itemBytes: number) => Math.floor(DIGEST_LEAF_BYTES / itemBytes) * itemBytes;

function spanOf(outputBytes: number, itemBytes: number, index: number): LeafSpan {
  if (itemBytes <= DIGEST_LEAF_BYTES) {
    const start = index * packedBytes(itemBytes);
    return { start, end: Math.min(start + packedBytes(itemBytes), outputBytes) };
  }
  const cuts = Math.ceil(itemBytes / DIGEST_LEAF_BYTES);
  const itemStart = Math.floor(index / cuts) * itemBytes;
  const start = itemStart + (index % cuts) * DIGEST_LEAF_BYTES;
  return { start, end: Math.min(start + DIGEST_LEAF_BYTES, itemStart + itemBytes) };
}

function leafHashes(output: Uint8Array, itemBytes: number, sha256: Sha256): Uint8Array[] {
  return Array.from({ length: leafCount(output.length, itemBytes) }, (_, index) => {
    const { start, end } = spanOf(output.length, itemBytes, index);
    return prefixed(LEAF, [output.subarray(start, end)], sha256);
  });
}

/**
 * Pairing neighbours level by level, the odd one moving up untouched, builds the same tree as RFC 6962's split at the
 * largest power of two, without recursion.
 */
function rootOf(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(prefixed(NODE, [level[at]!, level[at + 1]!], sha256));
    if (level.length % 2 === 1) above.push(level[level.length - 1]!);
    level = above;
  }
  return level[0] ?? sha256(new Uint8Array());
}

/** Leaves of the left half: the largest power of two below `count`, which is at least 2. */
const leftLeaves = (count: number) => 2 ** (31 - Math.clz32(count - 1));

/** On which side of its sibling the leaf's ancestor is, from the leaf up. */
function turnsTo(index: number, count: number): ("left" | "right")[] {
  const turns: ("left" | "right")[] = [];
  for (let at = index, within = count; within > 1; ) {
    const left = leftLeaves(within);
    turns.unshift(at < left ? "left" : "right");
    within = at < left ? left : within - left;
    if (at >= left) at -= left;
  }
  return turns;
}

function seal(outputBytes: number, itemBytes: number, root: Uint8Array, sha256: Sha256): Bytes32 {
  const sizes = new DataView(new ArrayBuffer(12));
  sizes.setBigUint64(0, BigInt(outputBytes));
  sizes.setUint32(8, itemBytes);
  return hex32(prefixed(DIGEST, [new Uint8Array(sizes.buffer), root], sha256));
}

function prefixed(prefix: number, parts: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 1));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha256(bytes);
}
