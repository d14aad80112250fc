import { describe, expect, it } from "vitest";
import { parseScenarioText } from "./scenario.ts";

const base = { title: "t", job: { tasks: 10 }, volunteers: { count: 5 } };
const parse = (change: object) => () => parseScenarioText(JSON.stringify({ ...base, ...change }));

describe("a scenario", () => {
  it("needs little, and is completed", () => {
    expect(parse({})()[0]!.scenario).toMatchObject({
      policies: ["pool"],
      job: { trust: 100, taskSeconds: 10 },
      tickMs: 1000,
    });
  });

  it.each([
    [{ job: { tasks: 0 } }, /job\.tasks/],
    [{ job: { tasks: 1e12 } }, /job\.tasks/],
    [{ volunteers: { count: 5, on: "no-such-model" } }, /volunteers\.on.*/],
    [{ volunteers: { count: 5, sped: 1 } }, /volunteers\.sped/],
    [{ adversary: { lieRate: 1.5 } }, /adversary\.lieRate/],
    [{ policies: ["guess"] }, /policies\.0/],
  ])("with a mistake is refused, and told where: %j", (change, where) => {
    expect(parse(change)).toThrow(where);
  });

  it("stands for all combinations of what it varies", () => {
    const variants = parse({ vary: { "adversary.lieRate": [0.1, 0.2], "job.trust": [2, 3, 4] } })();
    expect(variants.map(({ scenario: s }) => [s.adversary?.lieRate, s.job.trust, s.job.tasks])).toEqual(
      [0.1, 0.2].flatMap((lieRate) => [2, 3, 4].map((trust) => [lieRate, trust, 10])),
    );
    expect(variants[1]!.varied).toEqual({ "adversary.lieRate": 0.1, "job.trust": 3 });
    expect(parse({ vary: { "__proto__.x": [1] } })).toThrow();
    const many = Array.from({ length: 40 }, (_, i) => i + 1);
    expect(parse({ vary: { "job.trust": many, "job.replicas": many } })).toThrow(/1000/);
  });

  it("that is no JSON is refused", () => {
    expect(() => parseScenarioText("{")).toThrow(/expected JSON/);
  });
});
