import { describe, expect, it } from "vitest";
import { parseScenarioText } from "./scenario.ts";

const base = { title: "t", job: { tasks: 10 }, volunteers: { count: 5 } };
const parse = (change: object) => () => parseScenarioText(JSON.stringify({ ...base, ...change }));

describe("a scenario", () => {
  it("needs little, and is completed", () => {
    expect(parse({})()).toMatchObject({ policies: ["pool"], job: { trust: 100, taskSeconds: 10 }, tickMs: 1000 });
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

  it("that is no JSON is refused", () => {
    expect(() => parseScenarioText("{")).toThrow(/expected JSON/);
  });
});
