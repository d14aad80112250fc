// What a job's requester is told before it runs, held against what it takes.
import { describe, expect, it } from "vitest";
import { type Forecast, forecastOf } from "../../relay/scheduler/forecast.ts";
import { redundancyOf } from "../../relay/scheduler/prospects.ts";
import { Grid } from "./grid.ts";
import { parseScenario, type ScenarioInput } from "./scenario.ts";

const TASKS = 8000;
const visitors: Partial<ScenarioInput["volunteers"]> = {
  count: 200,
  off: { dist: "exponential", mean: 60, unit: "minutes" },
  diurnal: 0.3,
  hidden: { share: 0.2, slowdown: 3 },
  battery: 0.05,
};
const worlds: [name: string, volunteers: Partial<ScenarioInput["volunteers"]>, within: number][] = [
  ["that stay", { count: 60 }, 1.25],
  ["that come and go as tabs do", { ...visitors, on: "browser-tab-proposed" }, 3],
  ["that come and go as SETI@home's did", { ...visitors, on: "seti-availability" }, 2.5],
];

/** The time from when 2 % were certified to the end, over what was forecast then; and redundancy, the same. */
function held(volunteers: Partial<ScenarioInput["volunteers"]>, law: "poco" | "pool"): { time: number; work: number } {
  const [trust, replicas] = law === "poco" ? [4, 2] : [20, 1];
  const job = { tasks: TASKS, trust, replicas, taskSeconds: 10, taskSigma: 0.3 };
  const grid = new Grid(parseScenario({ title: "forecast", job, volunteers }), law, 1);
  let asked: { atMs: number; forecast: Forecast; expected: number } | undefined;
  let endedMs = 0;
  grid.watch = (effect) => {
    if (effect.type !== "certified") return;
    endedMs = grid.clock.nowMs;
    if (asked || grid.job.certified < TASKS / 50) return;
    const eligible = [...grid.state.workers.values()].filter((worker) => worker.connected && !worker.banned);
    const { expected } = redundancyOf({ law, trust, replicas, tasks: TASKS }, eligible, grid.state.rules);
    const tasks = TASKS - grid.job.certified;
    const forecast = forecastOf({ app: grid.job.app, tasks, redundancy: expected, size: 1, rivals: 0 }, eligible)!;
    asked = { atMs: endedMs, forecast, expected };
  };
  const { committed, certified } = grid.run();
  expect(certified).toBe(TASKS);
  return { time: (endedMs - asked!.atMs) / asked!.forecast.p50Ms, work: committed / certified / asked!.expected };
}

describe("a forecast, made when a little of a job is done", () => {
  for (const [name, volunteers, within] of worlds)
    for (const law of ["poco", "pool"] as const)
      it(`is near what the job takes with volunteers ${name}, law ${law}`, () => {
        const { time, work } = held(volunteers, law);
        expect(time).toBeGreaterThan(1 / within);
        expect(time).toBeLessThan(within);
        expect(work).toBeGreaterThan(0.93);
        expect(work).toBeLessThan(1.07);
      });
});
