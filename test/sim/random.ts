// Chance, from a seed. Two kinds: a stream (sfc32, http://pracrand.sourceforge.net/RNG_engines.txt) for what happens in
// the order of the simulation, and draws that depend on nothing but their names (`Draws`), so that a volunteer has the
// same sessions and a liar the same lies whatever policy is being tried on them.

/** A stream of numbers, uniform in [0, 1). */
export type Uniform = () => number;

/** sfc32 with `stream` as a second word of the seed: streams of one seed are independent. */
export function sfc32(seed: number, stream: number): Uniform {
  let a = seed >>> 0;
  let b = stream >>> 0;
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // A seed has few bits set: they are spread before the first number is used.
  for (let i = 0; i < 20; i++) next();
  return next;
}

const mix = (h: number, value: number): number => {
  let x = Math.imul(h ^ value, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return ((x ^ (x >>> 16)) + 0x9e3779b9) | 0;
};

/** 32 bits that depend on the seed and two numbers: murmur3's mixing (https://github.com/aappleby/smhasher). */
export const hash32 = (seed: number, a: number, b: number): number =>
  mix(mix(mix(mix(seed, a), b), a), 0x27d4eb2f) >>> 0;

/** Uniform in (0, 1), of two numbers. */
export const draw = (seed: number, a: number, b: number): number => (hash32(seed, a, b) + 0.5) / 2 ** 32;

/** Mean 0, variance 1, of two uniform numbers, the first above 0 (Box and Muller's transform). */
export const normal = (u: number, v: number): number => Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);

/** The `n`th sequence of draws of whoever has the number `who`. One object serves all, one after the other. */
export class Draws {
  readonly #seed: number;
  #who = 0;
  #n = 0;
  #taken = 0;

  constructor(seed: number, stream: number) {
    this.#seed = hash32(seed, stream, Math.floor(seed / 2 ** 32));
  }

  of(who: number, n: number): this {
    this.#who = who;
    this.#n = n;
    this.#taken = 0;
    return this;
  }

  /** Uniform in (0, 1). */
  next(): number {
    return draw(this.#seed + Math.imul(this.#taken++, 0x9e3779b1), this.#who, this.#n);
  }

  normal(): number {
    return normal(this.next(), this.next());
  }
}
