import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_JOB_ITEMS } from "../../protocol/limits.ts";
import type { FileAsk, Prepared } from "../builtin.ts";
import { parseParams } from "../kernel.ts";
import { type Protein, parseFasta } from "./fasta.ts";
import { manifest } from "./manifest.ts";
import { packSequences } from "./sequences.ts";

export const files: FileAsk[] = [
  {
    name: "queries",
    title: "Queries",
    description: "Proteins in FASTA.",
    accept: ".fasta,.fa,.faa,.txt",
    optional: false,
    sample: "data/swissprot-sample.fasta",
  },
  {
    name: "targets",
    title: "Targets",
    description: "What to compare them with, in FASTA; the queries themselves if left out.",
    accept: ".fasta,.fa,.faa,.txt",
    optional: true,
  },
];

/** Cells of a task: a tenth of a second of two CPU cores. */
const TASK_CELLS = 1.5e7;
/** Invocations of a workgroup. */
const GROUP = 32;
const MAX_TASK_ITEMS = 128 * GROUP;

/** Packs FASTA files into a job. Throws `bad-job` with the file and line. */
export function prepare(
  given: Readonly<Record<string, Uint8Array>>,
  choices: Readonly<Record<string, number>>,
): Prepared {
  if (!given.queries) throw new SuperEdgeError("bad-job", "expected a file of queries, found none");
  const queries = parseFasta(given.queries, "queries");
  const targets = given.targets ? parseFasta(given.targets, "targets") : queries;
  const items = queries.length * targets.length;
  if (items > MAX_JOB_ITEMS)
    throw new SuperEdgeError("bad-job", `expected at most ${MAX_JOB_ITEMS} pairs, found ${items}`);
  const packed = packSequences(queries);
  const cells = (total(queries) * total(targets)) / items;
  const groups = Math.min(Math.ceil(items / GROUP), Math.max(1, Math.round(TASK_CELLS / cells / GROUP)));
  return {
    params: parseParams(manifest, {
      ...choices,
      queries: queries.length,
      targets: targets.length,
      longest_query: longest(queries),
      longest_target: longest(targets),
      mean_cells: cells,
    }),
    inputs: [packed, targets === queries ? packed : packSequences(targets)],
    items,
    itemsPerTask: Math.min(items, MAX_TASK_ITEMS, groups * GROUP),
  };
}

const total = (proteins: readonly Protein[]) => proteins.reduce((sum, { residues }) => sum + residues.length, 0);
const longest = (proteins: readonly Protein[]) =>
  proteins.reduce((most, { residues }) => Math.max(most, residues.length), 0);
