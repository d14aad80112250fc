// A seeded generator (mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c), so that what a
// random test did can be done again.
export interface Random {
  /** 0 to below 1. */
  (): number;
  below(bound: number): number;
  pick<T>(list: readonly T[]): T;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return Object.assign(next, { below, pick: <T>(list: readonly T[]): T => list[below(list.length)]! });
}

/** SUPEREDGE_SEED, or a new one; printed, so that a failure can be repeated. */
export function chooseSeed(test: string): number {
  const seed = Number(process.env.SUPEREDGE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`${test}: SUPEREDGE_SEED=${seed}\n`);
  return seed;
}
