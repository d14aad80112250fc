// The DAG of a file as IPFS lays it out: UnixFS v1 in dag-pb, raw leaves, balanced, every link with its size.
//
//   leaf, leaf, … ≤ 174  ──▶ node ┐
//   leaf, leaf, … ≤ 174  ──▶ node ┴ ≤ 174 ──▶ node … ──▶ root
//
// https://ipld.io/specs/codecs/dag-pb/spec/ and https://specs.ipfs.tech/unixfs/
import { sha256 } from "@noble/hashes/sha2.js";
import { DAG_WIDTH } from "./limits.ts";

/** A binary CIDv1 and what it stands for. */
export interface DagLink {
  /** 36 bytes: version, codec, and the multihash of SHA-256. */
  cid: Uint8Array;
  /** Bytes of the file below this link. */
  fileBytes: number;
  /** Bytes of all blocks below this link, its own included: dag-pb's `Tsize`. */
  dagBytes: number;
}

const RAW = 0x55;
const DAG_PB = 0x70;

/** The link to one chunk of a file, from the chunk's SHA-256 and its size. */
export const rawLeaf = (hash: Uint8Array, bytes: number): DagLink => ({
  cid: cidBytes(RAW, hash),
  fileBytes: bytes,
  dagBytes: bytes,
});

/** The root over at least one leaf. A single leaf is its own root, as IPFS's importers make it with raw leaves. */
export function balancedRoot(leaves: readonly DagLink[]): DagLink {
  let level = leaves;
  while (level.length > 1) {
    const parents: DagLink[] = [];
    for (let at = 0; at < level.length; at += DAG_WIDTH) parents.push(fileNode(level.slice(at, at + DAG_WIDTH)));
    level = parents;
  }
  return level[0]!;
}

function fileNode(children: readonly DagLink[]): DagLink {
  const fileBytes = sum(children.map((child) => child.fileBytes));
  const unixFs = [
    ...number(1, 2), // Type: File
    ...number(3, fileBytes),
    ...children.flatMap((child) => number(4, child.fileBytes)),
  ];
  const links = children.flatMap((child) =>
    field(2, [...field(1, child.cid), ...field(2, []), ...number(3, child.dagBytes)]),
  );
  // The links' field precedes the data's: dag-pb's one canonical order.
  const block = Uint8Array.from([...links, ...field(1, unixFs)]);
  return {
    cid: cidBytes(DAG_PB, sha256(block)),
    fileBytes,
    dagBytes: block.length + sum(children.map((child) => child.dagBytes)),
  };
}

const cidBytes = (codec: number, hash: Uint8Array) => Uint8Array.from([1, codec, 0x12, 32, ...hash]);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

// Protocol Buffers: a field is its number and wire type, then a varint (0) or length-delimited bytes (2).
const number = (id: number, value: number): number[] => [id << 3, ...varint(value)];
const field = (id: number, bytes: ArrayLike<number>): number[] => [
  (id << 3) | 2,
  ...varint(bytes.length),
  ...Array.from(bytes),
];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  // Division, not shifts: sizes go beyond 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
