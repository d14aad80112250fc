// What the pool puts up for spot checks of a job is no more than the job brings it.
import { expect, test } from "vitest";
import { type JobSpec, tasksOf } from "../../protocol/api.ts";
import { splitPrice } from "../../protocol/payout.ts";
import { auditSpec } from "../../relay/audits.ts";

const PRICE_WEI = 10n ** 18n;

test.each([0, 1, 300, 1000, 5000])(
  "at a fee of %i hundredths of a per cent the pool's fee covers all checks",
  (feeBps) => {
    const { feeWei } = splitPrice({ priceWei: PRICE_WEI, assetsWei: 0n, feeBps });
    for (const tasks of [1, 2, 8, 9, 50, 1000, 100_000]) {
      const spec = { items: 4 * tasks, itemsPerTask: 4, law: "pool", trust: 20, replicas: 1 } as JobSpec;
      const audit = auditSpec({ spec, feeBps }, tasks, 0.04);
      const checks = audit.items === 0 ? 0 : tasksOf(audit);
      // Of what a check costs the fee comes back to the pool.
      expect(BigInt(checks) * (PRICE_WEI - feeWei)).toBeLessThanOrEqual(feeWei * BigInt(tasks));
    }
  },
);
