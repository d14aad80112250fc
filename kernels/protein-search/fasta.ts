import { SuperEdgeError } from "../../protocol/errors.ts";
import { residueCode } from "./blosum62.ts";

export interface Protein {
  /** The accession of a UniProt header (`>sp|P15455|CRU4_ARATH …`), else the header's first word. */
  accession: string;
  /** Residue codes. */
  residues: Uint8Array;
}

/** Residues of one protein: titin, the longest in Swiss-Prot, has 35,213 in mouse. */
export const MAX_RESIDUES = 40_000;
/** Proteins of one file: what they make, all pairs, must be countable in items. */
export const MAX_PROTEINS = 65_535;
const MAX_ACCESSION_CHARS = 80;

// Residue codes by character code: parsing is one look-up a character.
const CODES = new Int8Array(128).map((_, at) => residueCode(String.fromCharCode(at)) ?? -1);
const SPACE = /\s/;

/** Throws `bad-job` with the line where `what` stops being FASTA of proteins. */
export function parseFasta(bytes: Uint8Array, what: string): Protein[] {
  const fail = (line: number, reason: string): never => {
    throw new SuperEdgeError("bad-job", `${what}, line ${line}: ${reason}`);
  };
  const proteins: Protein[] = [];
  let open: { accession: string; line: number; codes: number[] } | undefined;
  const close = () => {
    if (!open) return;
    if (open.codes.length === 0) fail(open.line, `${open.accession} has no residues`);
    if (proteins.length === MAX_PROTEINS) fail(open.line, `expected at most ${MAX_PROTEINS} proteins`);
    proteins.push({ accession: open.accession, residues: Uint8Array.from(open.codes) });
  };
  let line = 0;
  for (const text of new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)) {
    line++;
    if (text.startsWith(">")) {
      close();
      open = { accession: accessionOf(text) ?? fail(line, "expected a name after >"), line, codes: [] };
      continue;
    }
    // Some files carry comments, as FASTA once had them.
    if (text.startsWith(";")) continue;
    for (let i = 0; i < text.length; i++) {
      const code = CODES[text.charCodeAt(i)] ?? -1;
      if (code < 0) {
        if (SPACE.test(text[i]!)) continue;
        fail(line, `expected a residue (a letter or *), found ${JSON.stringify(text[i])} at column ${i + 1}`);
      }
      if (!open) return fail(line, "expected a header beginning with > before the first residue");
      if (open.codes.length === MAX_RESIDUES) fail(line, `${open.accession} has more than ${MAX_RESIDUES} residues`);
      open.codes.push(code);
    }
  }
  close();
  if (proteins.length === 0) fail(line, "expected at least one protein");
  return proteins;
}

function accessionOf(header: string): string | undefined {
  const word = /^>\s*(\S+)/.exec(header)?.[1];
  const accession = word && (/^(?:sp|tr)\|([^|]+)\|/.exec(word)?.[1] ?? word);
  return accession?.slice(0, MAX_ACCESSION_CHARS);
}
