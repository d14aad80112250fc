// Where outputs differ, from the outputs, and from what two workers show of their digest trees.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../kernels/kernel.ts";
import { leafCount, leafSpan } from "../../protocol/digest.ts";
import { DigestTree } from "../../protocol/digestProof.ts";
import type { Address } from "../../protocol/ids.ts";
import { firstQuestion, nextQuestion } from "../../relay/bisection.ts";
import { firstDifference } from "../../relay/disagreement.ts";
import { patternBytes } from "../vectors/pattern.ts";

const [ann, bob, cy] = ["a1", "b0", "c7"].map((byte) => `0x${byte.repeat(20)}` as Address) as [
  Address,
  Address,
  Address,
];

const exact = (type: "u8" | "u32", itemBytes: number): Pick<Manifest, "compare" | "output"> => ({
  compare: { kind: "exact" },
  output: { type, itemBytes },
});
const within = (abs: number): Pick<Manifest, "compare" | "output"> => ({
  compare: { kind: "tolerance", abs, rel: 0, ulp: 0 },
  output: { type: "f32", itemBytes: 8 },
});
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const whole = (...outputs: Uint8Array[]) => [
  { start: 0, of: outputs.map((bytes, i) => ({ worker: [ann, bob, cy][i]!, bytes })) },
];

/** One byte changed at each place. */
function bend(output: Uint8Array, places: number[]): Uint8Array {
  const bent = output.slice();
  for (const place of new Set(places.map((p) => p % output.length))) bent[place]! ^= 1;
  return bent;
}

describe("the first difference of whole outputs", () => {
  it("is in the item of the first byte that differs, for any items", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 4, 7, 32, 33, 5000),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        (itemBytes, items, places) => {
          const output = patternBytes(items * itemBytes);
          const other = bend(output, places);
          const at = output.findIndex((byte, i) => byte !== other[i]);
          const found = firstDifference(whole(output, other), exact("u8", itemBytes))!;
          expect(found.item).toBe(Math.floor(at / itemBytes));
          const from = found.item * itemBytes + found.offsetBytes;
          expect(from).toBeLessThanOrEqual(at);
          for (const [i, bytes] of [output, other].entries()) {
            const shown = found.workers[i]!.bytes;
            expect(shown.length).toBeLessThanOrEqual(32);
            expect(shown).toEqual(bytes.slice(from, from + shown.length));
          }
          expect(found.workers[0]!.bytes).not.toEqual(found.workers[1]!.bytes);
        },
      ),
    );
  });

  it("is none between equal outputs", () => {
    expect(firstDifference(whole(patternBytes(64), patternBytes(64)), exact("u32", 4))).toBe(undefined);
  });

  it("passes over what is within the tolerance, and shows what every worker has there", () => {
    const outputs = [floats(1, 2, 3, 4), floats(1.05, 2, 3, 4.5), floats(1, 2.05, 3, 4)];
    expect(firstDifference(whole(...outputs), within(0.1))).toEqual({
      item: 1,
      offsetBytes: 0,
      workers: [
        { worker: ann, bytes: floats(3, 4) },
        { worker: bob, bytes: floats(3, 4.5) },
        { worker: cy, bytes: floats(3, 4) },
      ],
    });
    expect(firstDifference(whole(...outputs), within(0.5))).toBe(undefined);
  });

  it("is found between the second and the third, if the first is within tolerance of both", () => {
    const outputs = [floats(1, 0), floats(1.1, 0), floats(0.9, 0)];
    expect(firstDifference(whole(...outputs), within(0.15))?.item).toBe(0);
  });
});

describe("bisection", () => {
  it("ends at the leaf of the first difference, in as many questions as the tree has levels by four", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 8, 3000, 4097, 10_000),
        fc.integer({ min: 1, max: 1_500_000 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (itemBytes, bytes, places) => {
          const output = patternBytes(Math.max(1, Math.floor(bytes / itemBytes)) * itemBytes);
          const other = bend(output, places);
          const trees = [new DigestTree(output, itemBytes), new DigestTree(other, itemBytes)] as const;
          const leaves = leafCount(output.length, itemBytes);
          let question = firstQuestion(leaves);
          for (let asked = 1; ; asked++) {
            const { level, indices } = question;
            expect(indices.length).toBeGreaterThan(0);
            expect(indices.length).toBeLessThanOrEqual(16);
            const next = nextQuestion(leaves, [
              indices.map((index) => trees[0].node(level, index)),
              indices.map((index) => trees[1].node(level, index)),
            ]);
            if (!("leaf" in next)) {
              question = next;
              continue;
            }
            expect(asked).toBe(Math.max(1, Math.ceil(Math.ceil(Math.log2(leaves)) / 4)));
            const at = output.findIndex((byte, i) => byte !== other[i]);
            const { start, end } = leafSpan(output.length, itemBytes, next.leaf);
            expect(at >= start && at < end).toBe(true);
            expect(next.bytes).toEqual([output.slice(start, end), other.slice(start, end)]);
            const of = [ann, bob].map((worker, i) => ({ worker, bytes: next.bytes[i]! }));
            const { workers, ...place } = firstDifference([{ start, of }], exact("u8", itemBytes))!;
            const { workers: all, ...wholly } = firstDifference(whole(output, other), exact("u8", itemBytes))!;
            expect(place).toEqual(wholly);
            // A leaf may end before the bytes that are shown do.
            for (const [i, { worker, bytes: shown }] of workers.entries()) {
              expect(worker).toBe(all[i]!.worker);
              expect(shown.length).toBeGreaterThan(0);
              expect(shown).toEqual(all[i]!.bytes.slice(0, shown.length));
            }
            return;
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("of outputs that do not differ is our own mistake", () => {
    const { level, indices } = firstQuestion(3);
    const nodes = indices.map((index) => new DigestTree(patternBytes(9000), 1).node(level, index));
    expect(() => nextQuestion(3, [nodes, nodes])).toThrow("invariant");
  });
});
