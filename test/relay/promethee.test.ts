import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preferenceOf } from "../../relay/scheduler/preferenceFunction.ts";
import { type Criterion, promethee } from "../../relay/scheduler/promethee.ts";

const value = fc.integer({ min: -40, max: 40 }).map((n) => n / 4);
const preference = fc.oneof(
  fc.constant({ type: "usual" } as const),
  fc.integer({ min: 0, max: 20 }).map((q) => ({ type: "u-shape", q: q / 4 }) as const),
  fc.integer({ min: 0, max: 20 }).map((p) => ({ type: "v-shape", p: p / 4 }) as const),
  fc.tuple(fc.constantFrom("level", "linear"), fc.nat(12), fc.nat(12)).map(([type, q, more]) => ({
    type: type as "level" | "linear",
    q: q / 4,
    p: (q + more) / 4,
  })),
  fc.integer({ min: 1, max: 20 }).map((s) => ({ type: "gaussian", s: s / 4 }) as const),
);
const criterion: fc.Arbitrary<Criterion> = fc.record({
  weight: fc.integer({ min: 1, max: 9 }),
  direction: fc.constantFrom("max" as const, "min" as const),
  preference,
});
const question = fc
  .tuple(fc.array(criterion, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 9 }))
  .chain(([criteria, n]) =>
    fc.record({
      criteria: fc.constant(criteria),
      scores: fc.array(fc.array(value, { minLength: criteria.length, maxLength: criteria.length }), {
        minLength: n,
        maxLength: n,
      }),
    }),
  );

const close = (found: number[], expected: number[]) => {
  expect(found.length).toBe(expected.length);
  found.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, 10);
  });
};
const one = (type: Criterion["preference"], thresholds: Partial<Criterion> = {}): Criterion[] => [
  { weight: 1, direction: "max", preference: type, ...thresholds },
];

describe("preference functions at and around their thresholds", () => {
  const table: [Parameters<typeof preferenceOf>[0], [number, number][]][] = [
    [
      { type: "usual" },
      [
        [-1, 0],
        [0, 0],
        [1e-300, 1],
      ],
    ],
    [
      { type: "u-shape", q: 2 },
      [
        [1.9, 0],
        [2, 0],
        [2.1, 1],
      ],
    ],
    [
      { type: "v-shape", p: 4 },
      [
        [-3, 0],
        [0, 0],
        [1, 0.25],
        [4, 1],
        [5, 1],
      ],
    ],
    [
      { type: "v-shape", p: 0 },
      [
        [0, 0],
        [0.1, 1],
      ],
    ],
    [
      { type: "level", q: 1, p: 3 },
      [
        [1, 0],
        [1.1, 0.5],
        [3, 0.5],
        [3.1, 1],
      ],
    ],
    [
      { type: "linear", q: 1, p: 3 },
      [
        [1, 0],
        [2, 0.5],
        [3, 1],
        [9, 1],
      ],
    ],
    [
      { type: "linear", q: 2, p: 2 },
      [
        [2, 0],
        [2.1, 1],
      ],
    ],
    [
      { type: "gaussian", s: 2 },
      [
        [-2, 0],
        [0, 0],
        [2, 1 - Math.exp(-0.5)],
        [1e308, 1],
      ],
    ],
  ];
  for (const [f, points] of table)
    it(JSON.stringify(f), () => {
      for (const [difference, expected] of points) expect(preferenceOf(f, difference)).toBe(expected);
    });
});

describe("PROMETHEE", () => {
  it("ranks the six power plants as published", () => {
    // J. P. Brans, Ph. Vincke, B. Mareschal, European Journal of Operational Research 24 (1986), 228-238: one of each function.
    const { plus, minus, net, relation } = promethee({
      scores: [
        [80, 90, 600, 5.4, 8, 5],
        [65, 58, 200, 9.7, 1, 1],
        [83, 60, 400, 7.2, 4, 7],
        [40, 80, 1000, 7.5, 7, 10],
        [52, 72, 600, 2.0, 3, 8],
        [94, 96, 700, 3.6, 5, 6],
      ],
      criteria: [
        { weight: 1, direction: "min", preference: { type: "u-shape", q: 10 } },
        { weight: 1, direction: "max", preference: { type: "v-shape", p: 30 } },
        { weight: 1, direction: "min", preference: { type: "linear", q: 50, p: 500 } },
        { weight: 1, direction: "min", preference: { type: "level", q: 1, p: 6 } },
        { weight: 1, direction: "min", preference: { type: "usual" } },
        { weight: 1, direction: "max", preference: { type: "gaussian", s: 5 } },
      ],
      partial: true,
    });
    const rounded = (flows: number[]) => flows.map((flow) => Math.round(flow * 1000) / 1000);
    expect(rounded(plus)).toEqual([0.22, 0.396, 0.247, 0.329, 0.455, 0.3]);
    expect(rounded(minus)).toEqual([0.366, 0.379, 0.336, 0.349, 0.162, 0.355]);
    expect(rounded(net)).toEqual([-0.146, 0.017, -0.09, -0.02, 0.293, -0.055]);
    // The fifth is preferred to every other; the second can be compared with none but it.
    expect(relation[4]).toEqual(["preferred", "preferred", "preferred", "preferred", "indifferent", "preferred"]);
    expect(relation[1]!.filter((r) => r === "incomparable")).toHaveLength(4);
  });

  it("agrees with flows worked by hand", () => {
    // Differences of a over b, c: 1, 3; linear with q 0.5, p 2.5 gives 0.25 and 1; b over c: 2, gives 0.75.
    const { plus, minus, net } = promethee({ scores: [[3], [2], [0]], criteria: one("linear", { q: 0.5, p: 2.5 }) });
    close(plus, [0.625, 0.375, 0]);
    close(minus, [0, 0.125, 0.875]);
    close(net, [0.625, 0.25, -0.875]);
  });

  it("takes parameters beside the function's name or inside it", () => {
    const scores = [[1], [4], [2]];
    expect(promethee({ scores, criteria: one("level", { q: 1, p: 2 }) })).toEqual(
      promethee({ scores, criteria: one({ type: "level", q: 1, p: 2 }) }),
    );
  });

  it("gives zeros to a lone alternative, and nothing to none", () => {
    expect(promethee({ scores: [[7]], criteria: one("usual") })).toEqual({ plus: [0], minus: [0], net: [0] });
    expect(promethee({ scores: [], criteria: one("usual") })).toEqual({ plus: [], minus: [], net: [] });
  });

  it("keeps flows in their ranges, and net flows adding up to 0", () => {
    fc.assert(
      fc.property(question, (q) => {
        const { plus, minus, net } = promethee(q);
        for (const flow of [...plus, ...minus]) expect(flow >= 0 && flow <= 1 + 1e-12).toBe(true);
        net.forEach((flow, a) => {
          expect(flow).toBe(plus[a]! - minus[a]!);
        });
        expect(net.reduce((sum, flow) => sum + flow, 0)).toBeCloseTo(0, 10);
      }),
    );
  });

  it("does not care in which order alternatives stand", () => {
    fc.assert(
      fc.property(question, fc.infiniteStream(fc.nat()), (q, dice) => {
        const order = q.scores.map((_, a) => a).sort(() => ((dice.next().value as number) % 2 === 0 ? -1 : 1));
        const straight = promethee(q);
        const shuffled = promethee({ ...q, scores: order.map((a) => q.scores[a]!) });
        close(
          shuffled.net,
          order.map((a) => straight.net[a]!),
        );
      }),
    );
  });

  it("turns round when every direction does", () => {
    fc.assert(
      fc.property(question, (q) => {
        const turned = q.criteria.map((c) => ({ ...c, direction: c.direction === "max" ? "min" : "max" }) as Criterion);
        const there = promethee(q);
        const back = promethee({ ...q, criteria: turned });
        close(back.plus, there.minus);
        close(back.minus, there.plus);
      }),
    );
  });

  it("is the same for a minimum as for the maximum of the negated scores", () => {
    fc.assert(
      fc.property(question, (q) => {
        const negated = q.scores.map((row) => row.map((x) => -x));
        const turned = q.criteria.map((c) => ({ ...c, direction: c.direction === "max" ? "min" : "max" }) as Criterion);
        close(promethee({ scores: negated, criteria: turned }).net, promethee(q).net);
      }),
    );
  });

  it("never ranks an alternative lower for doing better on a criterion", () => {
    fc.assert(
      fc.property(question, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 30 }), (q, a, j, gain) => {
        const row = a % q.scores.length;
        const column = j % q.criteria.length;
        const sign = q.criteria[column]!.direction === "max" ? 1 : -1;
        const better = q.scores.map((scores, i) =>
          scores.map((x, k) => (i === row && k === column ? x + (sign * gain) / 4 : x)),
        );
        const before = promethee(q).net[row]!;
        expect(promethee({ ...q, scores: better }).net[row]!).toBeGreaterThanOrEqual(before - 1e-12);
      }),
    );
  });

  it("only looks at weights in proportion", () => {
    fc.assert(
      fc.property(question, fc.integer({ min: 1, max: 1000 }), (q, factor) => {
        const heavier = q.criteria.map((c) => ({ ...c, weight: c.weight * factor }));
        close(promethee({ ...q, criteria: heavier }).net, promethee(q).net);
      }),
    );
  });

  it("orders partially without contradicting itself or the complete ranking", () => {
    const reverse = {
      preferred: "dispreferred",
      dispreferred: "preferred",
      indifferent: "indifferent",
      incomparable: "incomparable",
    };
    fc.assert(
      fc.property(question, (q) => {
        const { relation, net } = promethee({ ...q, partial: true });
        for (const [a, row] of relation.entries())
          for (const [b, r] of row.entries()) {
            expect(relation[b]![a]).toBe(reverse[r]);
            if (r === "preferred") expect(net[a]!).toBeGreaterThan(net[b]!);
            if (r === "indifferent") expect(net[a]!).toBeCloseTo(net[b]!, 10);
          }
      }),
    );
  });

  const refusals: [string, Parameters<typeof promethee>[0], RegExp][] = [
    ["a ragged row", { scores: [[1], [1, 2]], criteria: one("usual") }, /scores\.1: expected 1 values.*found 2/],
    ["NaN", { scores: [[Number.NaN]], criteria: one("usual") }, /scores\.0\.0: expected a finite number, found NaN/],
    ["no criteria", { scores: [[]], criteria: [] }, /criteria: expected at least one/],
    ["weights of 0", { scores: [[1]], criteria: [{ ...one("usual")[0]!, weight: 0 }] }, /sum above 0, found 0/],
    ["a negative weight", { scores: [[1]], criteria: [{ ...one("usual")[0]!, weight: -1 }] }, /weight of at least 0/],
    ["q above p", { scores: [[1]], criteria: one("linear", { q: 2, p: 1 }) }, /q to be at most p, found q 2 and p 1/],
    ["a missing threshold", { scores: [[1]], criteria: one("u-shape") }, /q of u-shape: expected a number/],
    ["s of 0", { scores: [[1]], criteria: one("gaussian", { s: 0 }) }, /above 0/],
    ["an unknown function", { scores: [[1]], criteria: one("step" as "usual") }, /found "step"/],
    ["an unknown direction", { scores: [[1]], criteria: [{ ...one("usual")[0]!, direction: "up" as "max" }] }, /up/],
  ];
  for (const [what, asked, words] of refusals)
    it(`refuses ${what}`, () => {
      expect(() => promethee(asked)).toThrow(words);
    });
});
