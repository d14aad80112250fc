// Which names the expressions of a manifest may use, by what is known where they are evaluated.
import { functionNames } from "./expression.ts";
import type { Manifest } from "./kernel.ts";

type Names = ReadonlySet<string>;

/** Known once a job's parameters and inputs are. */
export const jobNames = (manifest: Manifest): Names =>
  new Set([...manifest.params.map(({ name }) => name), ...manifest.inputs.map(({ name }) => `bytes_${name}`)]);

/** What sizes tasks: does not depend on where the range begins. */
export const sizeNames = (manifest: Manifest): Names => new Set([...jobNames(manifest), "items"]);

/** Known when a task is to run: the inputs are there too. */
export const taskNames = (manifest: Manifest): Names =>
  new Set([...sizeNames(manifest), "first", ...manifest.inputs.map(({ name }) => `word_${name}`)]);

/** Known inside a loop of passes. */
export const roundNames = (manifest: Manifest): Names => new Set([...taskNames(manifest), "round"]);

/** Known at each dispatch. */
export const stepNames = (manifest: Manifest): Names => new Set([...roundNames(manifest), "step"]);

/** A parameter may not take a name that means something else. */
export const isReserved = (name: string): boolean =>
  functionNames.has(name) || ["items", "first", "round", "step"].includes(name) || /^(bytes|word)_/.test(name);
