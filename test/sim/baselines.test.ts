import { describe, expect, it } from "vitest";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import type { Contribution, State, Task } from "../../relay/scheduler/state.ts";
import { baselines } from "./baselines.ts";
import { workersNeeded } from "./pocoNeeds.ts";
import { sfc32 } from "./random.ts";

const laws = baselines(1, 0.2);
const vote = (n: number, digest: string): Contribution => ({
  ...{ owner: `o${n}` as Address, beneficiary: `o${n}` as Address, subnet: "", cohort: "", numericClass: "" },
  ...{ worker: `w${n}` as Address, score: 0, state: "revealed", deadlineMs: 0, leasedMs: 0 },
  ...{ checksAt: 0, historyAt: 0, failuresAt: 0 },
  commitment: `${n}` as Bytes32,
  digest: digest as Bytes32,
});

/** What a rule makes of workers who are wrong, all alike, with probability `f`: digest believed, contributions taken. */
function decide(name: string, trust: number, f: number, next: () => number): { digest: string; taken: number } {
  const law = laws[name]!;
  const task = { index: 0, job: { trust, replicas: 1, compare: { kind: "exact" } } } as unknown as Task;
  const votes: Contribution[] = [];
  for (let missing = law.first(task.job); ; ) {
    for (; missing > 0; missing--) votes.push(vote(votes.length, next() < f ? "wrong" : "right"));
    const belief = law.believe({} as State, task, votes);
    if (belief.state === "believed") return { digest: belief.canonical.digest!, taken: votes.length };
    if (belief.state === "wanting") missing = belief.missing;
  }
}

describe("the rules of others", () => {
  it("iterative redundancy is wrong as often as its closed form, 1 / (1 + (r / (1 − r))^d), says", () => {
    const next = sfc32(1, 1);
    // T = 16 asks for a lead of 2 where four in five are right.
    const rounds = 40_000;
    let wrong = 0;
    for (let i = 0; i < rounds; i++) if (decide("iterative", 16, 0.2, next).digest === "wrong") wrong++;
    expect(Math.abs(wrong / rounds - 1 / 17)).toBeLessThan(0.004);
  });

  it("2-of-3 majority is wrong as often as two of three are", () => {
    const next = sfc32(2, 1);
    const rounds = 40_000;
    let wrong = 0;
    let taken = 0;
    for (let i = 0; i < rounds; i++) {
      const result = decide("majority", 1, 0.2, next);
      if (result.digest === "wrong") wrong++;
      taken += result.taken;
    }
    expect(Math.abs(wrong / rounds - (3 * 0.2 ** 2 * 0.8 + 0.2 ** 3))).toBeLessThan(0.006);
    // A third is needed whenever the first two differ.
    expect(Math.abs(taken / rounds - (2 + 2 * 0.2 * 0.8))).toBeLessThan(0.02);
  });

  it("BOINC believes a host alone after ten valid results in a row, and then not always", () => {
    const believedAlone = (validInARow: number) => {
      const state = { workers: new Map([["w0", { validInARow }]]) } as unknown as State;
      let alone = 0;
      for (let index = 0; index < 10_000; index++) {
        const task = { index, job: { compare: { kind: "exact" } } } as unknown as Task;
        if (laws.boinc!.believe(state, task, [vote(0, "right")]).state === "believed") alone++;
      }
      return alone / 10_000;
    };
    expect(believedAlone(9)).toBe(0);
    expect(Math.abs(believedAlone(10) - 0.9)).toBeLessThan(0.02);
    expect(Math.abs(believedAlone(1000) - 0.999)).toBeLessThan(0.002);
  });
});

describe("law poco", () => {
  it("asks for as many newcomers as 2^n > T − 1 says, and for more against one who disagrees", () => {
    for (const trust of [2, 10, 100, 1000, 10_000]) {
      const n = workersNeeded(0, trust)!;
      expect(2 ** n).toBeGreaterThan(trust - 1);
      expect(n === 1 || 2 ** (n - 1) <= trust - 1).toBe(true);
      expect(workersNeeded(0, trust, 1)!).toBeGreaterThan(n);
    }
    expect(workersNeeded(0, 1_000_000)).toBe(undefined);
  });
});
