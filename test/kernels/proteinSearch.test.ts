import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Prepared } from "../../kernels/builtin.ts";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { ALPHABET, BLOSUM62, RESIDUES, residueCode } from "../../kernels/protein-search/blosum62.ts";
import { parseFasta } from "../../kernels/protein-search/fasta.ts";
import { builtin } from "../../kernels/protein-search/index.ts";
import { alignmentScore, referenceScores } from "../../kernels/protein-search/reference.ts";
import { packSequences, unpackSequences } from "../../kernels/protein-search/sequences.ts";
import { openGpu } from "./openGpu.ts";

const device = await openGpu();
const code = new TextDecoder().decode(await loadCode(builtin));
const program = await loadWgsl(device, builtin.manifest, code);

const fasta = (...sequences: string[]) =>
  new TextEncoder().encode(sequences.map((sequence, i) => `>p${i}\n${sequence}\n`).join(""));
const codes = (letters: string) => Uint8Array.from(letters, (letter) => residueCode(letter)!);
const gaps = { open: 11, extend: 1 };
const score = (query: string, target: string) => alignmentScore(codes(query), codes(target), gaps);

async function gpuScores(job: Prepared, first = 0, count = job.items): Promise<number[]> {
  const bound = await program.bind(job.params, job.inputs);
  const output = await bound.run({ first, count });
  bound.dispose();
  return [...new Int32Array(output.buffer)];
}

describe("a local alignment's score", () => {
  // By hand, from BLOSUM62: A-A 4, R-R 5, N-N 6, W-W 11, C-C 9, K-K 5, D-D 6, E-E 5, P-P 7; a gap of k costs 11 + k.
  test.each([
    ["W", "W", 11, "one pair"],
    ["A", "R", 0, "nothing in common"],
    ["WWWW", "WWWW", 44, "four pairs"],
    ["AAWCKAA", "RRWCKRR", 25, "WCK inside strangers"],
    ["WKWCW", "wkwcw", 47, "lower case"],
    ["WWWWWWDWWWWWW", "WWWWWWWWWWWW", 120, "a gap of one: 132 − 12"],
    ["WWWWWWDDDWWWWWW", "WWWWWWWWWWWW", 118, "a gap of three: 132 − 14"],
    ["WWWWWWWWWWWW", "WWWWWWDDDWWWWWW", 118, "the same gap in the other"],
    ["WWDWW", "WWWW", 32, "a gap (44 − 12) beats a mismatch (33 − 4)"],
    ["WXW", "WAW", 22, "X scores 0 with A"],
    ["WUW", "WAW", 22, "U counts as X"],
    ["W*W", "W*W", 23, "stops match with 1"],
    ["WBW", "WDW", 26, "B is half a D: 4"],
  ])("of %s and %s is %d: %s", (query, target, expected) => {
    expect(score(query, target)).toBe(expected);
  });

  test("does not depend on which is the query", () => {
    const protein = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(protein, protein, (a, b) => {
        expect(score(a, b)).toBe(score(b, a));
      }),
    );
  });
});

test("BLOSUM62 is symmetric, and every residue likes itself best", () => {
  expect(BLOSUM62.length).toBe(RESIDUES * RESIDUES);
  for (let a = 0; a < RESIDUES; a++)
    for (let b = 0; b < RESIDUES; b++) {
      expect(BLOSUM62[a * RESIDUES + b]).toBe(BLOSUM62[b * RESIDUES + a]);
      // But for X, which is anything.
      if (ALPHABET[a] !== "X") expect(BLOSUM62[a * RESIDUES + a]).toBeGreaterThanOrEqual(BLOSUM62[a * RESIDUES + b]!);
    }
});

describe("the GPU's scores are the reference's", () => {
  const residues = fc.constantFrom(..."ARNDCQEGHILKMFPSTWYVBZX*UOJarnd");
  // Few letters make many ties and gaps, many make it like nature.
  const protein = fc.oneof(
    fc.string({ unit: residues, minLength: 1, maxLength: 90 }),
    fc.string({ unit: fc.constantFrom(..."WWWD"), minLength: 1, maxLength: 90 }),
  );
  const proteins = fc.array(protein, { minLength: 1, maxLength: 12 });

  test("on random proteins, gap costs and ranges", async () => {
    // Few, because gap costs are compiled into the shader.
    const costs = fc.constantFrom<Record<string, number>>(
      {},
      { gap_open: 0, gap_extend: 1 },
      { gap_open: 15, gap_extend: 15 },
    );
    await fc.assert(
      fc.asyncProperty(proteins, proteins, costs, fc.nat(), fc.nat(), async (queries, targets, choices, a, b) => {
        const job = builtin.prepare({ queries: fasta(...queries), targets: fasta(...targets) }, choices);
        const first = a % job.items;
        const count = 1 + (b % (job.items - first));
        expect(await gpuScores(job, first, count)).toEqual([...referenceScores(job, first, count)]);
      }),
      { numRuns: 60 },
    );
  });

  test("on a protein of 10,000 residues, which scores 110,000 with itself", async () => {
    const job = builtin.prepare({ queries: fasta("W".repeat(10_000)) }, {});
    expect(await gpuScores(job)).toEqual([110_000]);
  }, 120_000);

  test("on proteins of thousands of residues with long gaps", async () => {
    let state = 1;
    const letter = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return "ARNDCQEGHILKMFPSTWYV"[Math.floor((state / 2 ** 32) * 20)]!;
    };
    const long = Array.from({ length: 3500 }, letter).join("");
    const mutated = long.slice(0, 1000) + long.slice(1100, 2500).replaceAll("WA", "DV") + long.slice(2400);
    const job = builtin.prepare({ queries: fasta(long, long.slice(0, 35)), targets: fasta(long, mutated) }, {});
    expect(await gpuScores(job)).toEqual([...referenceScores(job)]);
  }, 120_000);

  test("on tasks of the sample of Swiss-Prot", async () => {
    const job = builtin.prepare(await loadSamples(builtin), {});
    expect(job.items).toBe(10_000);
    for (const first of [4950, 9900]) {
      const scores = await gpuScores(job, first, 100);
      expect(scores).toEqual([...referenceScores(job, first, 100)]);
    }
  }, 120_000);
});

describe("a job of proteins", () => {
  const shuffled = fasta("WW", "WWWWW", "W", "WWW");

  test("is presented in the order of its files", async () => {
    const job = builtin.prepare({ queries: shuffled }, {});
    const bytes = new Uint8Array(Int32Array.from(await gpuScores(job)).buffer);
    const shown = builtin.present(job, bytes);
    if (shown.kind !== "matrix") throw new Error("a matrix");
    expect(shown.rows).toEqual(["p0", "p1", "p2", "p3"]);
    expect([...shown.values]).toEqual([22, 22, 11, 22, 22, 55, 11, 33, 11, 11, 11, 11, 22, 33, 11, 33]);
    expect(shown.csv.split("\n").slice(0, 3)).toEqual(["query,target,score", "p0,p0,22", "p0,p1,22"]);
  });

  test("is presented while it is being computed", () => {
    const job = builtin.prepare({ queries: shuffled }, {});
    const shown = builtin.present(job, new Uint8Array(4 * job.items), (item) => item === 0);
    if (shown.kind !== "matrix") throw new Error("a matrix");
    expect(shown.known.reduce((sum, known) => sum + known, 0)).toBe(1);
    // The longest protein against itself comes first.
    expect(shown.known[1 * 4 + 1]).toBe(1);
    expect(shown.csv).toBe("query,target,score\np1,p1,0\n");
  });

  test("shares one blob if it has no targets of its own", () => {
    const job = builtin.prepare({ queries: shuffled }, {});
    expect(job.inputs[0]).toBe(job.inputs[1]);
  });

  test("needs queries", () => expect(() => builtin.prepare({}, {})).toThrow("expected a file of queries"));

  test("packs and unpacks without loss", () => {
    const protein = fc.record({
      accession: fc.string({ maxLength: 10 }),
      residues: fc.uint8Array({ max: RESIDUES - 1, minLength: 1, maxLength: 50 }),
    });
    fc.assert(
      fc.property(fc.array(protein, { minLength: 1, maxLength: 10 }), (proteins) => {
        const { proteins: sorted, places } = unpackSequences(packSequences(proteins));
        expect(places.map((_, place) => sorted[places.indexOf(place)])).toEqual(proteins);
        for (const [i, { residues }] of sorted.slice(1).entries())
          expect(residues.length).toBeLessThanOrEqual(sorted[i]!.residues.length);
      }),
    );
  });

  test("refuses blobs that are something else, and does nothing worse", () => {
    const packed = packSequences(parseFasta(shuffled, "queries"));
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.nat(255), fc.nat(packed.length), (at, byte, length) => {
        const broken = packed.slice(0, length);
        if (at < length) broken[at] = byte;
        try {
          expect(unpackSequences(broken).proteins.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-job" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("FASTA", () => {
  const parse = (text: string) => parseFasta(new TextEncoder().encode(text), "queries");

  test("of UniProt gives accessions and residues", () => {
    const sample = parseFasta(
      readFileSync(new URL("../../kernels/protein-search/data/swissprot-sample.fasta", import.meta.url)),
      "sample",
    );
    expect(sample).toHaveLength(100);
    expect(sample[0]?.accession).toBe("P15455");
    expect(sample.reduce((sum, { residues }) => sum + residues.length, 0)).toBe(37_225);
  });

  test("may have other headers, line ends, comments, spaces and lower case", () => {
    expect(
      parse(">one two\r\n;comment\r\nAR nd\r\n\r\n>x\rW*").map(({ accession, residues }) => [accession, [...residues]]),
    ).toEqual([
      ["one", [0, 1, 2, 3]],
      ["x", [17, 23]],
    ]);
  });

  test.each([
    ["ARND\n", "queries, line 1: expected a header beginning with > before the first residue"],
    [">a\nARN-D\n", 'queries, line 2: expected a residue (a letter or *), found "-" at column 4'],
    [">a\nAR\n>b\n>c\nA\n", "queries, line 3: b has no residues"],
    [">a\nAR\n>\nA\n", "queries, line 3: expected a name after >"],
    ["\n\n", "queries, line 3: expected at least one protein"],
    [">a\nA\u00e9\n", 'queries, line 2: expected a residue (a letter or *), found "\u00e9" at column 2'],
  ])("%j is refused with its line", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "bad-job" }));
  });

  test("of a protein that is too long is refused with its line", () => {
    expect(() => parse(`>a\n${"A".repeat(40_001)}`)).toThrow("queries, line 2: a has more than 40000 residues");
  });
});
