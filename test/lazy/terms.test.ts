// What a pool may take on a budget: whatever order the epochs open the deals in, no part of it may fall on the pool.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import type { LazyOrder } from "../../protocol/orders.ts";
import { checkBudget, type Outstanding } from "../../relay/lazy/terms.ts";

const somebody = toAddress(`0x${"11".repeat(20)}`);
const lazy = ({ sequence, mostWei, valueWei }: Outstanding) =>
  ({ requester: somebody, sequence, mostWei, order: { pricePerTaskWei: valueWei, tasks: 1 } }) as unknown as LazyOrder;

const wei = fc.bigInt({ min: 1n, max: 20n });
const order = fc.record({ mostWei: fc.bigInt({ min: 1n, max: 60n }), valueWei: wei });

/** As the Hub opens a deal; what it could not draw is the pool's to pay. */
function draw(lockedWei: bigint, drawnWei: bigint, orders: readonly Outstanding[]): bigint {
  let shortWei = 0n;
  let drawn = drawnWei;
  let locked = lockedWei;
  for (const { mostWei, valueWei } of orders) {
    if (locked >= valueWei && drawn + valueWei <= mostWei) {
      locked -= valueWei;
      drawn += valueWei;
    } else shortWei += valueWei;
  }
  return shortWei;
}

describe("lazy orders that a pool takes", () => {
  it("are all covered, in whatever order they are opened", () => {
    const world = fc.record({
      lockedWei: fc.bigInt({ min: 0n, max: 60n }),
      drawnWei: fc.bigInt({ min: 0n, max: 20n }),
      leavingWei: fc.bigInt({ min: 0n, max: 80n }),
      offered: fc.array(order, { maxLength: 8 }),
      shuffle: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(world, ({ lockedWei, drawnWei, leavingWei, offered, shuffle }) => {
        const taken: Outstanding[] = [];
        for (const [sequence, { mostWei, valueWei }] of offered.entries()) {
          const next = { sequence, mostWei, valueWei };
          try {
            checkBudget(lazy(next), { lockedWei, drawnWei, leavingWei, leavesAt: 0 }, taken);
            taken.push(next);
          } catch (error) {
            expect(error).toMatchObject({ code: "not-funded" });
          }
        }
        const opened = taken.toSorted((a, b) => (shuffle[a.sequence] ?? 0) - (shuffle[b.sequence] ?? 0));
        expect(draw(lockedWei, drawnWei, opened)).toBe(0n);
        // What was asked back can leave before they are opened.
        const leftWei = lockedWei > leavingWei ? lockedWei - leavingWei : 0n;
        expect(draw(leftWei, drawnWei, opened)).toBe(0n);
      }),
    );
  });

  it("are refused one wei beyond the budget, and beyond the maximum of any of them", () => {
    const budget = { lockedWei: 10n, drawnWei: 5n, leavingWei: 0n, leavesAt: 0 };
    const take =
      (next: Outstanding, before: Outstanding[] = []) =>
      () =>
        checkBudget(lazy(next), budget, before);
    expect(take({ sequence: 1, mostWei: 15n, valueWei: 10n })).not.toThrow();
    expect(take({ sequence: 1, mostWei: 16n, valueWei: 11n })).toThrow(/expected 11 wei locked/);
    expect(take({ sequence: 1, mostWei: 14n, valueWei: 10n })).toThrow(/order 1 allows 14/);
    const earlier = { sequence: 1, mostWei: 9n, valueWei: 4n };
    expect(take({ sequence: 2, mostWei: 15n, valueWei: 1n }, [earlier])).toThrow(/order 1 allows 9/);
  });
});
