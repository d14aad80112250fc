import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Grid } from "./grid.ts";
import { type Outcome, simulate } from "./outcome.ts";
import { type Policy, parseScenario, type ScenarioInput } from "./scenario.ts";

type Volunteers = Partial<ScenarioInput["volunteers"]>;
const scenario = (
  volunteers: Volunteers = {},
  job: Partial<ScenarioInput["job"]> = {},
  adversary?: ScenarioInput["adversary"],
) =>
  parseScenario({
    title: "test",
    job: { tasks: 2000, trust: 2, replicas: 2, ...job },
    volunteers: { count: 60, ...volunteers },
    adversary,
  });

const tabs: Volunteers = {
  on: "browser-tab-proposed",
  off: { dist: "exponential", mean: 5, unit: "minutes" },
  hidden: { share: 0.3, slowdown: 4 },
  battery: 0.1,
  stateMinutes: 1,
  honestError: 1e-3,
  departures: [{ atSeconds: 100, share: 0.5 }],
};

const run = (...args: Parameters<typeof scenario>): Outcome => simulate(scenario(...args), "poco", 1);

describe("a simulation", () => {
  it("gives the same bytes for the same seed, and others for another", () => {
    const bytes = (seed: number) => JSON.stringify(simulate(scenario(tabs, {}, { lieRate: 0.1 }), "poco", seed));
    expect(bytes(5)).toBe(bytes(5));
    expect(bytes(5)).not.toBe(bytes(6));
  });

  it("leaves a liar that would know fresh tasks by their order next to nothing to lie on, unless the order is open", () => {
    const adversary = { behaviour: "lie", lieRate: 1, knows: "order" } as const;
    const lies = (trust: number, knows: "order" | "all") => {
      const grid = new Grid(scenario({}, { trust, replicas: 1 }, { ...adversary, knows }), "pool", 1);
      grid.run();
      return grid.tally.lies;
    };
    expect(lies(1, "order")).toBeGreaterThan(60);
    expect(lies(50, "all")).toBeGreaterThan(60);
    // The records of a random sequence: about the logarithm of its length.
    expect(lies(50, "order")).toBeLessThan(30);
  });

  it("certifies every task, each once, and accounts for every contribution exactly once", () => {
    const behaviours = fc.constantFrom("lie", "constant", "copy", "refuse", "withhold", "slow");
    fc.assert(
      fc.property(fc.nat(1e6), behaviours, fc.constantFrom<Policy>("poco", "pool"), (seed, behaviour, policy) => {
        const churning = scenario(tabs, { tasks: 300 }, {
          behaviour: behaviour,
          lieRate: 0.1,
        } as ScenarioInput["adversary"]);
        const grid = new Grid(churning, policy, seed);
        const certified = new Set<number>();
        grid.watch = (effect) => {
          if (effect.type !== "certified") return;
          expect(certified.has(effect.task.index)).toBe(false);
          certified.add(effect.task.index);
        };
        const t = grid.run();
        // So many may answer alike and wrongly that no law can tell who is right: then the job stops, and says so.
        if (t.stopped === undefined) expect(certified.size).toBe(300);
        else expect(behaviour).toBe("constant");
        const { inHand, open } = grid.left();
        expect(t.leased).toBe(t.committed + t.returned + t.revoked + inHand);
        expect(t.committed).toBe(t.agreed + t.rejected + t.surplus + t.lapsed + t.checksPassed + t.checksFailed + open);
      }),
      { numRuns: 30 },
    );
  });

  it("takes as long as the work takes, and not much longer", () => {
    const even = { speedSigma: 0, roundTripMs: 0 };
    const { makespanSeconds, tailSlowdown } = run(even, { tasks: 6000, taskSigma: 0, taskSeconds: 1 });
    // 6,000 tasks, two contributions each, on 60 machines.
    expect(makespanSeconds).toBeGreaterThan(200);
    expect(makespanSeconds).toBeLessThan(220);
    expect(tailSlowdown).toBeLessThan(1.1);
  });

  it("gives no two replicas of a task to one owner or subnet, in random worlds", () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom("one owner", "one subnet"), (seed, of) => {
        const grouped = { ...tabs, perOwner: 4, perSubnet: 5 };
        const grid = new Grid(
          scenario(grouped, { tasks: 200 }, { of, lieRate: 0.5 } as ScenarioInput["adversary"]),
          "poco",
          seed,
        );
        grid.watch = (effect) => {
          if (effect.type !== "certified") return;
          const { contributions } = effect.task;
          for (const side of ["owner", "subnet"] as const)
            expect(new Set(contributions.map((c) => c[side])).size).toBe(contributions.length);
        };
        expect(grid.run().stopped).toBe(undefined);
      }),
      { numRuns: 20 },
    );
  });
});

describe("an adversary", () => {
  /** Believing one contribution, whoever made it: what a liar says is what is certified. */
  const alone = { trust: 1, replicas: 1 };

  it("that always gives one answer makes its share of results wrong where one replica is believed", () => {
    const { error, counts } = run({ speedSigma: 0 }, alone, { behaviour: "constant", share: 0.2 });
    // It computes nothing, and so answers far more than its share until there is nothing left.
    expect(error).toBeGreaterThan(0.2);
    // Some lies were copies of late tasks, and came too late themselves.
    expect(counts.lies).toBeGreaterThanOrEqual(counts.wrong);
    expect(counts.lies).toBeLessThanOrEqual(counts.wrong + 0.05 * 2000);
  });

  it("lies at its rate", () => {
    for (const collusion of ["none", "values", "tasks"] as const) {
      const { error, counts } = run(
        { count: 200, speedSigma: 0.3 },
        { ...alone, tasks: 20_000 },
        { share: 1, lieRate: 0.1, collusion },
      );
      expect(Math.abs(error - 0.1)).toBeLessThan(0.01);
      expect(counts.liars).toBeGreaterThan(190);
    }
  });

  it("gives wrong answers that agree if it colludes, and more of them if it chooses tasks together", () => {
    const errors = (["none", "values", "tasks"] as const).map(
      (collusion) => run({ count: 200 }, { tasks: 20_000 }, { share: 0.3, lieRate: 0.02, collusion }).wrong,
    );
    expect(errors[0]).toBe(0);
    expect(errors[1]).toBeGreaterThan(0);
    expect(errors[2]).toBeGreaterThan(3 * errors[1]!);
  });

  it("is honest until it is trusted, if it means to cheat then", () => {
    const { counts } = run({}, { ...alone, tasks: 3000 }, { share: 1, lieRate: 1, honestFirst: 20 });
    expect(counts.wrong).toBeGreaterThan(3000 - 60 * 21);
    expect(counts.certified - counts.wrong).toBeGreaterThan(30 * 20);
  });

  it("lies no more than so often under one name, if it is careful", () => {
    const { counts } = run({}, alone, { share: 0.5, lieRate: 1, mostLies: 3 });
    expect(counts.liars).toBeGreaterThan(15);
    expect(counts.lies).toBeLessThanOrEqual(3 * counts.liars);
  });

  it("that remembers never answers an input otherwise than a colluder has", () => {
    const answers = new Map<number, boolean>();
    const careful = scenario(
      { count: 100 },
      { tasks: 3000 },
      { share: 0.5, lieRate: 0.05, memory: true, collusion: "values" },
    );
    const grid = new Grid(careful, "poco", 1);
    grid.watch = (effect) => {
      if (effect.type !== "certified") return;
      for (const c of [...effect.agreeing, ...effect.rejected]) {
        const { machine } = grid.state.workers.get(c.worker) as unknown as { machine: number };
        if (grid.population.isBad[machine] === 0) continue;
        const isLie = c.digest!.startsWith("!");
        expect(answers.get(effect.task.index) ?? isLie).toBe(isLie);
        answers.set(effect.task.index, isLie);
      }
    };
    expect(grid.run().lies).toBeGreaterThan(20);
  });

  it("comes back under another name once it is banned", () => {
    const liar = { share: 0.2, lieRate: 0.5, collusion: "none" } as const;
    const once = run({}, {}, liar);
    const again = run({}, {}, { ...liar, reregister: { when: "ban", afterSeconds: 0 } });
    expect(once.counts.identities).toBe(60);
    expect(again.counts.identities).toBeGreaterThan(70);
    expect(again.counts.badBans).toBeGreaterThan(once.counts.badBans);
  });

  it("refuses, withholds or dawdles without stopping anything or spoiling a result", () => {
    const undisturbed = run().makespanSeconds;
    for (const behaviour of ["refuse", "withhold", "slow"] as const) {
      const o = run({}, {}, { behaviour, share: 0.2, slowdown: 20 });
      expect([o.certified, o.wrong, o.wrongfulBans]).toEqual([2000, 0, 0]);
      expect(o.makespanSeconds).toBeGreaterThan(undisturbed);
      expect(o.counts.lapsed > 0).toBe(behaviour === "withhold");
    }
  });

  it("copies what a colluder has found: no lie of it is a new one", () => {
    const o = run({ count: 200 }, { tasks: 5000 }, { behaviour: "copy", share: 0.4, lieRate: 0.02 });
    expect(o.wrong).toBeGreaterThan(0);
    expect(o.counts.lies).toBeGreaterThan(o.wrong);
  });
});
