import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { activityWords, chartColumns, shownSeconds } from "../../web/pages/volunteer/activity.ts";
import { readPool } from "../../web/pages/volunteer/askPool.ts";
import { latticeOf } from "../../web/pages/volunteer/lattice.ts";
import { phaseWords } from "../../web/pages/volunteer/phaseWords.ts";
import { parseSettings } from "../../web/pages/volunteer/settings.ts";
import { defaultSettings, type Phase } from "../../web/volunteer/state.ts";

describe("the squares of computed tasks", () => {
  const tasks = fc.record({ certified: fc.nat(5000), pending: fc.nat(5000), rejected: fc.nat(50), lapsed: fc.nat(50) });
  const count = (cells: string[], kind: string) => cells.filter((cell) => cell === kind).length;

  test("stand for one task each while there is room", () => {
    const { cells, tasksPerCell } = latticeOf({ certified: 2, pending: 1, rejected: 1, lapsed: 0 }, 6);
    expect(tasksPerCell).toBe(1);
    expect(cells).toEqual(["certified", "certified", "pending", "rejected", "empty", "empty"]);
  });

  test("always fill the field, and show every kind that has a task", () => {
    fc.assert(
      fc.property(tasks, fc.integer({ min: 4, max: 200 }), (numbers, size) => {
        const { cells, tasksPerCell } = latticeOf(numbers, size);
        expect(cells).toHaveLength(size);
        for (const [kind, number] of Object.entries(numbers))
          expect(count(cells, kind)).toBe(Math.ceil(number / tasksPerCell));
      }),
    );
  });
});

describe("every phase", () => {
  const phases: Phase[] = ["asking", "connecting", "waiting", "working", "paused", "refused", "stopped"];

  test("has words of its own", () => {
    expect(new Set(phases.map((phase) => phaseWords(phase, "").title)).size).toBe(phases.length);
  });

  test("gives way to the reason the session has", () => {
    for (const phase of phases) expect(phaseWords(phase, "the battery is low").text).toBe("the battery is low");
  });
});

describe("stored limits", () => {
  test("are read back as they were", () => {
    const settings = { peers: false, share: 0.3, pauseWhenHidden: true, pauseOnBattery: false, region: "EU" };
    expect(parseSettings(JSON.stringify(settings))).toEqual(settings);
  });

  test("that are damaged are replaced part by part, and never ask for more than all", () => {
    expect(parseSettings('{"share":7,"peers":"yes","pauseWhenHidden":true}')).toEqual({
      ...defaultSettings,
      pauseWhenHidden: true,
    });
    for (const text of [null, "", "3", "null", "[", '{"share":0}'])
      expect(parseSettings(text)).toEqual(defaultSettings);
  });
});

describe("the activity chart", () => {
  const samples = [0, 10, 200, 400].map((seconds, at) => ({
    atMs: 1e12 + seconds * 1000,
    tasks: at,
    busyShare: at / 4,
  }));

  test("shows the last five minutes, counted back from now", () => {
    expect(chartColumns(samples)).toEqual([
      [-200, 0],
      [2, 3],
      [50, 75],
    ]);
  });

  test("grows with the session from one minute to five", () => {
    expect([null, -3, -61, -400].map(shownSeconds)).toEqual([60, 60, 120, 300]);
  });

  test("says in words what it shows", () => {
    expect(activityWords([])).toBe("Nothing computed yet.");
    expect(activityWords(samples)).toBe("In the last minute of work: 3 tasks finished, busy 75 % of the time.");
  });
});

describe("what a visitor sees of the pool", () => {
  test("is its running jobs and how many compute", () => {
    const jobs = [
      { state: "done", title: "old", certified: 2, tasks: 2 },
      { state: "running", title: "", certified: 1, tasks: 4 },
    ];
    expect(readPool({ name: "here", workers: { connected: 3 } }, jobs)).toEqual({
      name: "here",
      volunteers: 3,
      jobs: [{ title: "Untitled job", share: 0.25 }],
    });
  });

  test("survives any answer at all", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (pool, jobs) => {
        const { volunteers, jobs: shown } = readPool(pool, jobs);
        expect(volunteers).toBeGreaterThanOrEqual(0);
        for (const { share } of shown) expect(share >= 0 && share <= 1).toBe(true);
      }),
    );
  });
});
