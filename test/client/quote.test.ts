import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { depositOf, expectedReplicas, quoteOf, type Terms } from "../../client/quote.ts";
import type { QuoteView } from "../../protocol/api.ts";

const rates = { feeBps: 500, burnBps: 500 };
const view = (change: Partial<QuoteView> = {}): QuoteView => ({
  tasks: 13,
  connected: 4,
  eligible: { workers: 4, owners: 4 },
  redundancy: { expected: 2, newcomers: 2 },
  ...change,
});
const terms: Terms = { items: 100, itemsPerTask: 8, law: "poco", trust: 2, replicas: 2 };
const outlook = (change: Partial<QuoteView>, engine: "wgsl" | "wasm" = "wasm") =>
  quoteOf(rates, engine, terms, 1n, view(change)).outlook;

describe("a quote", () => {
  test("counts the last, smaller task", () => {
    expect(depositOf(rates, terms, 10n)).toMatchObject({ tasks: 13, depositWei: 130n });
  });

  test("splits the deposit to the wei, whatever price and rates", () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 24n),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        (price, feeBps, burnBps) => {
          const { depositWei, workersWei, poolWei, burnedWei } = depositOf({ feeBps, burnBps }, terms, price);
          expect(workersWei + poolWei + burnedWei).toBe(depositWei);
        },
      ),
    );
  });

  test("names as many replicas as newcomers need for the trust, and never fewer than the deal demands", () => {
    const replicas = (trust: number, least = 1, law: "poco" | "pool" = "poco") =>
      expectedReplicas({ law, trust, replicas: least });
    expect([2, 4, 5, 16, 65_536].map((trust) => replicas(trust))).toEqual([1, 2, 3, 4, 16]);
    expect(replicas(2, 3)).toBe(3);
    expect(replicas(1_000_000, 2, "pool")).toBe(2);
  });

  test("refuses a trust that no sixteen newcomers reach", () => {
    expect(() => expectedReplicas({ law: "poco", trust: 65_537, replicas: 2 })).toThrow(/found 65537/);
  });

  test("refuses more tasks than a job may have", () => {
    expect(() => depositOf(rates, { items: 2_000_000, itemsPerTask: 1 }, 1n)).toThrow(/make them larger/);
  });

  test("says when nobody is there, and why those who are cannot do it", () => {
    expect(outlook({ connected: 0, eligible: { workers: 0, owners: 0 } })).toEqual({
      state: "nobody",
      eligible: 0,
      words: "No volunteer is connected now. The job would wait, paid for, until some join.",
    });
    const missing = "needs workers of 2 different owners that run wgsl, found none among 3 connected";
    expect(outlook({ connected: 3, eligible: { workers: 0, owners: 0 }, missing })).toEqual({
      state: "nobody",
      eligible: 0,
      words:
        "Needs workers of 2 different owners that run wgsl, found none among 3 connected. The job would wait, paid for, until somebody who can joins.",
    });
  });

  test("says when there are too few different owners to check each other", () => {
    const missing = "needs workers of 2 different owners that run wasm, found 1 such owner among 4 connected";
    expect(outlook({ eligible: { workers: 4, owners: 1 }, missing })).toMatchObject({
      state: "short",
      eligible: 4,
      words: expect.stringContaining("Needs workers of 2 different owners"),
    });
  });

  test("says who can start now", () => {
    expect(outlook({}, "wgsl")).toEqual({
      state: "ready",
      eligible: 4,
      words: "4 volunteers with WebGPU are connected and can start now.",
    });
    expect(outlook({ eligible: { workers: 3, owners: 3 } })).toMatchObject({
      state: "ready",
      words: "3 of the 4 connected volunteers can compute it, and can start now.",
    });
  });

  test("hands on what the pool expects", () => {
    const eta = { p50Ms: 1000, p90Ms: 2000 };
    const price = { lowWei: "5", highWei: "7" };
    const promise = { granted: true, probability: 0.95 };
    expect(quoteOf(rates, "wasm", terms, 1n, view({ eta, price, promise }))).toMatchObject({
      redundancy: { expected: 2, newcomers: 2 },
      eta,
      promise,
      usual: { lowWei: 5n, highWei: 7n },
    });
  });
});
