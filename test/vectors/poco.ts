// Writes poco.json, which holds protocol/poco.ts and contracts/libraries/PocoMath.sol to the same numbers. The rule is
// spelled out here a third time, as plainly as possible and with fractions instead of the integers of the other two.
//
//   node test/vectors/poco.ts > test/vectors/poco.json
const SCORES = [0, 1, 8, 9, 11, 12, 14, 15, 17, 27, 30, 100, 765, 1000, 4095, 12288, 49150, 49151, 49152, 1000000];

/** Each line: scores of those who agree, scores of the others by digest, trust. */
const QUORUMS: [number[], number[][], number][] = [
  [[], [[0]], 2],
  [[0], [], 1],
  [[0], [], 2],
  [[0], [], 3],
  [[0, 0], [], 4],
  [[0, 0], [], 5],
  [[0, 0], [], 6],
  [[0, 0], [[0]], 2],
  [[0, 0], [[0]], 3],
  [[0], [[0], [0]], 2],
  [[0, 0], [[0, 0]], 2],
  [[0, 0, 0], [[0, 0]], 2],
  [[0, 0, 0], [[0], [0]], 2],
  [[30], [], 10],
  [[33], [], 10],
  [[36, 0], [[0]], 7],
  [[3000], [], 1000],
  [[3000], [[0, 0, 0]], 100],
  [[100, 100, 100], [], 32000],
  [[100, 100, 100], [], 33000],
  [[49151, 49151, 49151, 49151], [[49151, 49151]], 1_000_000],
  [Array<number>(16).fill(49151), [], 1_000_000],
  [Array<number>(8).fill(49151), [Array<number>(8).fill(49151)], 2],
  [[0, 0], [], 0],
];

const STEPS: [score: number, good: number, bad: number][] = [
  [0, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 1],
  [2, 0, 1],
  [3, 0, 1],
  [30, 0, 2],
  [30, 5, 1],
  [0, 10, 3],
  [49151, 5, 0],
  [49151, 0, 1],
  [40000, 20000, 1],
  [100, 0, 1000],
  [7, 1_000_000, 0],
];

const BOUND = 49_151;
const weight = (score: number) => Math.max(Math.floor(Math.min(score, BOUND) / 3), 3) - 1;
const product = (scores: number[]) => scores.reduce((all, score) => all * BigInt(weight(score)), 1n);

/** group / total > 1 − 1/T, cleared of its fractions in one step: (total − group) · T < total. */
function isCertified(group: bigint, total: bigint, trust: number): boolean {
  return (total - group) * BigInt(Math.max(trust, 1)) < total;
}

const quorums = QUORUMS.map(([agreeing, others, trust]) => {
  const group = agreeing.length > 0 ? product(agreeing) : 0n;
  const total = 1n + group + others.reduce((sum, scores) => sum + product(scores), 0n);
  return {
    scores: [...agreeing, ...others.flat()],
    /** 1: the digest asked about; others from 2. */
    digests: [...agreeing.map(() => 1), ...others.flatMap((scores, i) => scores.map(() => i + 2))],
    trust,
    certified: isCertified(group, total, trust),
  };
});

const scoreAfter = ([score, good, bad]: [number, number, number]) => {
  let next = Math.min(BOUND, score + good);
  for (let i = 0; i < Math.min(bad, 100); i++) next = Math.trunc((2 * next) / 3);
  return next;
};

const vectors = {
  weights: {
    score: SCORES,
    weight: SCORES.map(weight),
    share: SCORES.map((score) => weight(score).toString(2).length - 1),
  },
  steps: {
    score: STEPS.map(([score]) => score),
    good: STEPS.map(([, good]) => good),
    bad: STEPS.map(([, , bad]) => bad),
    after: STEPS.map(scoreAfter),
  },
  quorums,
};

process.stdout.write(`${JSON.stringify(vectors, undefined, 2)}\n`);
