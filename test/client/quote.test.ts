import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectedReplicas, quoteOf, type Terms } from "../../client/quote.ts";
import type { PoolView } from "../../protocol/api.ts";

const pool = (workers: Partial<PoolView["workers"]>, rates: Partial<PoolView> = {}): PoolView => ({
  name: "here",
  version: "0",
  protocol: 1,
  pool: "0x",
  chainId: 1,
  token: "0x",
  hub: "0x",
  epochs: "0x",
  rpcUrl: "/chain",
  sandboxOrigin: "",
  feeBps: 500,
  burnBps: 500,
  windowSeconds: 60,
  faucet: true,
  workers: { connected: 0, wgsl: 0, wasm: 0, owners: 0, ...workers },
  ...rates,
});
const terms: Terms = { items: 100, itemsPerTask: 8, law: "poco", trust: 2, replicas: 2 };

describe("a quote", () => {
  test("counts the last, smaller task", () => {
    expect(quoteOf(pool({}), "wasm", terms, 10n)).toMatchObject({ tasks: 13, depositWei: 130n });
  });

  test("splits the deposit to the wei, whatever price and rates", () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 24n),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        (price, feeBps, burnBps) => {
          const { depositWei, workersWei, poolWei, burnedWei } = quoteOf(
            pool({}, { feeBps, burnBps }),
            "wasm",
            terms,
            price,
          );
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
    expect(() => quoteOf(pool({}), "wasm", { ...terms, items: 2_000_000, itemsPerTask: 1 }, 1n)).toThrow(
      /make them larger/,
    );
  });

  test("says when nobody is there, and when those who are lack the engine", () => {
    expect(quoteOf(pool({}), "wgsl", terms, 1n).outlook).toEqual({
      state: "nobody",
      eligible: 0,
      words: "No volunteer is connected now. The job would wait, paid for, until some join.",
    });
    expect(quoteOf(pool({ connected: 3, wasm: 3, owners: 3 }), "wgsl", terms, 1n).outlook).toEqual({
      state: "nobody",
      eligible: 0,
      words: "None of the 3 connected volunteers has WebGPU. The job would wait, paid for, until one that has joins.",
    });
  });

  test("says when there are too few different owners to check each other", () => {
    expect(quoteOf(pool({ connected: 4, wasm: 4, owners: 1 }), "wasm", terms, 1n).outlook).toMatchObject({
      state: "short",
      eligible: 4,
      words: expect.stringContaining("needs 2 volunteers with different owners"),
    });
  });

  test("says who can start now", () => {
    expect(quoteOf(pool({ connected: 4, wgsl: 3, wasm: 4, owners: 4 }), "wgsl", terms, 1n).outlook).toEqual({
      state: "ready",
      eligible: 3,
      words: "3 volunteers with WebGPU are connected and can start now.",
    });
  });
});
