// Names of blobs: CIDv1 as IPFS makes it with its CIDv1 defaults (SHA-256, UnixFS v1, raw leaves, chunks of 262,144
// bytes, balanced DAG of 174 links), so that any IPFS tool can pin, fetch and check what is stored here.
import { balancedRoot, rawLeaf } from "./dag.ts";
import { SuperEdgeError } from "./errors.ts";
import { type Bytes32, type Cid, hex32 } from "./ids.ts";
import { CHUNK_BYTES } from "./limits.ts";
import { hashBulk } from "./sha256.ts";

/** What lets every chunk of a blob be checked by itself, in any order, from anyone. */
export interface BlobTree {
  cid: Cid;
  /** The blob's size. */
  bytes: number;
  /** SHA-256 of each chunk, 32 bytes each, in order; one of the empty string for the empty blob. */
  leaves: Uint8Array[];
}

/** Chunks whose hashes are computed at once: enough to hide the hop to another thread, little memory copied. */
const HASHES_AT_ONCE = 8;

/** How many chunks a blob of `bytes` has. The empty blob has one, empty. */
export const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/** Bytes of chunk `index` of a blob of `bytes`. */
export const chunkBytes = (bytes: number, index: number): number =>
  Math.max(0, Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES));

/** Chunk `index` of the blob as a view, no bytes copied. */
export const chunkOf = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

/** The blob's chunks as views, no bytes copied. */
export const chunksOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: chunkCount(bytes.length) }, (_, index) => chunkOf(bytes, index));

export const cidOf = async (bytes: Uint8Array): Promise<Cid> => (await treeOf(bytes)).cid;

export async function treeOf(bytes: Uint8Array): Promise<BlobTree> {
  const chunks = chunksOf(bytes);
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < chunks.length; at += HASHES_AT_ONCE)
    leaves.push(...(await Promise.all(chunks.slice(at, at + HASHES_AT_ONCE).map(hashBulk))));
  return { cid: rootCid(bytes.length, leaves), bytes: bytes.length, leaves };
}

/**
 * Checks that these leaves and this size have this name, before a single chunk has arrived. The name of a blob of one
 * chunk is that chunk's hash and says nothing of its size: there `verifyChunk` finds a false size.
 * Throws `bad-blob`.
 */
export function verifyTree(cid: Cid, bytes: number, leaves: readonly Uint8Array[]): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new SuperEdgeError("bad-blob", `expected a size in bytes, found ${bytes}`);
  const expected = chunkCount(bytes);
  if (leaves.length !== expected)
    throw new SuperEdgeError("bad-blob", `expected ${expected} leaves for ${bytes} bytes, found ${leaves.length}`);
  const odd = leaves.find((leaf) => leaf.length !== 32);
  if (odd) throw new SuperEdgeError("bad-blob", `expected leaves of 32 bytes, found one of ${odd.length}`);
  const found = rootCid(bytes, leaves);
  if (found !== cid) throw new SuperEdgeError("bad-blob", `expected leaves of ${cid}, found those of ${found}`);
}

/** Checks one chunk against a verified tree. Throws `bad-blob`. */
export async function verifyChunk(tree: BlobTree, index: number, bytes: Uint8Array): Promise<void> {
  const leaf = tree.leaves[index];
  if (!leaf)
    throw new SuperEdgeError("bad-blob", `expected a chunk below ${tree.leaves.length}, found number ${index}`);
  const size = chunkBytes(tree.bytes, index);
  if (bytes.length !== size)
    throw new SuperEdgeError("bad-blob", `expected ${size} bytes in chunk ${index}, found ${bytes.length}`);
  const hash = await hashBulk(bytes);
  if (!hash.every((byte, at) => byte === leaf[at]))
    throw new SuperEdgeError("bad-blob", `expected chunk ${index} of ${tree.cid}, found bytes of another hash`);
}

const rootCid = (bytes: number, leaves: readonly Uint8Array[]): Cid =>
  cidText(balancedRoot(leaves.map((hash, index) => rawLeaf(hash, chunkBytes(bytes, index)))).cid);

/** The name of a blob of one chunk, a manifest for instance, by its SHA-256 of 32 bytes: what a contract keeps of it. */
export const cidOfDigest = (digest: Uint8Array): Cid => cidText(rawLeaf(digest, 0).cid);

/** SHA-256 of a blob of one chunk, from its name. Throws `bad-id` for a larger blob: its name has another hash in it. */
export function digestOfCid(cid: Cid): Bytes32 {
  const bytes = cidBytes(cid);
  const name = cidOfDigest(bytes.subarray(4));
  if (name !== cid) throw new SuperEdgeError("bad-id", `expected the content id of one raw block, found ${cid}`);
  return hex32(bytes.subarray(4));
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Multibase `b`: RFC 4648 base32 in lower case, unpadded. */
function cidText(cid: Uint8Array): Cid {
  let text = "b";
  let held = 0;
  let bits = 0;
  for (const byte of cid) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return (bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text) as Cid;
}

function cidBytes(cid: Cid): Uint8Array {
  const bytes = new Uint8Array(36);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of cid.slice(1)) {
    held = ((held << 5) | BASE32.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >>> bits;
  }
  return bytes;
}
