import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitPrice } from "../../protocol/payout.ts";
import { isCertified, weigh } from "../../protocol/poco.ts";
import { type ReplayedContribution, replayEpoch, replayTask } from "../../protocol/pocoReplay.ts";
import vectors from "../vectors/poco.json" with { type: "json" };

const part = (worker: string, digest: string, score = 0, revealed = true): ReplayedContribution => ({
  worker,
  digest,
  score,
  revealed,
});
const terms = { trust: 2, priceWei: 1000n, feeBps: 1000, workerStakeWei: 100n };
const parts = fc.uniqueArray(
  fc.record({
    worker: fc.nat(50).map(String),
    digest: fc.constantFrom("a", "b", "c"),
    score: fc.nat(1000),
    revealed: fc.boolean(),
  }),
  { selector: ({ worker }) => worker, maxLength: 16 },
);

describe("a task under iExec's rules", () => {
  it("is what the vectors of scenarios say", () => {
    expect(vectors.iexec.length).toBeGreaterThan(8);
    for (const { name, trust, priceWei, ratio, stakeWei, kittyWei, contributions, expected } of vectors.iexec) {
      const replay = replayTask(
        "iexec",
        {
          trust,
          priceWei: BigInt(priceWei),
          feeBps: 100 * ratio,
          workerStakeWei: BigInt(stakeWei),
          kittyWei: BigInt(kittyWei),
        },
        contributions,
      );
      expect([
        name,
        {
          totals: replay.steps.map(({ total }) => Number(total)),
          consensusAt: replay.consensusAt ?? null,
          digest: replay.digest ?? null,
          paid: replay.isPaid,
          rewards: replay.workers.map(({ rewardWei }) => Number(rewardWei)),
          lost: replay.workers.map(({ lostWei }) => Number(lostWei)),
          scores: replay.workers.map(({ scoreAfter }) => scoreAfter),
          scheduler: Number(replay.poolWei),
          kitty: Number(replay.kittyWei),
        },
      ]).toEqual([name, expected]);
    }
  });

  it("takes no contribution after winners revealed, and no worker twice", () => {
    const refused = expect.objectContaining({ code: "bad-message" });
    expect(() => replayTask("iexec", terms, [part("1", "a"), part("2", "a")])).toThrowError(refused);
    expect(() => replayTask("iexec", terms, [part("1", "a", 0, false), part("1", "b")])).toThrowError(refused);
  });

  it("makes no money and loses none", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 30 }), fc.nat(100), (contributions, trust, percent) => {
        const replay = safe(() => replayTask("iexec", { ...terms, trust, feeBps: 100 * percent }, contributions));
        if (!replay) return;
        const sum = (of: "rewardWei" | "lostWei") => replay.workers.reduce((all, worker) => all + worker[of], 0n);
        const paidWei = replay.isPaid ? terms.priceWei : 0n;
        expect(paidWei + sum("lostWei")).toBe(sum("rewardWei") + replay.poolWei + replay.kittyWei);
      }),
    );
  });
});

describe("a task under our rules", () => {
  it("comes out the same in any order, and pays its price to the wei", () => {
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 2, max: 30 }),
        fc.bigInt(0n, 10n ** 20n),
        (contributions, trust, priceWei) => {
          const run = (list: ReplayedContribution[]) =>
            replayTask("superedge", { trust, priceWei, feeBps: 700, replicas: 2 }, list);
          const replay = run(contributions);
          const sorted = ({ workers }: typeof replay) =>
            [...workers].sort((a, b) => Number(a.worker) - Number(b.worker));
          expect(sorted(run([...contributions].reverse()))).toEqual(sorted(replay));
          const rewardsWei = replay.workers.reduce((all, { rewardWei }) => all + rewardWei, 0n);
          expect(rewardsWei + replay.poolWei + replay.burnedWei).toBe(replay.isPaid ? priceWei : 0n);
          if (replay.isPaid)
            expect(replay.burnedWei).toBe(splitPrice({ priceWei, assetsWei: 0n, feeBps: 700 }).burnedWei);
        },
      ),
    );
  });

  it("agrees with iExec's on consensus where everything is revealed, one replica asked for, and scores are in bounds", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 30 }), (drawn, trust) => {
        const contributions = drawn.map((contribution) => ({ ...contribution, revealed: true }));
        const first = contributions.findIndex((_, i) => {
          const { groups, total } = weigh(contributions.slice(0, i + 1));
          return isCertified(groups.get(contributions[i]!.digest)!, total, trust);
        });
        const upTo = contributions.slice(0, first < 0 ? undefined : first + 1);
        const theirs = replayTask("iexec", { ...terms, trust }, upTo);
        const ours = replayTask("superedge", { ...terms, trust }, upTo);
        expect([ours.digest, ours.consensusAt]).toEqual([theirs.digest, theirs.consensusAt]);
        expect(ours.steps.map(({ total }) => total)).toEqual(theirs.steps.map(({ total }) => total));
      }),
    );
  });

  it("differs where it is meant to: unrevealed is not bad, worthless work earns no score", () => {
    const contributions = [part("1", "a", 30), part("2", "a", 30, false)];
    const strict = { ...terms, trust: 12 };
    const [theirs, ours] = (["iexec", "superedge"] as const).map((policy) => {
      const { workers } = replayTask(
        policy,
        { ...strict, trust: policy === "iexec" ? 12 : 1 },
        contributions.slice(0, 2),
      );
      return workers.map(({ verdict, scoreAfter, lostWei }) => [verdict, scoreAfter, lostWei]);
    });
    expect(theirs).toEqual([
      ["right", 31, 0n],
      ["unrevealed", 20, 100n],
    ]);
    // Nor did it replicate anything.
    expect(ours).toEqual([
      ["right", 30, 0n],
      ["unrevealed", 30, 0n],
    ]);
    const free = { ...terms, priceWei: 0n };
    expect(replayTask("superedge", free, [part("1", "a"), part("2", "a")]).workers[0]!.scoreAfter).toBe(0);
    expect(replayTask("iexec", { ...free, trust: 4 }, [part("1", "a"), part("2", "a")]).workers[0]!.scoreAfter).toBe(1);
  });

  it("pays what nobody else contributed to, and gives no score for it; it counts against a forfeit all the same", () => {
    const alone = replayTask("superedge", { ...terms, trust: 1 }, [part("1", "a", 7), part("2", "a", 7, false)]);
    expect(alone.workers[0]).toMatchObject({ verdict: "right", rewardWei: 850n, scoreAfter: 7 });
    const wrong = replayTask("superedge", terms, [part("1", "b"), part("2", "a", 30), part("3", "a", 30)]);
    const after = (singles: number) =>
      replayEpoch([...Array.from({ length: singles }, () => alone), wrong, wrong], new Map([["1", 9]])).get("1")!;
    expect(after(100)).toEqual({ rewardWei: 85_000n, forfeitedWei: 0n, scoreAfter: 4 });
    expect(after(99)).toEqual({ rewardWei: 0n, forfeitedWei: 84_150n, scoreAfter: 4 });
  });

  it("forfeits an epoch's rewards for two wrong results in few", () => {
    const right = replayTask("superedge", terms, [part("liar", "a"), part("1", "a")]);
    const wrong = replayTask("superedge", terms, [part("liar", "b"), part("1", "a", 30), part("2", "a", 30)]);
    expect(wrong.digest).toBe("a");
    const once = replayEpoch([right, wrong], new Map([["liar", 6]])).get("liar")!;
    expect(once).toEqual({ rewardWei: 425n, forfeitedWei: 0n, scoreAfter: 4 });
    const twice = replayEpoch([right, wrong, wrong], new Map([["liar", 6]])).get("liar")!;
    expect(twice).toEqual({ rewardWei: 0n, forfeitedWei: 425n, scoreAfter: 2 });
  });
});

function safe<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
