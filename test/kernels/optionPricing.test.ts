import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Prepared, Presentation } from "../../kernels/builtin.ts";
import { loadWasm } from "../../kernels/execute/loadWasm.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { exp, log, normalQuantile } from "../../kernels/option-pricing/ieeeMath.ts";
import { builtin } from "../../kernels/option-pricing/index.ts";
import { BINS, PATHS_PER_ITEM, YEAR_DAYS } from "../../kernels/option-pricing/manifest.ts";
import { combine, quantile } from "../../kernels/option-pricing/present.ts";
import { parsePrices } from "../../kernels/option-pricing/prices.ts";
import { emptyRecord } from "../../kernels/option-pricing/record.ts";
import { referenceBytes } from "../../kernels/option-pricing/reference.ts";

const samples = await loadSamples(builtin);
const program = await loadWasm(builtin.manifest, await loadCode(builtin));
const EUROPEAN = 0;
const ASIAN = 1;
const BARRIER = 2;

async function compute(job: Prepared, first = 0, count = job.items): Promise<Uint8Array<ArrayBuffer>> {
  const bound = await program.bind(job.params, job.inputs);
  return bound.run({ first, count });
}

const csv = (prices: readonly number[]) => new TextEncoder().encode(`close\n${prices.join("\n")}\n`);

describe("the kernel is its reference, bit for bit,", () => {
  test("on random prices, options and items", async () => {
    const choices = fc.record({
      style: fc.nat(2),
      strike_percent: fc.double({ min: 50, max: 200, noNaN: true }),
      barrier_percent: fc.double({ min: 90, max: 200, noNaN: true }),
      maturity_days: fc.integer({ min: 1, max: 20 }),
      rate_percent: fc.double({ min: -5, max: 20, noNaN: true }),
      dividend_percent: fc.double({ min: 0, max: 10, noNaN: true }),
      horizon_days: fc.integer({ min: 1, max: 20 }),
      window_days: fc.integer({ min: 20, max: 50 }),
      seed: fc.nat(2 ** 32 - 1),
      paths: fc.constant(2 ** 32 - 1),
    });
    const prices = fc.array(fc.double({ min: 1, max: 1e4, noNaN: true }), { minLength: 3, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(prices, choices, fc.nat(2 ** 20 - 2), async (closes, asked, first) => {
        const window = closes.slice(-asked.window_days - 1);
        const returns = window.slice(1).map((close, i) => Math.log(close / window[i]!));
        // Prices that grow evenly, or not at all, have no volatility and make no job.
        fc.pre(Math.max(...returns) - Math.min(...returns) > 1e-6);
        const job = builtin.prepare({ prices: csv(closes) }, asked);
        expect(await compute(job, first, 2)).toEqual(referenceBytes(job, first, 2));
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test("on the S&P 500, every style", async () => {
    for (const style of [EUROPEAN, ASIAN, BARRIER]) {
      const job = builtin.prepare(samples, { style });
      expect(await compute(job, 7, 1)).toEqual(referenceBytes(job, 7, 1));
    }
  }, 60_000);
});

describe("its arithmetic", () => {
  const relative = (is: number, should: number) => Math.abs(is / should - 1);

  test("exp and log are those of the host, to the last digits but two", () => {
    fc.assert(
      fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (x) => {
        expect(relative(exp(x), Math.exp(x))).toBeLessThan(1e-15);
        expect(Math.abs(log(Math.exp(x)) - x)).toBeLessThan(1e-15 * Math.max(1, Math.abs(x)) * 2);
      }),
      { numRuns: 2000 },
    );
  });

  test("exp stays within bounds for any argument", () => {
    for (const x of [-1e300, -701, 701, 1e300]) expect(Number.isFinite(exp(x))).toBe(true);
  });

  // Tables of the normal distribution, 16 digits.
  test.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-12, -7.034483825301132],
    [0.8413447460685429, 1],
  ])("the normal quantile of %d is %d", (p, x) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(4e-15 * Math.max(1, Math.abs(x)));
  });

  test("the normal quantile ascends and is odd about a half", () => {
    const probability = fc.integer({ min: 1, max: 2 ** 31 }).map((k) => k / 2 ** 32);
    fc.assert(
      fc.property(probability, probability, (p, q) => {
        // Of a half it is 0, and 0 − x has no −0.
        expect(normalQuantile(1 - p)).toBe(0 - normalQuantile(p));
        if (p < q) expect(normalQuantile(p)).toBeLessThan(normalQuantile(q));
      }),
    );
  });
});

describe("a price", () => {
  const figure = (shown: Presentation, label: string) => {
    if (shown.kind !== "distribution") throw new Error("a distribution");
    return shown.figures.find((one) => one.label === label)!;
  };
  async function price(choices: Record<string, number>) {
    const job = builtin.prepare(samples, { paths: 2 ** 17, ...choices });
    const { value, standardError } = figure(builtin.present(job, await compute(job)), "Option price");
    return { value, error: standardError!, job };
  }

  /** Φ by the error function's continued fraction and series, to 1e-12. */
  function normal(x: number): number {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  }

  function blackScholes({ params }: Prepared): number {
    const years = params.maturity_days! / YEAR_DAYS;
    const [rate, dividend] = [params.rate_percent! / 100, params.dividend_percent! / 100];
    const spot = params.spot!;
    const strike = (spot * params.strike_percent!) / 100;
    const spread = params.volatility! * Math.sqrt(years);
    const d1 = (Math.log(spot / strike) + (rate - dividend) * years) / spread + spread / 2;
    return spot * Math.exp(-dividend * years) * normal(d1) - strike * Math.exp(-rate * years) * normal(d1 - spread);
  }

  test.each([80, 100, 120])("of a European call struck at %d %% is Black and Scholes's", async (strike_percent) => {
    const { value, error, job } = await price({ style: EUROPEAN, strike_percent });
    expect(error).toBeGreaterThan(0);
    expect(Math.abs(value - blackScholes(job))).toBeLessThan(4 * error);
  });

  test("in daily steps is the same as in one, if no barrier is met", async () => {
    const { value, error, job } = await price({
      style: BARRIER,
      barrier_percent: 10_000,
      maturity_days: 30,
    });
    expect(Math.abs(value - blackScholes(job))).toBeLessThan(4 * error);
  });

  test("falls with averaging, and with a barrier", async () => {
    const european = await price({ style: EUROPEAN, maturity_days: 63 });
    const asian = await price({ style: ASIAN, maturity_days: 63 });
    const barrier = await price({ style: BARRIER, maturity_days: 63, barrier_percent: 110 });
    expect(asian.value + 4 * asian.error).toBeLessThan(european.value);
    expect(barrier.value + 4 * barrier.error).toBeLessThan(european.value);
  });

  test("has a standard error that another seed agrees with", async () => {
    const one = await price({ style: EUROPEAN, seed: 1 });
    const two = await price({ style: EUROPEAN, seed: 2 });
    expect(one.value).not.toBe(two.value);
    expect(Math.abs(one.value - two.value)).toBeLessThan(4 * Math.hypot(one.error, two.error));
  });
});

describe("records", () => {
  test("add up to the same whatever the tasks were", async () => {
    const job = builtin.prepare(samples, { style: EUROPEAN, paths: 8 * PATHS_PER_ITEM });
    const whole = await compute(job);
    const parts = [await compute(job, 0, 3), await compute(job, 3, 1), await compute(job, 4, 4)];
    expect(Buffer.concat(parts)).toEqual(Buffer.from(whole));
  });

  test("count every path once", async () => {
    const job = builtin.prepare(samples, { style: EUROPEAN, paths: 4 * PATHS_PER_ITEM });
    const total = combine(job, await compute(job));
    expect(total.paths).toBe(4 * PATHS_PER_ITEM);
    expect(total.pairs).toBe(2 * PATHS_PER_ITEM);
    expect(total.bins.reduce((sum, count) => sum + count, 0)).toBe(total.paths);
  });

  test("that are not there yet are left out", async () => {
    const job = builtin.prepare(samples, { style: EUROPEAN, paths: 2 * PATHS_PER_ITEM });
    const output = await compute(job);
    expect(combine(job, output, (item) => item === 1).paths).toBe(PATHS_PER_ITEM);
    const nothing = builtin.present(job, output, () => false);
    expect(nothing).toMatchObject({ kind: "distribution", figures: [] });
  });

  test("of the wrong size are refused", () => {
    const job = builtin.prepare(samples, {});
    expect(() => builtin.present(job, new Uint8Array(8))).toThrow("bytes of records, found 8");
  });
});

test("a quantile lies where that share of the paths lies below", () => {
  const record = emptyRecord();
  record.paths = 1000;
  record.bins[100] = 50;
  record.bins[200] = 950;
  const edge = (bin: number) => -1 + (2 * bin) / BINS;
  expect(quantile(record, 1, 0.05)).toBeCloseTo(edge(101), 12);
  expect(quantile(record, 1, 0.025)).toBeCloseTo(edge(100.5), 12);
  expect(quantile(record, 1, 1)).toBeCloseTo(edge(201), 12);
});

test("value at risk is what history says: a coin that loses 10 % or gains 10 %", async () => {
  const prices = [100];
  for (let i = 0; i < 40; i++) prices.push(prices[i]! * (i % 2 ? 1.1 : 0.9));
  const job = builtin.prepare({ prices: csv(prices) }, { style: EUROPEAN, horizon_days: 1, window_days: 40 });
  const shown = builtin.present(job, await compute(job));
  if (shown.kind !== "distribution") throw new Error("a distribution");
  const width = shown.histogram.edges[1]! - shown.histogram.edges[0]!;
  for (const label of ["Value at risk, 95 %", "Value at risk, 99 %"])
    expect(Math.abs(shown.figures.find((one) => one.label === label)!.value - 10)).toBeLessThanOrEqual(width);
  expect(shown.figures.find(({ label }) => label === "Worst path")!.value).toBeCloseTo(-10, 10);
});

describe("prices", () => {
  const parse = (text: string) => parsePrices(new TextEncoder().encode(text), "prices");

  test("of the S&P 500 are read to the last day", () => {
    const prices = parsePrices(samples.prices!, "prices");
    expect(prices).toHaveLength(5105);
    expect(prices.at(-1)).toBe(2874.560059);
  });

  test("prefer adjusted closes, and may be quoted", () => {
    expect([...parse('"Date","Close","Adj Close"\r\n2020-01-01,"1","2"\r\n2020-01-02,"3","4"\r\n')]).toEqual([2, 4]);
  });

  test.each([
    ["open,high\n1,2\n3,4\n", "prices, line 1: expected a column named adjclose or"],
    ["close\n5\n", "prices, line 1: expected at least two days"],
    ["close\n5\nx\n", 'prices, line 3: expected a price, found "x"'],
    ["close\n5\n-1\n", 'prices, line 3: expected a price, found "-1"'],
    ["close,open\n5,1\n,1\n", 'prices, line 3: expected a price, found ""'],
    ["date,close\n2020-01-02,5\n2020-01-01,5\n", "prices, line 3: expected a date after 2020-01-02, found 2020-01-01"],
  ])("%j are refused with their line", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "bad-job" }));
  });

  test("that never change have no volatility, and make no job", () => {
    expect(() => builtin.prepare({ prices: csv([5, 5, 5]) }, {})).toThrow("expected prices that change");
    expect(() => builtin.prepare({}, {})).toThrow("expected a file of prices");
  });
});
