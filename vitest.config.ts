import { defineConfig } from "vitest/config";

/** Tests with browsers, relay processes or a GPU driver: one at a time, or they starve each other on two cores. */
const system = [
  "test/e2e/**/*.test.ts",
  "test/client/grid.test.ts",
  "test/pages/**/*.test.ts",
  "test/peer/browser.test.ts",
  "test/relay/crash.test.ts",
  "test/relay/lawPool.test.ts",
  "test/chain/kill.test.ts",
  "test/requests/**/*.test.ts",
  "test/settlement/**/*.test.ts",
  "test/watch/**/*.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: system,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "system",
          include: system,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
