// One task from its first contribution to its rewards and scores, under iExec's rules or under ours. Pure: for comparing the
// two on the same scenario, and for whoever wants to know what a task would have paid.
//
// `iexec` is IexecPoco2 (https://github.com/iExecBlockchainComputing/PoCo, contribute … finalize), followed to the wei:
//   - a contribution weighs max(⌊score / 3⌋, 3) − 1 whether it will be revealed or not, scores have no bound;
//   - after each contribution the group of its digest alone is held to group · T > total · (T − 1), T = 0 counting as 1; with
//     consensus no more contributions are taken, and winners reveal;
//   - if none did, the task can be reopened: that group counts no more, its contributors stay and will be punished;
//   - those who revealed with the winners share by ⌊log2 weight⌋, rounded down, what is not the scheduler's of the price and of
//     the stakes of all others; the scheduler gets its ratio, what rounding left, and a piece of the kitty;
//   - score + 1 for them if anybody else contributed, × 2/3 rounded down for all others; a task that fails changes no score,
//     gives stakes back, and moves the scheduler's stake (30 % of the price) to the kitty.
// Not followed because it is another protocol: enclaves, authorisations by the scheduler, contributeAndFinalize, deadlines.
//
// `superedge` is what our epochs settle (contracts/Challenges.sol), and differs on purpose:
//   - only what was revealed counts, in any order; an unrevealed contribution is unpaid and nothing else;
//   - the rule must hold and `replicas` contributions must agree, at most 16 in all; scores stop at 49,151;
//   - 5 % of the price is burned; a score grows only where something was burned and more than one contributed; no stakes, no
//     kitty;
//   - over an epoch, wrong contributions count last, and more than one of them, and more than 1 in 51, forfeit its rewards.
import { SuperEdgeError } from "./errors.ts";
import { MAX_REPLICAS } from "./limits.ts";
import { forfeits, rewardOf, splitPrice } from "./payout.ts";
import { certifiedDigest, isCertified, scoreAfter, shareOf, weigh } from "./poco.ts";

export type PocoPolicy = "iexec" | "superedge";

export interface ReplayTerms {
  trust: number;
  /** iExec: the worker pool's price. Ours: the price of the task. */
  priceWei: bigint;
  /** iExec's ratio is in percent: a multiple of 100. */
  feeBps: number;
  /** Agreeing contributions asked for; ours only. */
  replicas?: number;
  /** Locked by each worker; iExec only. */
  workerStakeWei?: bigint;
  /** In the kitty before; iExec only. */
  kittyWei?: bigint;
}

export interface ReplayedContribution {
  worker: string;
  /** Before the task. */
  score: number;
  digest: string;
  /** Whether it was revealed, or would have been when asked for. */
  revealed: boolean;
}

/** Where the task stood after a contribution. */
interface Standing {
  /** The digest that had consensus. */
  certified?: string;
  /** Of this contribution's digest. */
  group: bigint;
  total: bigint;
  /** iExec: the task had consensus before, nobody revealed, and it was reopened for this one. */
  reopened: boolean;
}

export interface WorkerOutcome {
  worker: string;
  verdict: "right" | "wrong" | "unrevealed" | "none";
  rewardWei: bigint;
  /** Of its stake; iExec only. */
  lostWei: bigint;
  scoreAfter: number;
}

export interface Replay {
  steps: Standing[];
  /** Which contribution brought the consensus that the task ended with. */
  consensusAt?: number;
  digest?: string;
  /** Whether it was paid: consensus, and at least one of the winners revealed. */
  isPaid: boolean;
  /** In the order of contribution. */
  workers: WorkerOutcome[];
  /** What the pool (iExec: the scheduler, kitty included) has in the end; negative for its lost stake. */
  poolWei: bigint;
  burnedWei: bigint;
  kittyWei: bigint;
}

/** iExec's constants: percent of the price that a scheduler stakes, of the kitty that a success pays, its least payment. */
const WORKERPOOL_STAKE_PERCENT = 30n;
const KITTY_PERCENT = 10n;
const KITTY_MIN = 1_000_000_000n;

/**
 * Replays one task; contributions in order of arrival. Throws `bad-message` where the scenario could not have happened: a worker
 * twice, too many contributions, one after a consensus whose winners revealed.
 */
export function replayTask(
  policy: PocoPolicy,
  terms: ReplayTerms,
  contributions: readonly ReplayedContribution[],
): Replay {
  const seen = new Set<string>();
  for (const { worker, score } of contributions) {
    if (seen.has(worker)) throw new SuperEdgeError("bad-message", `expected a worker once, found ${worker} again`);
    if (!Number.isSafeInteger(score) || score < 0)
      throw new SuperEdgeError("bad-message", `expected a score of 0 or more, found ${score}`);
    seen.add(worker);
  }
  return policy === "iexec" ? replayIexec(terms, contributions) : replayOurs(terms, contributions);
}

function replayIexec(terms: ReplayTerms, contributions: readonly ReplayedContribution[]): Replay {
  const groups = new Map<string, bigint>();
  const steps: Standing[] = [];
  const rejected = new Set<number>();
  let total = 1n;
  let consensusAt: number | undefined;
  for (const [i, { digest, score }] of contributions.entries()) {
    const reopened = consensusAt !== undefined;
    if (reopened) {
      const lost = contributions[consensusAt!]!.digest;
      for (const [j, earlier] of contributions.slice(0, i).entries()) {
        if (earlier.digest !== lost || rejected.has(j)) continue;
        if (earlier.revealed)
          throw new SuperEdgeError("bad-message", `expected no contribution after a revealed consensus, found ${i}`);
        rejected.add(j);
      }
      total -= groups.get(lost)!;
      groups.set(lost, 0n);
      consensusAt = undefined;
    }
    const before = groups.get(digest) ?? 0n;
    const group = (before > 1n ? before : 1n) * iexecWeight(score);
    groups.set(digest, group);
    total += group - before;
    if (isCertified(group, total, terms.trust)) consensusAt = i;
    steps.push({ group, total, reopened, ...(consensusAt === i && { certified: digest }) });
  }

  const digest = consensusAt === undefined ? undefined : contributions[consensusAt]!.digest;
  const isWinner = (i: number) => contributions[i]!.digest === digest && !rejected.has(i);
  const isProved = (i: number) => isWinner(i) && contributions[i]!.revealed;
  const isPaid = digest !== undefined && contributions.some((_, i) => isProved(i));
  const { priceWei, feeBps, workerStakeWei = 0n, kittyWei = 0n } = terms;
  const outcome = { steps, isPaid, burnedWei: 0n, ...(digest !== undefined && { digest, consensusAt: consensusAt! }) };
  if (!isPaid) {
    const stakeWei = (priceWei * WORKERPOOL_STAKE_PERCENT) / 100n;
    const workers = contributions.map(({ worker, score }) => unchanged(worker, score));
    return { ...outcome, workers, poolWei: -stakeWei, kittyWei: kittyWei + stakeWei };
  }
  const proved = contributions.map((_, i) => isProved(i));
  const losers = proved.filter((is) => !is).length;
  const totalWei = priceWei + workerStakeWei * BigInt(losers);
  const workersWei = (totalWei * (100n - BigInt(feeBps / 100))) / 100n;
  const shares = contributions.map(({ score }) => log2(iexecWeight(score)));
  const allShares = shares.reduce((sum, share, i) => (proved[i] ? sum + share : sum), 0);
  let poolWei = totalWei;
  const workers = contributions.map(({ worker, score }, i): WorkerOutcome => {
    if (!proved[i]) {
      const verdict = isWinner(i) || rejected.has(i) ? "unrevealed" : "wrong";
      return { worker, verdict, rewardWei: 0n, lostWei: workerStakeWei, scoreAfter: Math.floor((2 * score) / 3) };
    }
    const rewardWei = rewardOf(workersWei, shares[i]!, allShares);
    poolWei -= rewardWei;
    const next = contributions.length > 1 ? score + 1 : score;
    return { worker, verdict: "right", rewardWei, lostWei: 0n, scoreAfter: next };
  });
  const tenth = (kittyWei * KITTY_PERCENT) / 100n;
  const atLeast = tenth > KITTY_MIN ? tenth : KITTY_MIN;
  const fromKitty = atLeast < kittyWei ? atLeast : kittyWei;
  return { ...outcome, workers, poolWei: poolWei + fromKitty, kittyWei: kittyWei - fromKitty };
}

function replayOurs(terms: ReplayTerms, contributions: readonly ReplayedContribution[]): Replay {
  const { trust, priceWei, feeBps, replicas = 1 } = terms;
  const steps: Standing[] = [];
  let consensusAt: number | undefined;
  let digest: string | undefined;
  for (const [i, { digest: own }] of contributions.entries()) {
    const revealed = contributions.slice(0, i + 1).filter((contribution) => contribution.revealed);
    if (revealed.length > MAX_REPLICAS)
      throw new SuperEdgeError("bad-message", `expected at most ${MAX_REPLICAS} contributions, found more`);
    const { groups, total } = weigh(revealed);
    const found = certifiedDigest(revealed, trust);
    const isCertain = found !== undefined && revealed.filter((vote) => vote.digest === found).length >= replicas;
    const next = isCertain ? found : undefined;
    if (next !== digest) consensusAt = next === undefined ? undefined : i;
    digest = next;
    steps.push({
      group: groups.get(own) ?? 0n,
      total,
      reopened: false,
      ...(digest !== undefined && { certified: digest }),
    });
  }
  const isPaid = digest !== undefined;
  const { burnedWei, workersWei } = splitPrice({ priceWei, assetsWei: 0n, feeBps });
  const votes = contributions.filter((contribution) => contribution.revealed);
  const winners = votes.filter((contribution) => contribution.digest === digest);
  const shares = winners.reduce((sum, { score }) => sum + shareOf(score), 0);
  let poolWei = isPaid ? priceWei - burnedWei : 0n;
  const workers = contributions.map(({ worker, score, digest: own, revealed }): WorkerOutcome => {
    if (!isPaid || !revealed)
      return { ...unchanged(worker, score), verdict: isPaid && !revealed ? "unrevealed" : "none" };
    const isRight = own === digest;
    const rewardWei = isRight ? rewardOf(workersWei, shareOf(score), shares) : 0n;
    poolWei -= rewardWei;
    const good = isRight && votes.length > 1 ? 1 : 0;
    const scored = burnedWei > 0n ? scoreAfter(score, good, isRight ? 0 : 1) : score;
    return { worker, verdict: isRight ? "right" : "wrong", rewardWei, lostWei: 0n, scoreAfter: scored };
  });
  return {
    steps,
    isPaid,
    workers,
    poolWei,
    burnedWei: isPaid ? burnedWei : 0n,
    kittyWei: 0n,
    ...(digest !== undefined && { digest, consensusAt: consensusAt! }),
  };
}

/** Our epoch of several tasks: a worker's rewards after forfeits, and its score when it is credited for all of them at once. */
export function replayEpoch(
  tasks: readonly Replay[],
  scores: ReadonlyMap<string, number>,
): Map<string, { rewardWei: bigint; forfeitedWei: bigint; scoreAfter: number }> {
  const earned = new Map<string, { rewardWei: bigint; right: number; good: number; bad: number }>();
  for (const { workers } of tasks) {
    const contributions = workers.filter(({ verdict }) => verdict === "right" || verdict === "wrong").length;
    for (const { worker, verdict, rewardWei } of workers) {
      const sum = earned.get(worker) ?? { rewardWei: 0n, right: 0, good: 0, bad: 0 };
      if (verdict === "right") sum.right++;
      if (verdict === "right" && contributions > 1) sum.good++;
      if (verdict === "wrong") sum.bad++;
      sum.rewardWei += rewardWei;
      earned.set(worker, sum);
    }
  }
  return new Map(
    [...earned].map(([worker, { rewardWei, right, good, bad }]) => {
      const isLost = forfeits(right, bad);
      const next = scoreAfter(scores.get(worker) ?? 0, good, bad);
      return [worker, { rewardWei: isLost ? 0n : rewardWei, forfeitedWei: isLost ? rewardWei : 0n, scoreAfter: next }];
    }),
  );
}

const unchanged = (worker: string, score: number): WorkerOutcome => ({
  worker,
  verdict: "none",
  rewardWei: 0n,
  lostWei: 0n,
  scoreAfter: score,
});

/** Without our bound on scores. */
const iexecWeight = (score: number): bigint => BigInt(Math.max(Math.floor(score / 3), 3) - 1);
const log2 = (value: bigint): number => value.toString(2).length - 1;
