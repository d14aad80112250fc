// A backtracking matcher that counts its steps. PCRE, which the library uses, backtracks too and gives up at a limit;
// JavaScript's RegExp has none, and a pattern like (a+)+$ from a stranger would hold the thread for years.
import { isWord } from "./classes.ts";
import { BadPattern, type Flags, type Node, PatternParser } from "./syntax.ts";

/** Continuations: a node's matcher calls `next` at each place where it can end. */
type Next = (at: number) => boolean;
type Run = (at: number, next: Next, matcher: Matcher) => boolean;

export interface Regex {
  readonly groups: number;
  readonly run: Run;
}

/** Whoever pays for steps; all patterns of one evaluation draw on one account. */
export interface Budget {
  regexSteps: number;
  /** Pays for reading a pattern. */
  spend(steps: number): void;
}

class OutOfSteps {}
const OUT_OF_STEPS = new OutOfSteps();
/** Continuations inside each other are frames on the stack. */
const MAX_FRAMES = 2_000;

const cache = new Map<string, Regex | undefined>();
const CACHED = 200;
const LONGEST_CACHED = 500;
const BYTES_PER_STEP = 2;
/** What a search costs before its first step. */
const SEARCH_STEPS = 8;

/** `undefined` if the pattern is not one. Flags are i, m, s, x; others are passed over. */
export function compileRegex(pattern: string, options: string, budget: Budget): Regex | undefined {
  const flags = ["i", "m", "s", "x"].filter((flag) => options.includes(flag)).join("");
  const key = `${flags}/${pattern}`;
  // Also for a pattern that is remembered: what an evaluation may do must not depend on those before.
  budget.spend(Math.ceil(pattern.length / BYTES_PER_STEP));
  if (cache.has(key)) return cache.get(key);
  let regex: Regex | undefined;
  try {
    const has = (flag: keyof Flags) => flags.includes(flag);
    const parser = new PatternParser(pattern, { i: has("i"), m: has("m"), s: has("s"), x: has("x") });
    const run = compile(parser.parse());
    regex = { groups: parser.groups, run };
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
  }
  if (pattern.length > LONGEST_CACHED) return regex;
  if (cache.size >= CACHED) cache.delete(cache.keys().next().value!);
  cache.set(key, regex);
  return regex;
}

export interface Match {
  start: number;
  end: number;
  /** Captures from 0; `undefined` for a group that took no part. */
  groups: (string | undefined)[];
  /** One more than the last group that took part. */
  count: number;
}

export interface MatchOptions {
  /** Only at the place where the search starts. */
  anchored?: boolean;
  /** An empty match at that place does not count. */
  notEmptyAtStart?: boolean;
}

export class Matcher {
  readonly #regex: Regex;
  readonly #budget: Budget;
  text = "";
  from = 0;
  starts: number[] = [];
  ends: number[] = [];
  /** Where `\K` says that the match begins. */
  begin = -1;
  frames = 0;

  constructor(regex: Regex, budget: Budget) {
    this.#regex = regex;
    this.#budget = budget;
  }

  step(steps = 1): void {
    this.#budget.regexSteps -= steps;
    if (this.#budget.regexSteps < 0) throw OUT_OF_STEPS;
  }

  /** The first match at or behind `from`. */
  exec(text: string, from: number, { anchored, notEmptyAtStart }: MatchOptions = {}): Match | "exhausted" | undefined {
    this.text = text;
    this.from = from;
    this.frames = 0;
    try {
      this.step(SEARCH_STEPS + this.#regex.groups);
      for (let start = from; start <= text.length; start++) {
        this.step(1 + this.#regex.groups);
        this.starts = new Array(this.#regex.groups + 1).fill(-1);
        this.ends = new Array(this.#regex.groups + 1).fill(-1);
        this.begin = start;
        let end = -1;
        const accept = (at: number): boolean => {
          if (notEmptyAtStart && at === this.begin && at === from) return false;
          end = at;
          return true;
        };
        if (this.#regex.run(start, accept, this)) return this.#result(end);
        if (anchored) return undefined;
      }
      return undefined;
    } catch (error) {
      if (error === OUT_OF_STEPS) return "exhausted";
      throw error;
    }
  }

  #result(end: number): Match {
    const groups = this.starts.map((start, i) => (start < 0 ? undefined : this.text.slice(start, this.ends[i])));
    const start = Math.min(this.begin, end);
    groups[0] = this.text.slice(start, end);
    let count = groups.length;
    while (count > 1 && groups[count - 1] === undefined) count--;
    return { start, end, groups, count };
  }
}

function compile(node: Node): Run {
  switch (node.kind) {
    case "char": {
      const { code, fold } = node;
      return fold
        ? (at, next, m) => (m.text.charCodeAt(at) | 32) === code && at < m.text.length && next(at + 1)
        : (at, next, m) => m.text.charCodeAt(at) === code && next(at + 1);
    }
    case "set": {
      const { set } = node;
      return (at, next, m) => at < m.text.length && set[m.text.charCodeAt(at)] === 1 && next(at + 1);
    }
    case "start":
      return (at, next) => at === 0 && next(at);
    case "end":
      return (at, next, m) => at === m.text.length && next(at);
    case "endOrNewline":
      return (at, next, m) => (at === m.text.length || (at === m.text.length - 1 && m.text[at] === "\n")) && next(at);
    case "lineStart":
      // PCRE: not behind a newline that ends the text.
      return (at, next, m) => (at === 0 || (m.text[at - 1] === "\n" && at < m.text.length)) && next(at);
    case "lineEnd":
      return (at, next, m) => (at === m.text.length || m.text[at] === "\n") && next(at);
    case "matchStart":
      return (at, next, m) => at === m.from && next(at);
    case "word":
    case "notWord": {
      const wanted = node.kind === "word";
      return (at, next, m) => {
        const before = at > 0 && isWord(m.text.charCodeAt(at - 1));
        const after = at < m.text.length && isWord(m.text.charCodeAt(at));
        return (before !== after) === wanted && next(at);
      };
    }
    case "resetStart":
      return (at, next, m) => {
        const begin = m.begin;
        m.begin = at;
        if (next(at)) return true;
        m.begin = begin;
        return false;
      };
    case "sequence":
      return inOrder(node.parts.map(compile));
    case "either": {
      const runs = node.choices.map(compile);
      return (at, next, m) => {
        m.step();
        return runs.some((run) => run(at, next, m));
      };
    }
    case "group": {
      const run = compile(node.of);
      const { index } = node;
      return (at, next, m) => {
        const [start, end] = [m.starts[index]!, m.ends[index]!];
        const matched = run(
          at,
          (to) => {
            const [startInside, endInside] = [m.starts[index]!, m.ends[index]!];
            m.starts[index] = at;
            m.ends[index] = to;
            if (next(to)) return true;
            m.starts[index] = startInside;
            m.ends[index] = endInside;
            return false;
          },
          m,
        );
        if (!matched) {
          m.starts[index] = start;
          m.ends[index] = end;
        }
        return matched;
      };
    }
    case "back": {
      const { index, fold } = node;
      return (at, next, m) => {
        const start = m.starts[index]!;
        if (start < 0) return false;
        const captured = m.text.slice(start, m.ends[index]);
        const here = m.text.slice(at, at + captured.length);
        const same = fold ? captured.toLowerCase() === here.toLowerCase() : captured === here;
        return same && next(at + captured.length);
      };
    }
    case "atomic":
      return once(compile(node.of));
    case "look":
      return lookAround(compile(node.of), node.behind, node.negative, node.width, node.of);
    case "repeat":
      return repeat(node);
  }
}

const inOrder = (runs: readonly Run[]): Run =>
  runs.reduceRight<Run>(
    (rest, run) => (at, next, m) => run(at, (to) => rest(to, next, m), m),
    (at, next) => next(at),
  );

/** Runs `work`, and puts the groups back as they were if it fails. */
function keepingGroups(m: Matcher, work: () => boolean): boolean {
  const { starts, ends } = m;
  m.starts = starts.slice();
  m.ends = ends.slice();
  if (work()) return true;
  m.starts = starts;
  m.ends = ends;
  return false;
}

/** Takes the first way to match and never another. */
const once =
  (run: Run): Run =>
  (at, next, m) =>
    keepingGroups(m, () => {
      let end = -1;
      const accept = (to: number): boolean => {
        end = to;
        return true;
      };
      return run(at, accept, m) && next(end);
    });

function lookAround(run: Run, behind: boolean, negative: boolean, width: number, of: Node): Run {
  // Alternatives of different lengths: each start is tried.
  const anyWidth = behind && width < 0 && of.kind === "either";
  const found = (at: number, m: Matcher): boolean => {
    if (!behind) return run(at, () => true, m);
    const backs = anyWidth ? Array.from({ length: at + 1 }, (_, back) => back) : [width];
    m.step(backs.length);
    return backs.some((back) => at >= back && run(at - back, (to) => to === at, m));
  };
  return (at, next, m) => {
    m.step();
    if (!negative) return keepingGroups(m, () => found(at, m) && next(at));
    // What matches inside of a negative one leaves no groups either.
    let there = false;
    keepingGroups(m, () => {
      there = found(at, m);
      return false;
    });
    return !there && next(at);
  };
}

/** Loops over what is one character wide need no frames: they run ahead and step back. */
function repeat(node: Extract<Node, { kind: "repeat" }>): Run {
  const { of, min, max, mode } = node;
  const run = compile(of);
  if (mode === "possessive") return once(repeat({ ...node, mode: "greedy" }));
  if (of.kind === "char" || of.kind === "set") {
    const fits = (at: number, m: Matcher): boolean => run(at, () => true, m);
    if (mode === "greedy")
      return (at, next, m) => {
        let end = at;
        while (end - at < max && fits(end, m)) {
          m.step();
          end++;
        }
        for (; end - at >= min; end--) {
          m.step();
          if (next(end)) return true;
        }
        return false;
      };
    return (at, next, m) => {
      for (let end = at; ; end++) {
        m.step();
        if (end - at >= min && next(end)) return true;
        if (end - at >= max || !fits(end, m)) return false;
      }
    };
  }
  const loop = (at: number, times: number, next: Next, m: Matcher): boolean => {
    m.step();
    if (++m.frames > MAX_FRAMES) throw OUT_OF_STEPS;
    const more = () =>
      times < max &&
      run(
        at,
        // A turn that took nothing is the last, or it would turn forever.
        (to) => (to === at ? next(to) : loop(to, times + 1, next, m)),
        m,
      );
    const stop = () => times >= min && next(at);
    const matched = mode === "greedy" ? more() || stop() : stop() || more();
    m.frames--;
    return matched;
  };
  return (at, next, m) => loop(at, 0, next, m);
}
