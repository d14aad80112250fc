// In which order the tasks of a job are leased for the first time. Where a result may rest on one worker's word the order
// is a secret: a worker that could tell a task nobody has touched from one it repeats would lie on the first only.
//
//   position 0, 1, 2 …  ──(x < 4^h)──▶ Feistel network: 8 rounds of two halves of h bits ──▶ index
//                              ▲                       │ not below the number of tasks:
//                              └───────────────────────┘ once more (cycle walking)
//
// A Feistel network is a bijection whatever its rounds compute, and walking a bijection's cycle until it is back among the
// tasks is one of the tasks (J. Black and P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). Four halves
// of the numbers are no tasks at the most, so it walks less than four times on average.
//
// The rounds mix 32 bits and are no cipher. They need not be: whoever looks sees no positions, only which tasks came to
// it, in shuffled leases among those of others; what there is to win is trust worth about half for the rest of one job.

/** Of `tasks` tasks, each at one position. Both are 0 to `tasks` − 1. */
export interface Order {
  indexAt(position: number): number;
  positionOf(index: number): number;
}

/** Each task at the position of its own number. */
export const inOrder: Order = { indexAt: (position) => position, positionOf: (index) => index };

/** Words of key that a secret order takes: one a round. */
export const ORDER_KEY_WORDS = 8;

/** `key`: `ORDER_KEY_WORDS` words that nobody else knows. At most 2^30 tasks. */
export function secretOrder(tasks: number, key: Uint32Array): Order {
  let half = 1;
  while (4 ** half < tasks) half++;
  const mask = 2 ** half - 1;

  const encrypt = (x: number): number => {
    let left = x >>> half;
    let right = x & mask;
    for (let round = 0; round < ORDER_KEY_WORDS; round++) {
      const next = left ^ (mix(right, key[round]!) & mask);
      left = right;
      right = next;
    }
    return (left << half) | right;
  };
  const decrypt = (x: number): number => {
    let left = x >>> half;
    let right = x & mask;
    for (let round = ORDER_KEY_WORDS - 1; round >= 0; round--) {
      const previous = right ^ (mix(left, key[round]!) & mask);
      right = left;
      left = previous;
    }
    return (left << half) | right;
  };
  const walk = (step: (x: number) => number, from: number): number => {
    let at = step(from);
    while (at >= tasks) at = step(at);
    return at;
  };
  return { indexAt: (position) => walk(encrypt, position), positionOf: (index) => walk(decrypt, index) };
}

/** murmur3's last mixing of 32 bits (https://github.com/aappleby/smhasher): every bit of both depends on every other. */
function mix(half: number, key: number): number {
  let x = half ^ key;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
