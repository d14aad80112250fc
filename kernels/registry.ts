// The kernels that come with the project. Pure and without their code, so that a page can list them; `load.ts` reads the
// code where there is a disk.
import type { Builtin } from "./builtin.ts";
import { builtin as optionPricing } from "./option-pricing/index.ts";
import { builtin as proteinSearch } from "./protein-search/index.ts";
import { builtin as render } from "./render/index.ts";

export const builtins: readonly Builtin[] = [proteinSearch, render, optionPricing];

export const builtinOf = (name: string): Builtin | undefined => builtins.find(({ manifest }) => manifest.name === name);
