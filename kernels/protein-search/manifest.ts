import type { WgslManifest } from "../kernel.ts";
import { MAX_PROTEINS, MAX_RESIDUES } from "./fasta.ts";
import { INDEX_WORD } from "./sequences.ts";

/** Rows of the alignment matrix that a dispatch computes; `ROWS` of kernel.wgsl. */
const ROWS = 16;
/** Bytes of a query profile for that many rows: 25 residue codes, a byte a row. */
const PROFILE_BYTES = 25 * ROWS;
/** Queries that a task of this many items can touch. */
const TASK_QUERIES = "(ceil(items / targets) + 1)";
/** Blocks of a job's longest query: how profiles are laid out. */
const BLOCKS = `ceil(longest_query / ${ROWS})`;
/** Blocks of a task's longest query: its first, because queries are packed longest first. */
const TASK_BLOCKS = `ceil(word_queries(${INDEX_WORD} + 2 * floor(first / targets) + 1) / ${ROWS})`;
const STATE_BYTES = "items * ceil(longest_target / 4) * 16";

export const manifest: WgslManifest = {
  name: "protein-search",
  version: "1.0.0",
  title: "Protein search",
  description:
    "Compares proteins with Smith–Waterman, which finds the best local alignment of two sequences, and finds it surely where faster programs only guess. Every query against every target; BLOSUM62, affine gaps.",
  licence: "Apache-2.0",
  engine: "wgsl",
  params: [
    {
      name: "gap_open",
      type: "u32",
      default: 11,
      min: 0,
      max: 15,
      title: "Gap opening",
      description: "What a gap costs besides its residues.",
    },
    {
      name: "gap_extend",
      type: "u32",
      default: 1,
      min: 1,
      max: 15,
      title: "Gap extension",
      description: "What each residue of a gap costs.",
    },
    {
      name: "queries",
      type: "u32",
      default: 1,
      min: 1,
      max: MAX_PROTEINS,
      title: "Queries",
      description: "Proteins in the query file.",
      derived: true,
    },
    {
      name: "targets",
      type: "u32",
      default: 1,
      min: 1,
      max: MAX_PROTEINS,
      title: "Targets",
      description: "Proteins in the target file.",
      derived: true,
    },
    {
      name: "longest_query",
      type: "u32",
      default: 1,
      min: 1,
      max: MAX_RESIDUES,
      title: "Longest query",
      description: "Residues of the longest query.",
      unit: "residues",
      derived: true,
    },
    {
      name: "longest_target",
      type: "u32",
      default: 1,
      min: 1,
      max: MAX_RESIDUES,
      title: "Longest target",
      description: "Residues of the longest target.",
      unit: "residues",
      derived: true,
    },
    {
      name: "mean_cells",
      type: "f64",
      default: 1,
      min: 1,
      max: MAX_RESIDUES * MAX_RESIDUES,
      title: "Cells a pair",
      description: "Mean number of matrix cells of a pair, for estimating time.",
      unit: "cells",
      derived: true,
    },
  ],
  inputs: [
    {
      name: "queries",
      title: "Queries",
      description: "Proteins packed by `packSequences`.",
      maxBytes: 64 * 1024 * 1024,
    },
    {
      name: "targets",
      title: "Targets",
      description: "Proteins packed by `packSequences`; often the same blob.",
      maxBytes: 64 * 1024 * 1024,
    },
  ],
  // Item query × targets + target, proteins counted as packed: longest first.
  output: { type: "i32", itemBytes: 4 },
  compare: { kind: "exact" },
  memoryBytes: `bytes_queries + bytes_targets + ${STATE_BYTES} + ${TASK_QUERIES} * ${BLOCKS} * ${PROFILE_BYTES} + 8 * items + 64`,
  cost: "items * mean_cells",
  wgsl: {
    buffers: [
      { name: "profiles", bytes: `${TASK_QUERIES} * ${BLOCKS} * ${PROFILE_BYTES}` },
      { name: "edges", bytes: STATE_BYTES },
    ],
    uniforms: [
      {
        name: "task",
        fields: [
          { type: "u32", value: "first" },
          { type: "u32", value: "items" },
          { type: "u32", value: "targets" },
          { type: "u32", value: "queries" },
          { type: "u32", value: BLOCKS },
          { type: "u32", value: "ceil(longest_target / 4)" },
          { type: "u32", value: "step" },
        ],
      },
    ],
    bindings: [
      { group: 0, binding: 0, kind: "uniform", source: { uniform: "task" } },
      { group: 0, binding: 1, kind: "read-only-storage", source: { input: "queries" } },
      { group: 0, binding: 2, kind: "read-only-storage", source: { input: "targets" } },
      { group: 0, binding: 3, kind: "storage", source: { buffer: "profiles" } },
      { group: 0, binding: 4, kind: "storage", source: { buffer: "edges" } },
      { group: 0, binding: 5, kind: "storage", source: { output: true } },
    ],
    passes: [
      { entryPoint: "build_profiles", workgroups: [`ceil(${TASK_QUERIES} * ${BLOCKS} * 25 / 64)`, 1, 1] },
      {
        entryPoint: "align",
        workgroups: ["ceil(items / 32)", 1, 1],
        repeat: TASK_BLOCKS,
        constants: { gap_open: "gap_open", gap_extend: "gap_extend" },
      },
    ],
  },
};
