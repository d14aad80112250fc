// A certified task says why it is believed, in the figures of its law at the time.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, TaskView } from "../../protocol/api.ts";
import { type Cid, hex32 } from "../../protocol/ids.ts";
import { weightOf } from "../../protocol/poco.ts";
import type { Effect } from "../../relay/scheduler/events.ts";
import { certify } from "../../relay/scheduler/settle.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { Grid } from "./scheduler/grid.ts";
import { compileSquares, squares } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
let app: Cid;
let volunteers: NodeVolunteer[];
beforeAll(async () => {
  grid = await openTestRelay();
  app = await grid.publish(squares, await compileSquares());
  volunteers = [1, 2, 3].map(() => new NodeVolunteer(grid.url));
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
});

async function tasksOfDone(spec: Partial<JobSpec>): Promise<TaskView[]> {
  const { job } = await grid.submit(specOf(app, spec));
  await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
  return (await fetch(`${grid.url}/api/jobs/${job}/tasks`)).json() as Promise<TaskView[]>;
}

describe("a certified task", () => {
  it("of law poco says the weight of each contribution, and the share of all weight that was reached", async () => {
    const tasks = await tasksOfDone({ items: 8, law: "poco", trust: 2 });
    for (const { belief, contributions } of tasks) {
      for (const c of contributions) expect(c.weight).toBe(weightOf(0));
      const group = contributions.reduce((all, { weight }) => all * weight!, 1);
      expect(belief).toEqual({ law: "poco", reached: expect.closeTo(group / (1 + group), 8), needed: 0.5 });
    }
    expect(tasks).toHaveLength(4);
  });

  it("of law pool says how far each contribution was believed by itself", async () => {
    const tasks = await tasksOfDone({ items: 8, law: "pool", trust: 10 });
    for (const { belief, contributions } of tasks) {
      expect(belief!.needed).toBeCloseTo(0.9);
      expect(belief!.reached).toBeGreaterThanOrEqual(0.9);
      for (const c of contributions.filter(({ agrees }) => agrees)) {
        expect(c.credibility).toBeGreaterThanOrEqual(0.8);
        expect(c.checks).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe("why a task is believed", () => {
  it("names the referee, if the pool has run the task itself", () => {
    const pool = new Grid();
    pool.addJob({ tasks: 1, law: "pool", trust: 2, replicas: 1 });
    pool.join(1);
    const [task] = pool.ask(1)!.tasks;
    const [digest, other] = [hex32(new Uint8Array(32).fill(1)), hex32(new Uint8Array(32).fill(2))];
    const contribution = Object.assign(task!.contributions[0]!, { state: "revealed", commitment: digest, digest });
    const reasonWith = (verdict: typeof digest | undefined) => {
      const effects: Effect[] = [];
      task!.verdict = verdict;
      certify(pool.state, task!, contribution, [contribution], effects);
      return effects.find((effect) => effect.type === "certified")!.reason.referee;
    };
    expect([digest, other, undefined].map(reasonWith)).toEqual([{ agrees: true }, { agrees: false }, undefined]);
  });
});
