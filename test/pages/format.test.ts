import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes } from "../../web/pages/format/bytes.ts";
import { counted, formatCount } from "../../web/pages/format/count.ts";
import { formatDuration } from "../../web/pages/format/duration.ts";
import { formatEct, parseEct } from "../../web/pages/format/ect.ts";
import { formatRate } from "../../web/pages/format/rate.ts";
import { shortName } from "../../web/pages/format/shortName.ts";
import { significant } from "../../web/pages/format/significant.ts";

const ECT = 10n ** 18n;

describe("an amount of ECT", () => {
  test("is grouped, and rounded down to four places", () => {
    expect(formatEct(1_234_567n * ECT)).toBe("1,234,567");
    expect(formatEct(ECT / 2n)).toBe("0.5");
    expect(formatEct(2n * ECT - 1n)).toBe("1.9999");
    expect(formatEct(0n)).toBe("0");
    expect(formatEct(-3n * ECT)).toBe("−3");
  });

  test("that is not zero never reads as zero", () => {
    expect(formatEct(1n)).toBe("< 0.0001");
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 30n), (wei) => {
        expect(formatEct(wei)).not.toBe("0");
      }),
    );
  });

  test("shown is never more than there is", () => {
    fc.assert(
      fc.property(fc.bigInt(10n ** 14n, 10n ** 30n), (wei) => {
        expect(parseEct(formatEct(wei))).toBeLessThanOrEqual(wei);
      }),
    );
  });

  test("typed is read to the wei", () => {
    expect(parseEct("0.01")).toBe(10n ** 16n);
    expect(parseEct(" 1,000.5 ")).toBe(10n ** 21n + ECT / 2n);
    expect(parseEct("0.000000000000000001")).toBe(1n);
  });

  test("that is none is refused", () => {
    for (const text of ["", "-1", "1e3", "0.0000000000000000001", ".", "1.2.3", "one"])
      expect(parseEct(text)).toBeUndefined();
  });
});

describe("sizes, counts and times", () => {
  test("keep two digits while they are small and never reach 1000 of a unit", () => {
    expect([0, 999, 1000, 1234, 9_950, 34_000, 999_499, 999_500, 5e9].map(formatBytes)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.0 kB",
      "1.2 kB",
      "10 kB",
      "34 kB",
      "999 kB",
      "1.0 MB",
      "5.0 GB",
    ]);
  });

  test("say speeds in words", () => {
    expect([0.0123, 0.72, 9.74, 640, 1_000, 12_340].map(formatRate)).toEqual([
      "12 million a second",
      "720 million a second",
      "9.7 billion a second",
      "640 billion a second",
      "1 trillion a second",
      "12 trillion a second",
    ]);
  });

  test("group thousands and count nouns", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
    expect([counted(0, "task"), counted(1, "task"), counted(1200, "task")]).toEqual([
      "0 tasks",
      "1 task",
      "1,200 tasks",
    ]);
  });

  test("go from seconds to hours without sixty of anything", () => {
    expect([0, 400, 9_949, 9_960, 59_499, 59_600, 185_000, 7_440_000].map(formatDuration)).toEqual([
      "0.0 s",
      "0.4 s",
      "9.9 s",
      "10 s",
      "59 s",
      "1 min 0 s",
      "3 min 5 s",
      "2 h 4 min",
    ]);
  });

  test("shorten names but not short ones", () => {
    expect(shortName(`0x12ab${"0".repeat(32)}89ef`)).toBe("0x12ab…89ef");
    expect(shortName("marbles")).toBe("marbles");
  });

  test("show so many significant digits, grouped, with a real minus", () => {
    expect(significant(4021.345, 5)).toBe("4,021.3");
    expect(significant(-0.000_213_7, 2)).toBe("−0.00021");
    expect(significant(4_294_967_295, 15)).toBe("4,294,967,295");
    expect(significant(1.5e-9, 3)).toBe("1.5e−9");
    expect(significant(0, 3)).toBe("0");
  });
});
