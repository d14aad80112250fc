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

/** What agreeing workers share, by their scores: rounded down each, the remainder to nobody of them. */
const PAYOUTS: [workersWei: string, scores: number[]][] = [
  ["850000000000", [0]],
  ["850000000001", [0, 0]],
  ["1000000000000000000", [0, 0, 0]],
  ["1000000000000000000", [0, 17, 100]],
  ["7", [49151, 49151, 0]],
  ["0", [0, 1]],
  ["340282366920938463463374607431768211455", [0, 12, 15, 27, 30, 100, 765, 1000, 4095, 12288, 49151, 0, 0, 0, 0, 0]],
];

const payouts = PAYOUTS.map(([workersWei, scores]) => {
  const shares = scores.map((score) => BigInt(weight(score).toString(2).length - 1));
  const all = shares.reduce((sum, share) => sum + share, 0n);
  const rewards = shares.map((share) => (BigInt(workersWei) * share) / all);
  const remainder = rewards.reduce((left, reward) => left - reward, BigInt(workersWei));
  return { workersWei, scores, rewards: rewards.map(String), remainder: String(remainder) };
});

/**
 * Tasks as iExec's own contract settles them, step by step by hand from its source (IexecPoco2, initialize to finalize or
 * claim), with its own numbers: stake ratio 30 %, kitty 10 % and at least 10^9.
 */
type Part = [worker: string, score: number, digest: string, revealed: boolean];
interface Scenario {
  name: string;
  trust: number;
  priceWei: number;
  ratio: number;
  stakeWei: number;
  kittyWei: number;
  contributions: { worker: string; score: number; digest: string; revealed: boolean }[];
  expected: {
    /** consensus.total after each contribution. */
    totals: number[];
    consensusAt: number | null;
    digest: string | null;
    paid: boolean;
    rewards: number[];
    lost: number[];
    scores: number[];
    /** Reward for scheduling, kitty included; its lost stake where the task failed. */
    scheduler: number;
    kitty: number;
  };
}
const scenario = (
  name: string,
  [trust, priceWei, ratio, stakeWei, kittyWei]: [number, number, number, number, number],
  parts: Part[],
  expected: Scenario["expected"],
): Scenario => ({
  name,
  ...{ trust, priceWei, ratio, stakeWei, kittyWei },
  contributions: parts.map(([worker, score, digest, revealed]) => ({ worker, score, digest, revealed })),
  expected,
});

const iexec: Scenario[] = [
  scenario("one worker, trust 0: no score for what nobody replicated", [0, 1000, 5, 300, 0], [["A", 0, "x", true]], {
    ...{ totals: [3], consensusAt: 0, digest: "x", paid: true },
    ...{ rewards: [950], lost: [0], scores: [0], scheduler: 50, kitty: 0 },
  }),
  scenario(
    "two newcomers, trust 4",
    [4, 1000, 5, 300, 0],
    [
      ["A", 0, "x", true],
      ["B", 0, "x", true],
    ],
    {
      ...{ totals: [3, 5], consensusAt: 1, digest: "x", paid: true },
      ...{ rewards: [475, 475], lost: [0, 0], scores: [1, 1], scheduler: 50, kitty: 0 },
    },
  ),
  scenario(
    "two newcomers cannot certify trust 5",
    [5, 1000, 5, 300, 0],
    [
      ["A", 0, "x", true],
      ["B", 0, "x", true],
    ],
    {
      ...{ totals: [3, 5], consensusAt: null, digest: null, paid: false },
      ...{ rewards: [0, 0], lost: [0, 0], scores: [0, 0], scheduler: -300, kitty: 300 },
    },
  ),
  scenario(
    "a liar among four: its stake is shared, its score cut",
    [3, 1000, 5, 300, 0],
    [
      ["L", 10, "y", true],
      ["A", 0, "x", true],
      ["B", 0, "x", true],
      ["C", 0, "x", true],
    ],
    // 8 · 3 > (1 + 2 + 8) · 2; after the third contribution 4 · 3 > 7 · 2 does not hold.
    {
      ...{ totals: [3, 5, 7, 11], consensusAt: 3, digest: "x", paid: true },
      ...{ rewards: [0, 411, 411, 411], lost: [300, 0, 0, 0], scores: [6, 1, 1, 1], scheduler: 67, kitty: 0 },
    },
  ),
  scenario(
    "shares by the logarithm of weight, rounding to the scheduler",
    [30, 1000, 5, 0, 0],
    [
      ["A", 0, "x", true],
      ["B", 30, "x", true],
      ["C", 100, "x", true],
    ],
    // Weights 2, 9, 32: shares 1, 3, 5. 2: 60 > 87 no; 18: 540 > 551 no; 576: yes.
    {
      ...{ totals: [3, 19, 577], consensusAt: 2, digest: "x", paid: true },
      ...{ rewards: [105, 316, 527], lost: [0, 0, 0], scores: [1, 31, 101], scheduler: 52, kitty: 0 },
    },
  ),
  scenario(
    "who does not reveal is punished as who was wrong",
    [4, 1000, 10, 50, 0],
    [
      ["A", 9, "x", true],
      ["B", 9, "x", false],
    ],
    {
      ...{ totals: [3, 5], consensusAt: 1, digest: "x", paid: true },
      ...{ rewards: [945, 0], lost: [0, 50], scores: [10, 6], scheduler: 105, kitty: 0 },
    },
  ),
  scenario(
    "nobody reveals: the task fails, no score moves",
    [4, 1000, 10, 50, 7],
    [
      ["A", 9, "x", false],
      ["B", 9, "x", false],
    ],
    {
      ...{ totals: [3, 5], consensusAt: 1, digest: "x", paid: false },
      ...{ rewards: [0, 0], lost: [0, 0], scores: [9, 9], scheduler: -300, kitty: 307 },
    },
  ),
  scenario(
    "reopened: those who did not reveal pay for it in the end",
    [4, 1000, 10, 50, 0],
    [
      ["A", 9, "x", false],
      ["B", 9, "x", false],
      ["C", 0, "y", true],
      ["D", 0, "y", true],
    ],
    {
      ...{ totals: [3, 5, 3, 5], consensusAt: 3, digest: "y", paid: true },
      ...{ rewards: [0, 0, 495, 495], lost: [50, 50, 0, 0], scores: [6, 6, 1, 1], scheduler: 110, kitty: 0 },
    },
  ),
  scenario(
    "reopened for the same digest: its group starts anew",
    [4, 1000, 10, 50, 0],
    [
      ["A", 0, "x", false],
      ["B", 0, "x", false],
      ["C", 0, "x", true],
      ["D", 0, "x", true],
    ],
    {
      ...{ totals: [3, 5, 3, 5], consensusAt: 3, digest: "x", paid: true },
      ...{ rewards: [0, 0, 495, 495], lost: [50, 50, 0, 0], scores: [0, 0, 1, 1], scheduler: 110, kitty: 0 },
    },
  ),
  scenario("a small kitty is paid out whole", [1, 1000, 5, 0, 600], [["A", 0, "x", true]], {
    ...{ totals: [3], consensusAt: 0, digest: "x", paid: true },
    ...{ rewards: [950], lost: [0], scores: [0], scheduler: 650, kitty: 0 },
  }),
  scenario("a large kitty pays a tenth", [1, 1000, 5, 0, 30_000_000_000], [["A", 0, "x", true]], {
    ...{ totals: [3], consensusAt: 0, digest: "x", paid: true },
    ...{ rewards: [950], lost: [0], scores: [0], scheduler: 3_000_000_050, kitty: 27_000_000_000 },
  }),
];

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
  payouts,
  iexec,
};

process.stdout.write(`${JSON.stringify(vectors, undefined, 2)}\n`);
