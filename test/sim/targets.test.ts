// The targets of docs/verification.md at a size a test can afford: far fewer tasks, so bounds are wider. What is published
// comes from test/sim/scenarios, by `superedge simulate --publish`.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Grid } from "./grid.ts";
import { simulate } from "./outcome.ts";
import { type Policy, parseScenario, type ScenarioInput } from "./scenario.ts";

const alike = { speedSigma: 0.05 } as const;
const colluding = { share: 0.2, collusion: "tasks" } as const;

function run(input: Omit<ScenarioInput, "title">, policy: Policy = "pool") {
  return simulate(parseScenario({ title: "test", ...input }), policy, 1);
}

describe("under law pool", () => {
  it("A: liars at a rate of 0.1 get nothing wrong past it, at a redundancy of 1.3", () => {
    const o = run({
      job: { tasks: 50_000, trust: 2000 },
      volunteers: { count: 20, ...alike },
      adversary: { ...colluding, lieRate: 0.1 },
    });
    expect([o.certified, o.wrong, o.wrongfulBans]).toEqual([50_000, 0, 0]);
    expect(o.redundancy).toBeLessThan(1.3);
    expect(o.caught).toBe(o.liars);
  });

  it("B: at the lie rates that serve liars best no more than 1 in T is wrong, fewer than under BOINC's rule", () => {
    for (const lieRate of [0.005, 0.02]) {
      const world = {
        job: { tasks: 50_000, trust: 2000 },
        volunteers: { count: 20, ...alike },
        adversary: { ...colluding, lieRate },
      };
      const ours = run(world);
      expect(ours.bounds.lower).toBeLessThan(1 / 2000);
      expect(ours.redundancy).toBeLessThan(1.3);
      expect(run(world, "boinc").error).toBeGreaterThan(ours.error);
    }
  });

  it("C: T of a million lets nothing wrong pass that 20,000 tasks could show", () => {
    const o = run({
      job: { tasks: 20_000, trust: 1_000_000 },
      volunteers: { count: 40, ...alike },
      adversary: { ...colluding, lieRate: 0.05 },
    });
    expect([o.certified, o.wrong, o.wrongfulBans]).toEqual([20_000, 0, 0]);
    expect(o.redundancy).toBeLessThan(6);
  });

  it("D: who comes back under new names for nothing gets nothing wrong past T = 10,000", () => {
    const o = run({
      job: { tasks: 10_000, trust: 10_000 },
      volunteers: { count: 100, tasksPerIdentity: 50, ...alike },
      adversary: { ...colluding, lieRate: 0.3, reregister: { when: "doubt", afterSeconds: 0 } },
    });
    expect([o.certified, o.wrong]).toEqual([10_000, 0]);
    expect(o.counts.badIdentities).toBeGreaterThan(100);
    expect(o.redundancy).toBeLessThan(5.5);
  });

  it("E: machines that err once in a thousand are not banned, and cost little", () => {
    const o = run({
      job: { tasks: 50_000, trust: 1000 },
      volunteers: { count: 20, honestError: 1e-3, ...alike },
    });
    expect(o.wrongfulBans).toBe(0);
    expect(o.redundancy).toBeLessThan(1.15);
  });

  it("F: no two replicas of a task meet inside an owner, a subnet or a cohort, in random worlds", () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.constantFrom("one owner", "one subnet", "one cohort"),
        fc.constantFrom<Policy>("pool", "poco"),
        fc.integer({ min: 2, max: 10_000 }),
        (seed, of, policy, trust) => {
          const world = parseScenario({
            title: "test",
            job: { tasks: 100, trust, replicas: 2 },
            volunteers: {
              count: 120,
              perOwner: 3,
              perSubnet: 4,
              cohorts: 25,
              on: "browser-tab-proposed",
              off: FEW_MINUTES,
            },
            adversary: { of, lieRate: 0.5 },
            maxHours: 24,
          } as ScenarioInput);
          const grid = new Grid(world, policy, seed);
          let leased = 0;
          grid.watch = (effect) => {
            if (effect.type !== "lease") return;
            leased++;
            for (const { contributions } of effect.tasks)
              for (const side of ["owner", "subnet", "cohort"] as const)
                expect(new Set(contributions.map((c) => c[side])).size).toBe(contributions.length);
          };
          expect(grid.run().meetings).toBe(0);
          expect(leased).toBeGreaterThan(50);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("G: volunteers who come and go hold a job up, but do not stop it", () => {
    const o = run({
      job: { tasks: 20_000, trust: 100, taskSigma: 0.3 },
      volunteers: { count: 1500, on: "browser-tab-proposed", off: { dist: "exponential", mean: 1, unit: "hours" } },
    });
    expect([o.certified, o.wrong, o.wrongfulBans]).toEqual([20_000, 0, 0]);
    expect(o.tailSlowdown).toBeLessThan(1.25);
    expect(o.extraWork).toBeLessThanOrEqual(0.05);
  });

  it("G: where machines do only some tens of tasks each, what is held does not hold the end up", () => {
    const o = run({
      job: { tasks: 20_000, trust: 100, taskSigma: 0.3 },
      volunteers: {
        count: 1000,
        on: "seti-availability",
        off: { dist: "exponential", mean: 1, unit: "hours" },
      },
    });
    expect([o.certified, o.wrong, o.wrongfulBans]).toEqual([20_000, 0, 0]);
    expect(o.tailSlowdown).toBeLessThan(1.25);
    expect(o.redundancy).toBeLessThan(1.5);
    expect(o.extraWork).toBeLessThanOrEqual(0.05);
  });
});

const FEW_MINUTES = { dist: "exponential", mean: 5, unit: "minutes" } as const;
