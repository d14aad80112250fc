// The language of HTCondor's ClassAd library: docs/classad.md.
export type { Expression } from "./ast.ts";
export type { Scoping } from "./evaluate.ts";
export {
  type CompiledExpression,
  compile,
  evaluate,
  type MatchResult,
  match,
  matches,
  type Surroundings,
} from "./match.ts";
export { parse, parseAd, parseExpression } from "./parse.ts";
export { unparse, unparseExpression } from "./unparse.ts";
export { AbsoluteTime, Ad, ERROR, fromBytes, List, Real, RelativeTime, toBytes, type Value } from "./values.ts";
