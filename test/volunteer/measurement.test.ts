import { describe, expect, test } from "vitest";
import type { Speeds } from "../../protocol/categories.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Measured, Measurement } from "../../web/volunteer/measurement.ts";
import { engineFamily } from "../../web/worker/engineFamily.ts";

const CLASS = "chromium-0123456789abcdef";
const SPEEDS: Speeds = { f32: 1000, i32: 500, wasm: 9 };
const DAY_MS = 24 * 3600 * 1000;

function stage({ kept = undefined as ConstructorParameters<typeof Measurement>[0]["kept"], hasGpu = true } = {}) {
  const asked: string[] = [];
  const learnt: Measured[] = [];
  let refusals = 0;
  let broken = false;
  const measurement = new Measurement({
    sandbox: {
      async classify() {
        asked.push("classify");
        if (broken) throw new SuperEdgeError("device-lost", "the GPU went away");
        return CLASS;
      },
      async measure(_code, share) {
        asked.push(`measure at ${share}`);
        if (refusals-- > 0) throw new SuperEdgeError("too-many", "a kernel is running");
        return SPEEDS;
      },
    },
    adapter: "a GPU",
    hasGpu,
    kept,
    known: (measured) => learnt.push(measured),
    load: async () => ({ probe: "", fetchReference: async () => ({ f32: "", i32: "", wasm: new Uint8Array() }) }),
  });
  return {
    measurement,
    asked,
    learnt,
    refuse: (times: number) => {
      refusals = times;
    },
    breakGpu: () => {
      broken = true;
    },
  };
}

describe("a volunteer's machine", () => {
  test("is measured when nothing runs, once", async () => {
    const { measurement, asked, learnt } = stage();
    expect(asked).toEqual([]);
    await measurement.working();
    expect(asked).toEqual(["classify"]);
    await measurement.rested(0.5);
    await measurement.working();
    await measurement.rested(0.5);
    expect(asked).toEqual(["classify", "measure at 0.5"]);
    expect(learnt).toEqual([{ numericClass: CLASS }, { numericClass: CLASS, gflops: SPEEDS }]);
  });

  test("is measured also if no task ever comes", async () => {
    const { measurement, learnt } = stage();
    await measurement.rested(1);
    expect(learnt.at(-1)).toEqual({ numericClass: CLASS, gflops: SPEEDS });
  });

  test("is what it was last week, and its class is asked for again", async () => {
    const kept = { adapter: "a GPU", atMs: Date.now() - 6 * DAY_MS, numericClass: "chromium-old", gflops: { wasm: 1 } };
    const { measurement, asked } = stage({ kept });
    expect(measurement.measured).toEqual({ numericClass: "chromium-old", gflops: { wasm: 1 } });
    await measurement.rested(1);
    expect(asked).toEqual(["classify"]);
    expect(measurement.measured).toEqual({ numericClass: CLASS, gflops: { wasm: 1 } });
  });

  test("is measured anew after a week, and on another GPU", async () => {
    const old = { adapter: "a GPU", atMs: Date.now() - 8 * DAY_MS, gflops: { wasm: 1 } };
    const other = { adapter: "another GPU", atMs: Date.now(), numericClass: "chromium-other", gflops: { wasm: 1 } };
    for (const kept of [old, other]) {
      const { measurement } = stage({ kept });
      expect(measurement.measured).toEqual({});
      await measurement.rested(1);
      expect(measurement.measured).toEqual({ numericClass: CLASS, gflops: SPEEDS });
    }
  });

  test("gets another chance when a task came first, but not for ever", async () => {
    const once = stage();
    once.refuse(1);
    await once.measurement.rested(1);
    expect(once.measurement.measured.gflops).toBeUndefined();
    await once.measurement.rested(1);
    expect(once.measurement.measured.gflops).toEqual(SPEEDS);

    const never = stage();
    never.refuse(100);
    for (let i = 0; i < 10; i++) await never.measurement.rested(1);
    expect(never.asked.filter((what) => what.startsWith("measure"))).toHaveLength(3);
  });

  test("without an answer from its GPU is of no class, and still has its speed", async () => {
    const { measurement, breakGpu } = stage();
    breakGpu();
    await measurement.rested(1);
    expect(measurement.measured).toEqual({ numericClass: undefined, gflops: SPEEDS });
  });

  test("without a GPU is not asked how its GPU rounds", async () => {
    const { measurement, asked } = stage({ hasGpu: false });
    await measurement.rested(1);
    expect(asked).toEqual(["measure at 1"]);
  });
});

test("browsers are told apart by what they say of themselves", () => {
  const mozilla = "Mozilla/5.0 (X11; Linux x86_64)";
  const webkit = `${mozilla} AppleWebKit/537.36 (KHTML, like Gecko)`;
  expect(engineFamily(`${mozilla} Gecko/20100101 Firefox/153.0`)).toBe("gecko");
  expect(engineFamily(`${webkit} Chrome/156.0.0.0 Safari/537.36`)).toBe("chromium");
  expect(engineFamily(`${webkit} HeadlessChrome/156.0.0.0 Safari/537.36`)).toBe("chromium");
  expect(engineFamily(`${webkit} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`)).toBe("chromium");
  expect(engineFamily(`${webkit} Version/26.0 Safari/605.1.15`)).toBe("webkit");
  expect(engineFamily("curl/8")).toBe("other");
});
