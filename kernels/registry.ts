// The kernels that come with the project. Pure and without their code, so that a page can list them; `load.ts` reads the
// code where there is a disk.
import type { Builtin } from "./builtin.ts";
import { manifest as proteinSearch } from "./protein-search/manifest.ts";
import { prepare as prepareProteins, files as proteinFiles } from "./protein-search/prepare.ts";
import { present as presentScores } from "./protein-search/present.ts";

export const builtins: readonly Builtin[] = [
  { manifest: proteinSearch, files: proteinFiles, prepare: prepareProteins, present: presentScores },
];

export const builtinOf = (name: string): Builtin | undefined => builtins.find(({ manifest }) => manifest.name === name);
