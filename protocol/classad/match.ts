// Two ads meet: each one's Requirements look at the other, each one's Rank says how much it wants the other.

import { SuperEdgeError } from "../errors.ts";
import type { Expression } from "./ast.ts";
import { evaluateCompiled } from "./compile.ts";
import { type Evaluator, Exhausted, Failure, interpret, type Scoping, State } from "./evaluate.ts";
import { binary } from "./operators.ts";
import { parse, parseAd, parseExpression } from "./parse.ts";
import { unparseExpression } from "./unparse.ts";
import { Ad, ERROR, List, truth, type Value } from "./values.ts";

const secondsNow = (): number => Math.trunc(Date.now() / 1000);

export interface Surroundings {
  /** The ad in which the expression stands; text in either syntax, or parsed. */
  my?: string | Expression;
  /** The ad that is TARGET. */
  target?: string | Expression;
  /** "matchmaking" (the default) looks for unscoped names in `my` and then in `target`; "strict" only in `my`. */
  scoping?: Scoping;
  /** Seconds since 1970, for time() and its kin. */
  now?: number;
  /** In [0, 1), for random(). */
  random?: () => number;
  /** Share of MAX_STEPS and MAX_REGEX_STEPS (limits.ts) that it may take, in (0, 1]; all of them unless told. */
  share?: number;
}

function adOf(ad: string | Expression): Ad {
  if (typeof ad === "string") return parseAd(ad);
  if (ad instanceof Ad) return ad;
  throw new SuperEdgeError("bad-classad", `expected an ad, found ${unparseExpression(ad).slice(0, 40)}`);
}

/** An ad cannot stand on both sides: whose MY would it be? */
function twin(ad: Ad): Ad {
  const copy = new Ad();
  copy.weight = ad.weight;
  for (const { name, expression } of ad.attributes.values()) copy.set(name, expression);
  return copy;
}

/** States at rest. Making one costs more than most evaluations. */
const resting = new Map<Evaluator, State>();

/** One evaluation from start to end. */
function once(evaluator: Evaluator, expression: Expression, surroundings: Surroundings): Value {
  const { now, random = Math.random } = surroundings;
  const state = resting.get(evaluator) ?? new State(evaluator, secondsNow, random);
  resting.delete(evaluator);
  state.clock = now === undefined ? secondsNow : () => now;
  state.random = random;
  enter(state, surroundings);
  const value = finish(state, expression);
  // An ad or list may hold the state's own ads, which the next evaluation would change.
  if (!(value instanceof Ad || value instanceof List)) resting.set(evaluator, state);
  return value;
}

function enter(state: State, { my, target, scoping = "matchmaking", share = 1 }: Surroundings): void {
  const right = target === undefined ? undefined : adOf(target);
  const left = my === undefined ? right && new Ad() : adOf(my);
  state.enter(left, right !== undefined && right === left ? twin(right) : right, scoping);
  state.steps = Math.ceil(state.steps * share);
  state.regexSteps = Math.ceil(state.regexSteps * share);
}

/** The value, or ERROR where the library's evaluation fails: at a cycle, or at our limits. */
function finish(state: State, expression: Expression): Value {
  try {
    return state.evaluate(expression);
  } catch (error) {
    if (error instanceof Failure || error instanceof Exhausted) return ERROR;
    // Our caller had used up most of the stack before; ours has a bound.
    if (error instanceof RangeError && /call stack/.test(error.message)) return ERROR;
    throw error;
  }
}

/**
 * Evaluates an expression once. Throws `bad-classad` if a text cannot be read; never throws for what it evaluates to.
 *
 *     evaluate("MY.Memory >= TARGET.RequestMemory", { my: "Memory = 2048", target: "RequestMemory = 1024" }) // true
 */
export function evaluate(text: string | Expression, surroundings: Surroundings = {}): Value {
  const expression = typeof text === "string" ? parseExpression(text) : text;
  return once(interpret, expression, surroundings);
}

export interface CompiledExpression {
  readonly expression: Expression;
  /** As `evaluate`, without reading the text again. Parsed ads are fastest: what they hold is compiled once too. */
  evaluate(surroundings?: Surroundings): Value;
}

/** Reads an expression, or an ad, once, to be evaluated often. Throws `bad-classad`. */
export function compile(text: string | Expression): CompiledExpression {
  const expression = typeof text === "string" ? parse(text) : text;
  return {
    expression,
    evaluate: (surroundings = {}) => once(evaluateCompiled, expression, surroundings),
  };
}

/** For matching, which leaves nothing of the state behind. */
const shared = new State(evaluateCompiled, secondsNow, Math.random);

function attributeOf(ad: Ad, key: string): Value {
  const found = ad.attributes.get(key);
  if (found === undefined || found.literal) return found?.value;
  shared.begin(ad);
  // As RIGHT.requirements: one reference has been followed.
  shared.dereferences = 1;
  return finish(shared, found.expression);
}

/** Whether a Requirements value says yes: true, or a number that is not 0. */
const accepts = (value: Value): boolean => truth(value) === true;

/**
 * Whether each ad's Requirements accept the other. The fast way for ads that are parsed: a pair takes under a
 * microsecond from the second time on.
 */
export function matches(left: Ad, right: Ad, scoping: Scoping = "matchmaking"): boolean {
  const other = right === left ? twin(right) : right;
  shared.enter(left, other, scoping);
  const wanted = attributeOf(other, "requirements");
  if (wanted === false) return false;
  const own = attributeOf(left, "requirements");
  return wanted === true ? accepts(own) : accepts(binary("&&", wanted, own));
}

export interface MatchResult {
  /** Both Requirements accept. */
  matches: boolean;
  /** The left ad's Requirements accept the right ad; and the other way round. */
  leftAccepts: boolean;
  rightAccepts: boolean;
  /** The value of the left ad's Rank with the right ad as TARGET; and the other way round. */
  leftRank: Value;
  rightRank: Value;
}

/** Matches two ads, given as text in either syntax or parsed. Throws `bad-classad`. */
export function match(
  left: string | Expression,
  right: string | Expression,
  { scoping = "matchmaking" }: { scoping?: Scoping } = {},
): MatchResult {
  const [a, b] = [adOf(left), adOf(right)];
  shared.enter(a, a === b ? twin(b) : b, scoping);
  const other = shared.right!;
  const mine = attributeOf(a, "requirements");
  const theirs = attributeOf(other, "requirements");
  return {
    matches: accepts(binary("&&", theirs, mine)),
    leftAccepts: accepts(mine),
    rightAccepts: accepts(theirs),
    leftRank: attributeOf(a, "rank"),
    rightRank: attributeOf(other, "rank"),
  };
}
