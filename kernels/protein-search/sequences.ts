// Proteins as a kernel reads them: one blob of little-endian 32-bit words, longest protein first, so that neighbouring
// invocations have about equally much to do.
//
//   word 0      "SEQ1"
//   word 1      number of proteins n
//   word 2, 3   where the names begin, bytes; how many bytes they are
//   word 4      the substitution matrix, 24 × 24 signed bytes
//   word 148+2i where protein i's residues begin, words; how many residues it has     (0 ≤ i < n)
//   then        residue codes, four a word, lowest byte first, each protein filled up with PAD
//   then        names: JSON, a pair [accession, place in the file] for each protein; kernels do not read them
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { BLOSUM62, RESIDUES } from "./blosum62.ts";
import { MAX_PROTEINS, MAX_RESIDUES, type Protein } from "./fasta.ts";

const MAGIC = 0x3151_4553;
const MATRIX_WORD = 4;
export const INDEX_WORD = MATRIX_WORD + BLOSUM62.length / 4;
/** The code after the last residue: aligns with nothing. */
const PAD = RESIDUES;

export interface Sequences {
  /** Longest first. */
  proteins: Protein[];
  /** Where each was in its file. */
  places: number[];
}

export function packSequences(proteins: readonly Protein[]): Uint8Array<ArrayBuffer> {
  const sorted = proteins
    .map((protein, place) => ({ ...protein, place }))
    .sort((a, b) => b.residues.length - a.residues.length || a.place - b.place);
  const names = new TextEncoder().encode(JSON.stringify(sorted.map(({ accession, place }) => [accession, place])));
  const residuesAt = INDEX_WORD + 2 * sorted.length;
  const words = sorted.reduce((total, { residues }) => total + Math.ceil(residues.length / 4), residuesAt);
  const bytes = new Uint8Array(4 * words + Math.ceil(names.length / 4) * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of [MAGIC, sorted.length, 4 * words, names.length].entries()) view.setUint32(4 * i, word, true);
  bytes.set(new Uint8Array(BLOSUM62.buffer), 4 * MATRIX_WORD);
  let at = residuesAt;
  for (const [i, { residues }] of sorted.entries()) {
    view.setUint32(4 * (INDEX_WORD + 2 * i), at, true);
    view.setUint32(4 * (INDEX_WORD + 2 * i + 1), residues.length, true);
    const end = at + Math.ceil(residues.length / 4);
    bytes.fill(PAD, 4 * at, 4 * end);
    bytes.set(residues, 4 * at);
    at = end;
  }
  bytes.set(names, 4 * words);
  return bytes;
}

const namesSchema = v.array(v.tuple([v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))]));

/** Throws `bad-job` unless the bytes are what `packSequences` makes. */
export function unpackSequences(bytes: Uint8Array): Sequences {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (reason: string): never => {
    throw new SuperEdgeError("bad-job", `packed proteins: ${reason}`);
  };
  const word = (at: number) => (4 * at + 4 <= bytes.byteLength ? view.getUint32(4 * at, true) : fail("too short"));
  if (word(0) !== MAGIC) fail("expected them to begin with SEQ1");
  const count = word(1);
  if (count < 1 || count > MAX_PROTEINS) fail(`expected 1 to ${MAX_PROTEINS} proteins, found ${count}`);
  const names = parseNames(bytes.subarray(word(2), word(2) + word(3)));
  if (names?.length !== count) return fail("expected a name for each protein");
  const proteins = names.map(([accession], i) => {
    const start = 4 * word(INDEX_WORD + 2 * i);
    const length = word(INDEX_WORD + 2 * i + 1);
    if (length < 1 || length > MAX_RESIDUES || start + length > bytes.byteLength) fail(`${accession} is out of bounds`);
    const residues = bytes.slice(start, start + length);
    if (residues.some((code) => code >= RESIDUES)) fail(`${accession} has codes that are no residues`);
    return { accession, residues };
  });
  const places = names.map(([, place]) => place);
  if (new Set(places).size !== count || places.some((place) => place >= count)) fail("expected each place once");
  return { proteins, places };
}

function parseNames(bytes: Uint8Array): [string, number][] | undefined {
  try {
    const result = v.safeParse(namesSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
