// Evaluation of trees in the scopes of two ads.
//
//                 match ad: LEFT, RIGHT, symmetricMatch, …         MatchAd, the root of both
//                 /                        \
//   left context: my, target, other     right context              where MY and TARGET are found
//              |                            |
//          own ad (left)   ──alternate──  target (right)           alternate: only in matchmaking scoping
//              |
//          ad inside it …
//
// An unscoped name is looked for in the ad at hand, then in those around it, up to the root; if that fails and the ad at
// hand is one of the two, in the other one (matchmaking scoping), as the library's `alternateScope`.
import { type Expression, measure, type Reference } from "./ast.ts";
import { call } from "./functions/call.ts";
import { low32 } from "./integers.ts";
import { BYTES_PER_STEP, MAX_DEPTH, MAX_DEREFERENCES, MAX_REGEX_STEPS, MAX_STEPS } from "./limits.ts";
import { binary, unary } from "./operators.ts";
import { LOOSE } from "./parse.ts";
import { Ad, attribute, ERROR, isInteger, List, truth, type Value } from "./values.ts";

/** strict: names are looked for in one's own ad only. matchmaking: then in the target too. */
export type Scoping = "matchmaking" | "strict";

/** An evaluation that cannot go on (a cycle): the library's `false`. A subscript makes it an ERROR; so do we at the end. */
export class Failure {}
const FAILURE = new Failure();
/** Out of steps: nothing catches it before the end. */
export class Exhausted {}
const EXHAUSTED = new Exhausted();

export type Evaluator = (expression: Expression, state: State) => Value;

const reference = (name: string, of?: Expression): Expression => ({
  kind: "reference",
  name,
  key: name.toLowerCase(),
  absolute: of === undefined,
  of,
});
const inner = (of: string, name: string): Expression => ({
  ...(reference(name, { ...(reference(of) as Reference), absolute: false }) as Reference),
  absolute: false,
});

function contextAd(own: string, other: string): Ad {
  const ad = new Ad();
  for (const name of ["other", "target"]) ad.set(name, reference(other));
  for (const name of ["my", "ad"]) ad.set(name, reference(own));
  return ad;
}

function matchAd(left: Ad, right: Ad): Ad {
  const ad = new Ad();
  const requirements = [inner("RIGHT", "requirements"), inner("LEFT", "requirements")] as const;
  ad.set("symmetricMatch", { kind: "binary", operator: "&&", left: requirements[0], right: requirements[1] });
  ad.set("leftMatchesRight", requirements[0]);
  ad.set("rightMatchesLeft", requirements[1]);
  ad.set("leftRankValue", inner("LEFT", "rank"));
  ad.set("rightRankValue", inner("RIGHT", "rank"));
  ad.set("lCtx", left);
  ad.set("rCtx", right);
  left.parent = ad;
  right.parent = ad;
  return ad;
}

/** One evaluation under way. A state may be used again for the next one, not for two at once. */
export class State {
  left: Ad | undefined;
  right: Ad | undefined;
  readonly leftContext = contextAd("LEFT", "RIGHT");
  readonly rightContext = contextAd("RIGHT", "LEFT");
  readonly #match = matchAd(this.leftContext, this.rightContext);
  /** The outermost ad of the pair. */
  #home: Ad | undefined;
  readonly #leftAttribute = attribute("LEFT", this.leftContext);
  readonly #rightAttribute = attribute("RIGHT", this.rightContext);
  /** Where expressions that were parsed alone stand. */
  base: Ad | undefined;
  /** The ad at hand. */
  current: Ad | undefined;
  root: Ad | undefined;
  /** While evaluating in a nested ad's context: that ad, and its alternate. */
  nested: Ad | undefined;
  nestedAlternate: Ad | undefined;
  strict = false;
  depth = 0;
  dereferences = 0;
  steps = MAX_STEPS;
  regexSteps = MAX_REGEX_STEPS;
  readonly evaluator: Evaluator;
  /** Seconds since 1970. */
  clock: () => number;
  random: () => number;

  constructor(evaluator: Evaluator, clock: () => number, random: () => number) {
    this.evaluator = evaluator;
    this.clock = clock;
    this.random = random;
    this.#match.attributes.set("left", this.#leftAttribute);
    this.#match.attributes.set("right", this.#rightAttribute);
  }

  /** Evaluates what a function works on. */
  evaluate(expression: Expression): Value {
    const value = this.evaluator(expression, this);
    if (typeof value === "string" || typeof value === "object") this.weigh(value);
    return value;
  }

  /** Stands in `left`, which is matched with `right` if that is given. */
  enter(left: Ad | undefined, right: Ad | undefined, scoping: Scoping): void {
    this.left = left;
    this.right = right;
    if (left !== undefined && right !== undefined) {
      this.#leftAttribute.expression = left;
      this.#rightAttribute.expression = right;
      this.#home = this.#match;
    } else this.#home = left;
    this.base = left;
    this.strict = scoping === "strict";
    this.begin(left);
  }

  /** Starts counting anew, with `ad` at hand. */
  begin(ad: Ad | undefined): void {
    this.current = ad;
    this.root = this.#home;
    this.nested = undefined;
    this.depth = 0;
    this.dereferences = 0;
    this.steps = MAX_STEPS;
    this.regexSteps = MAX_REGEX_STEPS;
  }

  parentOf(ad: Ad): Ad | undefined {
    if (ad === this.left) return this.right && this.leftContext;
    if (ad === this.right) return this.rightContext;
    return ad.parent === LOOSE ? this.base : ad.parent;
  }

  /** Starts anew from an ad, as a fresh evaluation of the library: the root is the outermost ad around it. */
  standIn(ad: Ad | undefined): void {
    this.current = ad;
    let root = ad;
    for (let up = ad; up !== undefined; up = this.parentOf(up)) root = up;
    this.root = root;
  }

  alternateOf(ad: Ad): Ad | undefined {
    if (this.strict) return undefined;
    if (ad === this.nested) return this.nestedAlternate;
    return ad === this.left ? this.right : ad === this.right ? this.left : undefined;
  }

  spend(steps = 1): void {
    this.steps -= steps;
    if (this.steps < 0) throw EXHAUSTED;
  }

  /** Whoever works on a whole text, list or ad pays by its size. */
  weigh(value: Value): void {
    const bytes =
      typeof value === "string" ? value.length : value instanceof List || value instanceof Ad ? value.weight : 0;
    if (bytes > BYTES_PER_STEP) this.spend(Math.trunc(bytes / BYTES_PER_STEP));
  }

  /** Evaluates what a reference led to, standing in the ad where it is. */
  follow(expression: Expression, ad: Ad): Value {
    if (this.dereferences >= MAX_DEREFERENCES) fail();
    const { current } = this;
    this.current = ad;
    this.dereferences++;
    const value = this.evaluator(expression, this);
    this.dereferences--;
    this.current = current;
    return value;
  }

  /** Runs something that may fail, and gives `otherwise` if it does, in the scopes of before. */
  attempt(run: () => Value, otherwise: Value): Value {
    const { current, root, base, depth, dereferences, nested, nestedAlternate } = this;
    try {
      // A frame of this kind is larger than most.
      this.depth += 4;
      const value = run();
      this.depth = depth;
      return value;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      Object.assign(this, { depth, dereferences });
      return otherwise;
    } finally {
      Object.assign(this, { current, root, base, nested, nestedAlternate });
    }
  }
}

/** Says that the evaluation as a whole failed. */
export function fail(): never {
  throw FAILURE;
}

const CURRENT_TIME: Expression = { kind: "call", name: "time", args: [] };

/** Looks for an attribute from `start` outwards and leaves `state.current` where it was found. */
function lookUp(start: Ad, key: string, state: State): Expression | undefined {
  for (let ad: Ad | undefined = start; ad !== undefined; ) {
    state.current = ad;
    const found = ad.attributes.get(key);
    if (found !== undefined) return found.expression;
    const up: Ad | undefined = state.root === ad ? undefined : state.parentOf(ad);
    switch (key) {
      case "toplevel":
      case "root":
        return state.root ?? fail();
      case "parent":
        return up;
      case "self":
        return ad;
      case "my":
        if (!state.strict) return ad;
        break;
      case "currenttime":
        if (!state.strict) return CURRENT_TIME;
    }
    ad = up;
  }
  return undefined;
}

/** The expression behind a reference whose `of` is none, evaluated nowhere yet; `state.current` is its ad. */
export function find(start: Ad | undefined, node: Reference, state: State): Expression | undefined {
  if (start === undefined) return node.absolute ? fail() : undefined;
  const found = lookUp(start, node.key, state);
  if (found !== undefined || node.of || node.absolute) return found;
  const alternate = state.alternateOf(start);
  return alternate && lookUp(alternate, node.key, state);
}

/** Evaluates `name`, `.name`, or `ad.name` and `list.name` with `of` already evaluated. */
export function select(node: Reference, of: Value, state: State): Value {
  let start: Ad | undefined;
  if (!node.of) start = node.absolute ? state.root : state.current;
  else if (of instanceof Ad) start = of;
  else if (of instanceof List) return selectAll(node, of, state);
  else return of === undefined ? undefined : ERROR;
  const current = state.current;
  const found = find(start, node, state);
  let value: Value;
  if (found !== undefined) {
    value = found.kind === "literal" ? found.value : state.follow(found, state.current!);
  }
  state.current = current;
  return value;
}

/** `{ad, ad}.name` selects from each: a list of the results. */
function selectAll(node: Reference, list: List, state: State): Value {
  const { current, root } = state;
  const items = list.items.map((item): Expression => {
    state.spend();
    state.standIn(current);
    const value = select(node, state.evaluate(item), state);
    return value instanceof Ad || value instanceof List ? value : { kind: "literal", value };
  });
  state.current = current;
  state.root = root;
  return new List(items);
}

/** `list[integer]` and `ad["name"]`. A failure inside becomes an ERROR here. */
export function subscript(of: Value, index: Value, state: State): Value {
  if (of === ERROR || index === ERROR) return ERROR;
  if (of === undefined || index === undefined) return undefined;
  if (of instanceof Ad && typeof index === "string") {
    const found = of.get(index);
    if (found === undefined) return undefined;
    return state.attempt(() => {
      state.standIn(of);
      return state.evaluate(found);
    }, ERROR);
  }
  if (of instanceof List && isInteger(index)) {
    // The library keeps the index in 32 bits.
    const item = of.items[low32(index)];
    if (item === undefined) return ERROR;
    return state.attempt(() => {
      state.current = of.scope === LOOSE ? state.base : of.scope;
      return state.evaluate(item);
    }, ERROR);
  }
  return ERROR;
}

/** Counts what an expression costs, once for all of its tree, then evaluates it. */
export function account(node: Expression, state: State, run: (state: State) => Value): Value {
  const { size, height } = measure(node);
  state.spend(size);
  if (state.depth + height > MAX_DEPTH) fail();
  state.depth += height;
  const value = run(state);
  state.depth -= height;
  return value;
}

/** The plain evaluator: walks the tree. */
export function interpret(node: Expression, state: State): Value {
  if (node.kind === "literal") return node.value;
  return account(node, state, () => walk(node, state));
}

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "is", "isnt"]);

function walk(node: Expression, state: State): Value {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "reference":
      return select(node, node.of && walk(node.of, state), state);
    case "parentheses":
      return walk(node.inner, state);
    case "unary":
      return unary(node.operator, walk(node.operand, state));
    case "binary": {
      const left = walk(node.left, state);
      if (node.operator === "||" && truth(left) === true) return true;
      if (node.operator === "&&" && truth(left) === false) return false;
      const right = walk(node.right, state);
      if (typeof left === "string" && COMPARISONS.has(node.operator)) state.weigh(left);
      return binary(node.operator, left, right);
    }
    case "conditional": {
      const test = walk(node.test, state);
      const yes = truth(test);
      if (yes !== undefined) return walk(yes ? node.then : node.otherwise, state);
      // Undecided, it still evaluates both, which matters only if one of them fails.
      walk(node.then, state);
      walk(node.otherwise, state);
      return test === undefined ? undefined : ERROR;
    }
    case "elvis": {
      const value = walk(node.value, state);
      if (truth(value) === false) return value;
      const otherwise = walk(node.otherwise, state);
      return value === undefined ? otherwise : value;
    }
    case "subscript":
      return subscript(walk(node.of, state), walk(node.index, state), state);
    case "call":
      return call(node.name, node.args, state);
    case "list":
    case "ad":
      return node;
  }
}
