import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toAddress, toBytes32 } from "../../protocol/ids.ts";
import { hashOf, type Route, routeOf } from "../../web/pages/explorer/route.ts";
import { stateSentence, windowWords } from "../../web/pages/explorer/stateWords.ts";
import { ROWS_A_PAGE, rowsOf } from "../../web/pages/sheet/pages.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (raw: Uint8Array) => `0x${Buffer.from(raw).toString("hex")}`;
const pool = bytes(20).map((raw) => toAddress(hex(raw)));
const deal = bytes(32).map((raw) => toBytes32(hex(raw)));
const place = { pool, epoch: fc.nat(), deal };
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ view: fc.constant("pools" as const) }),
  fc.record({ view: fc.constant("pool" as const), pool, page: fc.nat() }),
  fc.record({ view: fc.constant("terms" as const), deal }),
  fc.record({ view: fc.constant("epoch" as const), pool, epoch: fc.nat(), page: fc.nat() }),
  fc.record({ view: fc.constant("deal" as const), ...place, page: fc.nat() }),
  fc.record({ view: fc.constant("task" as const), ...place, task: fc.nat() }),
);

describe("a link into the explorer", () => {
  test("leads to what it was made of", () => {
    fc.assert(
      fc.property(route, (shown) => {
        expect(routeOf(hashOf(shown))).toEqual(shown);
      }),
    );
  });

  test("that is malformed leads to the widest thing that it names", () => {
    const account = `0x${"aB".repeat(20)}`;
    expect(routeOf(`#pool=${account}&epoch=x`)).toEqual({ view: "pool", pool: account.toLowerCase(), page: 0 });
    expect(routeOf(`#pool=${account}&epoch=1&deal=0x12&task=3`)).toMatchObject({ view: "epoch", epoch: 1 });
    expect(routeOf("#pool=nobody&epoch=3")).toEqual({ view: "pools" });
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(routeOf(`#${text}`)).toBeDefined();
      }),
    );
  });
});

describe("an epoch's state in words", () => {
  test("says how much of the window is left, and that a proof counts until it is final", () => {
    expect(stateSentence("pending", 1000, 60, 1030)).toContain("for 30 s more anybody can prove it wrong");
    expect(stateSentence("pending", 1000, 60, 1061)).toContain("Until then a proof still counts.");
    expect([windowWords("pending", 1000, 60, 1030), windowWords("pending", 1000, 60, 1060)]).toEqual(["30 s", "over"]);
    expect(windowWords("final", 1000, 60, 1030)).toBe("–");
  });
});

describe("rows of a long list", () => {
  test("are each on one page, and a page that is not there is the last", () => {
    fc.assert(
      fc.property(fc.nat(1000), (count) => {
        const { pages } = rowsOf(count, 0);
        const shown = Array.from({ length: pages }, (_, page) => rowsOf(count, page));
        expect(shown.reduce((sum, { first, end }) => sum + end - first, 0)).toBe(count);
        expect(shown.every(({ first, end }) => end - first <= ROWS_A_PAGE)).toBe(true);
        expect(rowsOf(count, pages + 5)).toEqual(shown.at(-1));
      }),
    );
  });
});
