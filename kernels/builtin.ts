// What the kernels that come with the project offer beyond an app: turning a user's files and choices into a job, and a
// job's output into something to look at. Both are pure and run in a page as well as in Node.
import type { Manifest } from "./kernel.ts";

/** A file the user gives. */
export interface FileAsk {
  name: string;
  title: string;
  description: string;
  /** As the `accept` attribute of a file input. */
  accept: string;
  optional: boolean;
  /** A file of this folder, relative to it, that serves as an example. */
  sample?: string;
}

export interface Prepared {
  /** Complete: `parseParams` accepts it as it is. */
  params: Record<string, number>;
  /** In the manifest's order. */
  inputs: Uint8Array<ArrayBuffer>[];
  items: number;
  /** A suggestion: about a tenth of a second on two CPU cores. */
  itemsPerTask: number;
}

/** What an output is shown with: a job as prepared, without what only its scheduling needs. */
export type PreparedJob = Pick<Prepared, "params" | "inputs" | "items">;

export type Presentation =
  /** Row-major; `known` is 1 where the value was computed. */
  | { kind: "matrix"; rows: string[]; columns: string[]; values: Int32Array; known: Uint8Array; csv: string }
  /** Not yet computed pixels are transparent. */
  | { kind: "image"; width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> }
  | { kind: "distribution"; title: string; figures: Figure[]; histogram: Histogram; csv: string };

export interface Figure {
  label: string;
  value: number;
  /** One standard error, in the value's unit. */
  standardError?: number;
  /** "%", "index points". */
  unit: string;
}

export interface Histogram {
  /** What is counted, with its unit. */
  label: string;
  /** counts.length + 1 edges, ascending; the outermost bins also hold what lies beyond them. */
  edges: number[];
  counts: number[];
}

export interface Builtin {
  manifest: Manifest;
  files: FileAsk[];
  /**
   * Files by `FileAsk.name`, choices by the names of the manifest's parameters that are not derived; what is absent takes
   * its default. Throws `bad-job` with what is wrong, and in which line.
   */
  prepare(files: Readonly<Record<string, Uint8Array>>, choices: Readonly<Record<string, number>>): Prepared;
  /** `output` holds items × itemBytes; `isKnown` tells which items are in it already, all if absent. */
  present(job: PreparedJob, output: Uint8Array, isKnown?: (item: number) => boolean): Presentation;
}
