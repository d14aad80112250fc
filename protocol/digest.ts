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

/** The tree's lowest level: one hash a leaf. */
export function leafHashes(output: Uint8Array, itemBytes: number, sha256: Sha256): Uint8Array[] {
  return Array.from({ length: leafCount(output.length, itemBytes) }, (_, index) => {
    const { start, end } = spanOf(output.length, itemBytes, index);
    return leafHash(output.subarray(start, end), sha256);
  });
}

export const leafHash = (leaf: Uint8Array, sha256: Sha256): Uint8Array => prefixed(LEAF, [leaf], sha256);
export const nodeHash = (left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array =>
  prefixed(NODE, [left, right], sha256);

/**
 * The next higher level. Pairing neighbours level by level, the odd one moving up untouched, builds the same tree as
 * RFC 6962's split at the largest power of two, without recursion.
 */
export function levelAbove(level: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at]!, level[at + 1]!, sha256));
  if (level.length % 2 === 1) above.push(level[level.length - 1]!);
  return above;
}

function rootOf(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  let level = leaves;
  while (level.length > 1) level = levelAbove(level, sha256);
  return level[0] ?? sha256(new Uint8Array());
}

/** The digest of an output of these sizes whose tree has this root. */
export function seal(outputBytes: number, itemBytes: number, root: Uint8Array, sha256: Sha256): Bytes32 {
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
