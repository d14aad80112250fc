import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { forfeits, rewardOf, rewardsOf, splitPrice } from "../../protocol/payout.ts";
import { certifiedDigest, isCertified, MAX_SCORE, scoreAfter, shareOf, weightOf } from "../../protocol/poco.ts";
import vectors from "../vectors/poco.json" with { type: "json" };

describe("the rule of contribution", () => {
  it("weighs and shares as the vectors say", () => {
    vectors.weights.score.forEach((score, i) => {
      expect([score, weightOf(score), shareOf(score)]).toEqual([
        score,
        vectors.weights.weight[i],
        vectors.weights.share[i],
      ]);
    });
  });

  it("certifies as the vectors say", () => {
    for (const { scores, digests, trust, certified } of vectors.quorums) {
      const votes = scores.map((score, i) => ({ score, digest: String(digests[i]) }));
      expect([scores, trust, certifiedDigest(votes, trust) === "1"]).toEqual([scores, trust, certified]);
    }
  });

  it("moves scores as the vectors say", () => {
    const { score, good, bad, after } = vectors.steps;
    expect(score.map((s, i) => scoreAfter(s, good[i]!, bad[i]!))).toEqual(after);
  });

  it("never certifies two digests when T is 2 or more", () => {
    const votes = fc.array(fc.record({ score: fc.nat(2 * MAX_SCORE), digest: fc.constantFrom("a", "b", "c") }), {
      maxLength: 16,
    });
    fc.assert(
      fc.property(votes, fc.integer({ min: 2, max: 1_000_000 }), (votes, trust) => {
        const groups = ["a", "b", "c"].map((digest) => {
          const own = votes.filter((vote) => vote.digest === digest);
          return own.length === 0 ? 0n : own.reduce((all, { score }) => all * BigInt(weightOf(score)), 1n);
        });
        const total = groups.reduce((sum, group) => sum + group, 1n);
        const winners = ["a", "b", "c"].filter((_, i) => isCertified(groups[i]!, total, trust));
        expect(winners.length).toBeLessThanOrEqual(1);
        expect(certifiedDigest(votes, trust)).toBe(winners[0]);
      }),
    );
  });

  it("lets two newcomers certify T up to 4 alone, and up to 2 against one liar", () => {
    const two = [
      { score: 0, digest: "a" },
      { score: 0, digest: "a" },
    ];
    const liar = { score: 0, digest: "b" };
    const highest = (votes: typeof two) => {
      let trust = 1;
      while (certifiedDigest(votes, trust + 1) === "a") trust++;
      return trust;
    };
    expect([highest(two), highest([...two, liar])]).toEqual([4, 2]);
  });
});

describe("the payout of a task", () => {
  const worker = (i: number) => toAddress(`0x${String(i).padStart(40, "0")}`);

  it("is exact: burned, fee, rewards and a remainder below one wei a share make the price", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 10n ** 12n, max: 10n ** 27n }),
        fc.nat(5000),
        fc.array(fc.nat(2 * MAX_SCORE), { minLength: 1, maxLength: 16 }),
        fc.nat(1000),
        (priceWei, feeBps, scores, assetsShare) => {
          // Up to 44 % of the price: with the highest fee the pool's part still bears the burn.
          const assetsWei = (priceWei * BigInt(Math.floor(assetsShare * 0.44))) / 1000n;
          const price = { priceWei, assetsWei, feeBps };
          const { burnedWei, feeWei, workersWei } = splitPrice(price);
          expect(workersWei).toBeGreaterThan(0n);
          expect(assetsWei + burnedWei + feeWei + workersWei).toBe(priceWei);
          const rewards = rewardsOf(
            price,
            scores.map((score, i) => ({ worker: worker(i), score })),
          );
          const paidWei = [...rewards.values()].reduce((sum, wei) => sum + wei, 0n);
          const shares = scores.reduce((sum, score) => sum + shareOf(score), 0);
          expect(workersWei - paidWei).toBeGreaterThanOrEqual(0n);
          expect(workersWei - paidWei).toBeLessThan(BigInt(shares));
        },
      ),
    );
  });

  it("goes by share as the vectors say, rounding to nobody's advantage", () => {
    for (const { workersWei, scores, rewards, remainder } of vectors.payouts) {
      const shares = scores.map(shareOf);
      const all = shares.reduce((sum, share) => sum + share, 0);
      const found = shares.map((share) => rewardOf(BigInt(workersWei), share, all));
      expect(found).toEqual(rewards.map(BigInt));
      expect(found.reduce((left, reward) => left - reward, BigInt(workersWei))).toBe(BigInt(remainder));
    }
  });

  it("is forfeited by more than one mistake, and more than one in 51", () => {
    const cases: [good: number, bad: number, forfeited: boolean][] = [
      [0, 0, false],
      [0, 1, false],
      [0, 2, true],
      [99, 2, true],
      [100, 2, false],
      [149, 3, true],
      [150, 3, false],
    ];
    for (const [good, bad, forfeited] of cases)
      expect([good, bad, forfeits(good, bad)]).toEqual([good, bad, forfeited]);
  });
});
