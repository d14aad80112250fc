// The table of functions. Names ignore case; a function that is not here gives ERROR, as in the library.
import type { Expression } from "../ast.ts";
import type { State } from "../evaluate.ts";
import { ERROR, lower, type Value } from "../values.ts";
import { contextFunctions } from "./contexts.ts";
import { conversionFunctions } from "./conversions.ts";
import { environmentFunctions } from "./environment.ts";
import { listFunctions } from "./lists.ts";
import { mathFunctions } from "./math.ts";
import { regexFunctions } from "./patterns.ts";
import { stringListFunctions } from "./stringLists.ts";
import { stringFunctions } from "./strings.ts";
import { timeFunctions } from "./times.ts";
import { versionFunctions } from "./versions.ts";

/** Arguments arrive unevaluated, since some are never looked at. */
export type ClassAdFunction = (args: readonly Expression[], state: State, name: string) => Value;

const table: ReadonlyMap<string, ClassAdFunction> = new Map(
  [
    conversionFunctions,
    contextFunctions,
    environmentFunctions,
    listFunctions,
    mathFunctions,
    regexFunctions,
    stringFunctions,
    stringListFunctions,
    timeFunctions,
    versionFunctions,
  ].flatMap((functions) => Object.entries(functions).map(([name, run]) => [lower(name), run] as const)),
);

export const functionNamed = (name: string): ClassAdFunction | undefined => table.get(lower(name));

export function call(name: string, args: readonly Expression[], state: State): Value {
  const run = functionNamed(name);
  return run ? run(args, state, lower(name)) : ERROR;
}
