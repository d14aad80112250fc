// What a machine answers to a task: the right digest, or a wrong one. Right is one word for all tasks, since digests are
// only ever compared within a task; a float kernel has one right digest for each numeric class.
import type { Bytes32 } from "../../protocol/ids.ts";
import type { Population } from "./population.ts";
import { draw, hash32 } from "./random.ts";
import type { Adversary, Scenario } from "./scenario.ts";

const STREAM = { honest: 11, lie: 12, task: 13, spot: 14 };

/** A digest's first letter says whether it is right; only the simulator looks at it. */
const RIGHT = "0x";
const COLLUDED = "!c" as Bytes32;
const CONSTANT = "!k" as Bytes32;

export const isRight = (digest: Bytes32): boolean => digest.startsWith(RIGHT);

/** What is known of one task to the one who computes it. */
export interface Asked {
  /** Which input it is: a spot check repeats one. */
  content: number;
  isCheck: boolean;
  /** Nobody else has it or has had it. */
  isFresh: boolean;
}

/** What was done under a name so far. */
export interface Past {
  contributions: number;
  lies: number;
}

export class Answers {
  readonly #population: Population;
  readonly #adversary: Adversary | undefined;
  readonly #seeds: Record<keyof typeof STREAM, number>;
  readonly #honestError: number;
  readonly #rights: Bytes32[];
  /** By content: what colluders have answered. 0 nothing, 1 right, 2 wrong. */
  readonly #answered: Uint8Array | undefined;
  /** The highest content that a colluder has answered. */
  #furthest = -1;
  #unlike = 0;

  constructor(scenario: Scenario, population: Population, seed: number) {
    const { adversary, volunteers, job } = scenario;
    this.#population = population;
    this.#adversary = adversary;
    this.#honestError = volunteers.honestError;
    this.#rights = volunteers.classes.map((_, i) => `${RIGHT}${job.float ? i : ""}` as Bytes32);
    if (adversary?.memory || adversary?.behaviour === "copy") this.#answered = new Uint8Array(job.tasks);
    this.#seeds = { honest: 0, lie: 0, task: 0, spot: 0 };
    for (const name of Object.keys(STREAM) as (keyof typeof STREAM)[])
      this.#seeds[name] = hash32(seed, STREAM[name], Math.floor(seed / 2 ** 32));
  }

  /** The right digest of whatever class a referee is of. */
  get truth(): Bytes32 {
    return this.#rights[0]!;
  }

  /** What machine `i` would honestly find. */
  right(i: number): Bytes32 {
    return this.#rights[this.#population.numericClass[i]!]!;
  }

  /** The `n`th answer of machine `i`, which comes under this name. */
  of(i: number, n: number, name: Past, asked: Asked): Bytes32 {
    if (this.#population.isBad[i] === 1 && this.#lies(i, n, name, asked)) return this.#wrong();
    if (this.#honestError > 0 && draw(this.#seeds.honest, i, n) < this.#honestError) return this.#another();
    return this.right(i);
  }

  /** Whether nothing is computed for it, so that the answer comes at once. */
  isFree(i: number, content: number): boolean {
    if (this.#population.isBad[i] === 0) return false;
    const { behaviour } = this.#adversary!;
    return behaviour === "constant" || (behaviour === "copy" && this.#answered![content] !== 0);
  }

  #lies(i: number, n: number, { contributions, lies }: Past, asked: Asked): boolean {
    const adversary = this.#adversary!;
    const { content, isCheck } = asked;
    const seemsFresh = this.#seemsFresh(asked);
    const { behaviour, recognise, memory } = adversary;
    if (behaviour === "constant") return true;
    if (contributions < adversary.honestFirst || lies >= adversary.mostLies) return false;
    if (isCheck && recognise > 0 && draw(this.#seeds.spot, i, n) < recognise) return false;
    if (!seemsFresh) return false;
    const known = this.#answered?.[content] ?? 0;
    if (known !== 0 && (memory || behaviour === "copy")) return known === 2;
    const wants = this.#wantsToLie(i, n, content, adversary);
    if (this.#answered) this.#answered[content] = wants ? 2 : 1;
    return wants;
  }

  #seemsFresh({ content, isFresh }: Asked): boolean {
    const { knows } = this.#adversary!;
    if (knows !== "order") return knows === "nothing" || isFresh;
    const isBeyond = content > this.#furthest;
    this.#furthest = Math.max(this.#furthest, content);
    return isBeyond;
  }

  #wantsToLie(i: number, n: number, content: number, { lieRate, collusion }: Adversary): boolean {
    const u = collusion === "tasks" ? draw(this.#seeds.task, content, 0) : draw(this.#seeds.lie, i, n);
    return u < lieRate;
  }

  #wrong(): Bytes32 {
    const { behaviour, collusion } = this.#adversary!;
    if (behaviour === "constant") return CONSTANT;
    return collusion === "none" ? this.#another() : COLLUDED;
  }

  /** Wrong in a way nobody else is. */
  #another(): Bytes32 {
    return `!${this.#unlike++}` as Bytes32;
  }
}
