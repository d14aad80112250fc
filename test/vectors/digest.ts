// Writes digest.json, the vectors that hold browser, Node and Solidity together: `node test/vectors/digest.ts`.
// Run once; the committed file is what counts, and a change in it is a change of the protocol.
import { writeFileSync } from "node:fs";
import { digestOf, leafCount } from "../../protocol/digest.ts";
import { DigestTree } from "../../protocol/digestProof.ts";
import { toHex } from "../../protocol/ids.ts";
import { patternBytes } from "./pattern.ts";

const shapes = [
  [0, 4],
  [4, 4],
  [400, 4],
  [4096, 4096],
  [4097, 1],
  [8192, 4096],
  [12_288, 3],
  [30_000, 3],
  [4097 * 3, 4097],
  [10_000 * 3, 10_000],
  [4000 * 7, 4000],
  [65_536, 8],
  [65_540, 4],
] as const;

const vectors = shapes.map(([outputBytes, itemBytes]) => {
  const output = patternBytes(outputBytes);
  const leaves = leafCount(outputBytes, itemBytes);
  const indices = [...new Set([0, leaves >> 1, leaves - 1])].filter((index) => index >= 0 && index < leaves);
  return {
    outputBytes,
    itemBytes,
    leaves,
    digest: digestOf(output, itemBytes),
    proofs: indices.map((index) => {
      const { bytes, path } = new DigestTree(output, itemBytes).node(0, index);
      return { index, leafBytes: bytes.length, path: path.map(toHex) };
    }),
  };
});

const file = { pattern: "byte i of an output is (31 * i + 7 * (i >> 8) + 1) mod 256", vectors };
writeFileSync(new URL("digest.json", import.meta.url), `${JSON.stringify(file, undefined, 2)}\n`);
